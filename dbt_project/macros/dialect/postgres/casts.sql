{# `case` guards each cast, because pg_input_is_valid() is new in Postgres 16 and 15 is supported. Digits are written
   [0-9] and spaces are cut by btrim, because \d and \s may match more than a cast accepts. #}

{# Compares bytes first: text that begins with a byte above the space is not blank. This takes a tenth of the time of
   btrim(). #}
{% macro postgres__blank_to_null(x) %}
    {{- return("case when " ~ x ~ " collate \"C\" >= '!' or btrim(" ~ x ~ ", E' \\t\\n\\r') <> '' then " ~ x ~ " end") -}}
{% endmacro %}

{# Lengths are compared, because a regular expression that counts takes five times as long. #}
{% macro postgres__safe_int(x) %}
    {%- set text = "btrim(" ~ x ~ ")" -%}
    {%- set number = "cast(" ~ text ~ " as numeric)" -%}
    {{- return("case when octet_length(" ~ x ~ ") <= 80 and " ~ text ~ " ~ '^[+-]?[0-9]+(\\.0+)?$' then case when " ~ number
        ~ " between -2147483648 and 2147483647 then cast(" ~ number ~ " as integer) end end") -}}
{% endmacro %}

{% macro postgres__safe_numeric(x) %}
    {%- set shape = "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9][0-9]?)?$" -%}
    {{- return("case when octet_length(" ~ x ~ ") <= 80 and btrim(" ~ x ~ ") ~ '" ~ shape ~ "' then cast(btrim(" ~ x
        ~ ") as numeric) end") -}}
{% endmacro %}

{% macro postgres__safe_boolean(x) %}
    {{- return("case when lower(btrim(" ~ x ~ ")) in ('true', '1', '1.0') then true when lower(btrim(" ~ x
        ~ ")) in ('false', '0', '0.0') then false end") -}}
{% endmacro %}

{% macro postgres__seconds_to_ms(x) %}
    {{- return("case when " ~ x ~ " between 0 and 2147483 then cast(round(" ~ x
        ~ " * 1000) as integer) end") -}}
{% endmacro %}

{# Condition: four hyphens at fixed places and 32 hexadecimal digits. One regular expression for all of it takes seven
   times as long. #}
{% macro is_uuid(x) %}
    {{- return("octet_length(" ~ x ~ ") = 36 and " ~ x ~ " like '________-____-____-____-____________'"
        ~ " and octet_length(replace(" ~ x ~ ", '-', '')) = 32 and " ~ x ~ " !~ '[^-0-9a-fA-F]'") -}}
{% endmacro %}

{% macro postgres__student_uuid(x) %}
    {{- return("case when " ~ is_uuid(x) ~ " then cast(" ~ x ~ " as uuid) else cast(md5(convert_to(" ~ x
        ~ ", 'UTF8')) as uuid) end") -}}
{% endmacro %}

{# Written as in the index attempt_log_learner (migration 0018). #}
{% macro postgres__learner_key(x) %}
    {{- return(hash_text("lower(btrim(coalesce(" ~ x ~ ", ''), E' \\t\\n\\r'))")) -}}
{% endmacro %}

{% macro postgres__learner_id(x) %}
    {{- return("case when " ~ is_uuid(x) ~ " then lower(" ~ x ~ ") else " ~ blank_to_null(x) ~ " end") -}}
{% endmacro %}

{% macro postgres__hash_text(x) %}{{- return("hashtextextended(" ~ x ~ ", 0)") -}}{% endmacro %}

{% macro postgres__hash_columns(columns) %}
    {{- return("hash_record_extended(row(" ~ columns | join(", ") ~ "), 0)") -}}
{% endmacro %}
