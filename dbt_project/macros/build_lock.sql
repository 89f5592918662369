{# `dreamseed build` holds the build lock while dbt runs, and passes the id of the database process that holds it in
   DREAMSEED_BUILD_LOCK_PID. A dbt started by hand is refused while another process holds the lock. It cannot hold the
   lock itself, because dbt closes the connection of a hook before the first model runs. #}
{% macro respect_build_lock() %}
    {% if execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'test', 'retry', 'clone'] %}
        {% set holder = build_lock_holder('dreamseed.build.' ~ target.schema) %}
        {% set parent = env_var('DREAMSEED_BUILD_LOCK_PID', '') %}
        {% if holder is not none and holder | string != parent %}
            {{ exceptions.raise_compiler_error(
                "Another build is writing to schema '" ~ target.schema ~ "' (database process " ~ holder
                ~ " holds the build lock). Fix: wait until it has ended, or use `dreamseed build`, which waits.") }}
        {% endif %}
    {% endif %}
{% endmacro %}


{# The process id that holds the lock called `name`; none if the lock is free. #}
{% macro build_lock_holder(name) %}{{ return(adapter.dispatch('build_lock_holder')(name)) }}{% endmacro %}


{# pg_locks shows the two halves of the 64-bit key; objsubid 1 marks a key given as one bigint. #}
{% macro postgres__build_lock_holder(name) %}
    {% set found = run_query(
        "select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
        ~ " and (cast(classid as bigint) << 32 | cast(objid as bigint)) = hashtextextended('" ~ name ~ "', 0)"
        ~ " and database = (select oid from pg_database where datname = current_database())") %}
    {{ return(found.rows[0][0] if found.rows | length else none) }}
{% endmacro %}
