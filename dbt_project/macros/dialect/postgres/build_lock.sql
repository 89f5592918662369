{# `dreamseed build` holds the lock with the same key (python_models/warehouse/connection.py). #}
{% macro postgres__build_lock(how) %}
    {%- set functions = {'try': 'pg_try_advisory_xact_lock', 'share': 'pg_advisory_xact_lock_shared',
                         'try_to_share': 'pg_try_advisory_xact_lock_shared'} -%}
    {{- return(functions[how] ~ "(" ~ build_lock_key() ~ ")") -}}
{% endmacro %}


{% macro build_lock_key() %}
    {{- return("hashtextextended('dreamseed.build." ~ target.schema ~ "', 0)") -}}
{% endmacro %}


{# pg_locks shows the two halves of the 64-bit key; objsubid 1 marks a key given as one bigint. #}
{% macro postgres__build_lock_holder() %}
    select pid from pg_locks
    where locktype = 'advisory' and granted and objsubid = 1
        and (cast(classid as bigint) << 32 | cast(objid as bigint)) = {{ build_lock_key() }}
        and database = (select oid from pg_database where datname = current_database())
{% endmacro %}


{# Zero seconds would mean no bound. #}
{% macro postgres__lock_timeout(seconds) %}set lock_timeout = {{ [1000 * seconds, 1] | max }}{% endmacro %}
