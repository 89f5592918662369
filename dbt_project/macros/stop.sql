{# Stop with one line. A compiler error would print the macros that lead here, too, which says nothing to the person who
   has to act; dbt adds them to no other error. #}
{% macro stop(line) %}{{ exceptions.raise_dependency_error(line) }}{% endmacro %}


{# on-run-start: refuse the invocation. dbt runs no on-run-end then. #}
{% macro refuse(what, how) %}
    {% do give_back_build_lock() %}
    {{ stop(what ~ ". Fix: " ~ how ~ ".") }}
{% endmacro %}
