{# What databases do differently, by name. Another warehouse is one more folder beside postgres/. #}

{# Text that holds nothing but spaces, tabs and line ends becomes null; other text stays as it is. #}
{% macro blank_to_null(x) %}{{ return(adapter.dispatch('blank_to_null')(x)) }}{% endmacro %}

{# Text to integer: null unless it is a whole number in range ("1.0" is 1). Never fails. #}
{% macro safe_int(x) %}{{ return(adapter.dispatch('safe_int')(x)) }}{% endmacro %}

{# Text to decimal: null unless it is an ordinary number. Never fails. #}
{% macro safe_numeric(x) %}{{ return(adapter.dispatch('safe_numeric')(x)) }}{% endmacro %}

{# Text to boolean: true, false, 1 and 0 are read, all else is null. Never fails. #}
{% macro safe_boolean(x) %}{{ return(adapter.dispatch('safe_boolean')(x)) }}{% endmacro %}

{# Seconds (decimal) to whole milliseconds as integer: null when negative or out of range. #}
{% macro seconds_to_ms(x) %}{{ return(adapter.dispatch('seconds_to_ms')(x)) }}{% endmacro %}

{# User id to uuid: itself when it is one, else md5 of its UTF-8 text laid out as a uuid. #}
{% macro student_uuid(x) %}{{ return(adapter.dispatch('student_uuid')(x)) }}{% endmacro %}

{# 64-bit hash of a text, of several columns. Equal on every version of the same database. #}
{% macro hash_text(x) %}{{ return(adapter.dispatch('hash_text')(x)) }}{% endmacro %}
{% macro hash_columns(columns) %}{{ return(adapter.dispatch('hash_columns')(columns)) }}{% endmacro %}

{# JSON: the value under a key as JSON and as text, its type, the elements of an array, the pairs (key, value as text) of
   an object, a list of one value, whether a word is in a list, a row as an object, an object of pairs [(key,
   expression)], the same object without its nulls. #}
{% macro json_get(x, key) %}{{ return(adapter.dispatch('json_get')(x, key)) }}{% endmacro %}
{% macro json_text(x, key) %}{{ return(adapter.dispatch('json_text')(x, key)) }}{% endmacro %}
{% macro json_type(x) %}{{ return(adapter.dispatch('json_type')(x)) }}{% endmacro %}
{% macro json_elements(x) %}{{ return(adapter.dispatch('json_elements')(x)) }}{% endmacro %}
{% macro json_pairs(x) %}{{ return(adapter.dispatch('json_pairs')(x)) }}{% endmacro %}
{# The records of a JSON array, or one record, as a relation `alias` with the columns [(key, type)]. #}
{% macro json_records(x, alias, columns) %}
    {{- return(adapter.dispatch('json_records')(x, alias, columns)) -}}
{% endmacro %}
{% macro json_list(x) %}{{ return(adapter.dispatch('json_list')(x)) }}{% endmacro %}
{% macro json_has(x, word) %}{{ return(adapter.dispatch('json_has')(x, word)) }}{% endmacro %}
{% macro row_as_json(alias) %}{{ return(adapter.dispatch('row_as_json')(alias)) }}{% endmacro %}
{% macro json_object(pairs) %}{{ return(adapter.dispatch('json_object')(pairs)) }}{% endmacro %}
{% macro json_without_nulls(x) %}{{ return(adapter.dispatch('json_without_nulls')(x)) }}{% endmacro %}

{# Of the rows of a relation that agree in the columns `key`, the first by `order`, which begins with them. #}
{% macro first_of_each(relation, key, order) %}
    {{- return(adapter.dispatch('first_of_each')(relation, key, order)) -}}
{% endmacro %}

{# The median of a column within its group. #}
{% macro median(x) %}{{ return(adapter.dispatch('median')(x)) }}{% endmacro %}

{# The value that at least a `share` of the values of a column does not exceed; always one of them. #}
{% macro quantile(x, share) %}{{ return(adapter.dispatch('quantile')(x, share)) }}{% endmacro %}

{# The standard normal distribution function of a double: P(Z <= x). #}
{% macro normal_cdf(x) %}{{ return(adapter.dispatch('normal_cdf')(x)) }}{% endmacro %}

{# Time: the UTC day of a timestamptz, midnight UTC of a date, days since 2000-01-01, the Monday of a day. #}
{% macro utc_day(x) %}{{ return(adapter.dispatch('utc_day')(x)) }}{% endmacro %}
{% macro utc_midnight(x) %}{{ return(adapter.dispatch('utc_midnight')(x)) }}{% endmacro %}
{% macro day_number(x) %}{{ return(adapter.dispatch('day_number')(x)) }}{% endmacro %}
{% macro monday(x) %}{{ return(adapter.dispatch('monday')(x)) }}{% endmacro %}
{% macro seconds_between(x, y) %}{{ return(adapter.dispatch('seconds_between')(x, y)) }}{% endmacro %}
{% macro is_finite(x) %}{{ return(adapter.dispatch('is_finite')(x)) }}{% endmacro %}
