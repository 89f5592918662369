{% macro postgres__utc_day(x) %}{{- return("cast(" ~ x ~ " at time zone 'UTC' as date)") -}}{% endmacro %}

{% macro postgres__utc_midnight(x) %}
    {{- return("(cast(" ~ x ~ " as timestamp) at time zone 'UTC')") -}}
{% endmacro %}

{% macro postgres__day_number(x) %}{{- return("(" ~ x ~ " - cast('2000-01-01' as date))") -}}{% endmacro %}

{% macro postgres__monday(x) %}
    {#- 0001-01-01 was a Monday. Integer arithmetic, because extract() returns numeric, which is five times slower. -#}
    {{- return("(" ~ x ~ " - mod(" ~ x ~ " - cast('0001-01-01' as date), 7))") -}}
{% endmacro %}

{% macro postgres__seconds_between(x, y) %}
    {{- return("cast(extract(epoch from " ~ y ~ " - " ~ x ~ ") as double precision)") -}}
{% endmacro %}

{% macro postgres__is_finite(x) %}{{- return("isfinite(" ~ x ~ ")") -}}{% endmacro %}
