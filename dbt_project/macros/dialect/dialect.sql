{# Expressions that databases write differently, each dispatched to the macro of the adapter in use. The folder
   postgres/ holds the only implementation so far. #}

{# Text that contains only spaces, tabs and line ends becomes null; other text stays as it is. #}
{% macro blank_to_null(x) %}{{ return(adapter.dispatch('blank_to_null')(x)) }}{% endmacro %}

{# Text to integer; null unless it is a whole number in range ("1.0" is 1). Never fails. #}
{% macro safe_int(x) %}{{ return(adapter.dispatch('safe_int')(x)) }}{% endmacro %}

{# Text to decimal; null unless it is an ordinary number. Never fails. #}
{% macro safe_numeric(x) %}{{ return(adapter.dispatch('safe_numeric')(x)) }}{% endmacro %}

{# Text to boolean; true, false, 1 and 0 are recognised, anything else is null. Never fails. #}
{% macro safe_boolean(x) %}{{ return(adapter.dispatch('safe_boolean')(x)) }}{% endmacro %}

{# Seconds (decimal) to whole milliseconds as integer; null if negative or out of range. #}
{% macro seconds_to_ms(x) %}{{ return(adapter.dispatch('seconds_to_ms')(x)) }}{% endmacro %}

{# User id to uuid: itself if it is a uuid, else the md5 of its UTF-8 text written as a uuid. #}
{% macro student_uuid(x) %}{{ return(adapter.dispatch('student_uuid')(x)) }}{% endmacro %}

{# User id as this warehouse writes it: a blank one becomes null, and a uuid lower case: both cases are one learner. #}
{% macro learner_id(x) %}{{ return(adapter.dispatch('learner_id')(x)) }}{% endmacro %}

{# User id as the index of `attempt_log` holds it: a hash of it in lower case, every blank one alike. Different
   learners may share it. #}
{% macro learner_key(x) %}{{ return(adapter.dispatch('learner_key')(x)) }}{% endmacro %}

{# 64-bit hash of a text or of several columns. The same on every version of the database. #}
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
{% macro json_list_of(x, order) %}{{ return(adapter.dispatch('json_list_of')(x, order)) }}{% endmacro %}
{% macro json_list(x) %}{{ return(adapter.dispatch('json_list')(x)) }}{% endmacro %}
{% macro json_has(x, word) %}{{ return(adapter.dispatch('json_has')(x, word)) }}{% endmacro %}
{% macro row_as_json(alias) %}{{ return(adapter.dispatch('row_as_json')(alias)) }}{% endmacro %}
{% macro json_object(pairs) %}{{ return(adapter.dispatch('json_object')(pairs)) }}{% endmacro %}
{% macro json_without_nulls(x) %}{{ return(adapter.dispatch('json_without_nulls')(x)) }}{% endmacro %}

{# The median of a column within its group. #}
{% macro median(x) %}{{ return(adapter.dispatch('median')(x)) }}{% endmacro %}

{# The smallest value of a column that at least a `share` of its values does not exceed. #}
{% macro quantile(x, share) %}{{ return(adapter.dispatch('quantile')(x, share)) }}{% endmacro %}

{# The standard normal distribution function of a double: P(Z <= x). #}
{% macro normal_cdf(x) %}{{ return(adapter.dispatch('normal_cdf')(x)) }}{% endmacro %}

{# Time: the UTC day of a timestamptz, midnight UTC of a date, days since 2000-01-01, the Monday of a day, seconds
   between two timestamps, whether a timestamp is finite. #}
{% macro utc_day(x) %}{{ return(adapter.dispatch('utc_day')(x)) }}{% endmacro %}
{% macro utc_midnight(x) %}{{ return(adapter.dispatch('utc_midnight')(x)) }}{% endmacro %}
{% macro day_number(x) %}{{ return(adapter.dispatch('day_number')(x)) }}{% endmacro %}
{% macro monday(x) %}{{ return(adapter.dispatch('monday')(x)) }}{% endmacro %}
{% macro seconds_between(x, y) %}{{ return(adapter.dispatch('seconds_between')(x, y)) }}{% endmacro %}
{% macro is_finite(x) %}{{ return(adapter.dispatch('is_finite')(x)) }}{% endmacro %}

{# The advisory lock of builds of the target schema, until the transaction ends: an expression that does what `how` says,
   `try`, `share` (waits) or `try_to_share`. The query for the process that holds it. SQL: let no statement of the session
   wait longer for a lock. #}
{% macro build_lock(how) %}{{ return(adapter.dispatch('build_lock')(how)) }}{% endmacro %}
{% macro build_lock_holder() %}{{ return(adapter.dispatch('build_lock_holder')()) }}{% endmacro %}
{% macro lock_timeout(seconds) %}{{ return(adapter.dispatch('lock_timeout')(seconds)) }}{% endmacro %}
