{% macro postgres__utc_day(x) %}{{- return("cast(" ~ x ~ " at time zone 'UTC' as date)") -}}{% endmacro %}

{% macro postgres__utc_midnight(x) %}
    {{- return("(cast(" ~ x ~ " as timestamp) at time zone 'UTC')") -}}
{% endmacro %}

{% macro postgres__day_number(x) %}{{- return("(" ~ x ~ " - cast('2000-01-01' as date))") -}}{% endmacro %}

{% macro postgres__monday(x) %}
    {{- return("(" ~ x ~ " - cast(extract(isodow from " ~ x ~ ") as integer) + 1)") -}}
{% endmacro %}

{% macro postgres__seconds_between(x, y) %}
    {{- return("cast(extract(epoch from " ~ y ~ " - " ~ x ~ ") as double precision)") -}}
{% endmacro %}

{% macro postgres__is_finite(x) %}{{- return("isfinite(" ~ x ~ ")") -}}{% endmacro %}
