{# One build at a time per target schema, whoever starts it (docs/adr/0008, "One build at a time").
   `dreamseed build` holds an advisory lock in a session of its own, and passes the id of that database process in
   DREAMSEED_BUILD_LOCK_PID. A dbt that a person, Airflow or cron starts has no session that lasts: dbt closes the
   connection of a hook before the first model runs. So it takes a lease, a row of `build_lease`. It renews the lease
   with each model, and each model's transaction shares the advisory lock. A lease that is neither renewed nor in use
   ends by itself. #}

{# on-run-start: wait until no other build writes to the target schema, and take the lease. Data tests wait too, so that
   they do not see a build that is half done. #}
{% macro take_build_lock() %}
    {% if not execute or flags.WHICH not in ['build', 'run', 'seed', 'snapshot', 'retry', 'test'] %}
        {{ return('') }}
    {% endif %}
    {% set other = namespace(build='') %}
    {% for second in range(build_wait_seconds() + 1) if second == 0 or other.build %}
        {% if second == 1 %}
            {% do log(other.build ~ " is writing to schema '" ~ target.schema ~ "'; waiting up to "
                      ~ build_wait_seconds() ~ " s (LOCK_WAIT_SECS).", info=true) %}
        {% endif %}
        {% if second %}{% do run_query("select pg_sleep(1)") %}{% endif %}
        {% if is_build_by_hand() %}{% do run_query(take_lease()) %}{% endif %}
        {% set other.build = other_build() %}
    {% endfor %}
    {% if other.build %}
        {{ refuse(other.build ~ " is writing to schema '" ~ target.schema ~ "' (waited " ~ build_wait_seconds() ~ " s)",
                  "try again when it has ended, or raise LOCK_WAIT_SECS to wait longer") }}
    {% endif %}
{% endmacro %}


{# Pre-hook, and before each data test: renew the lease, and share the lock until the transaction ends. Nobody can take
   the lease away in between. Stops a model whose lease has ended. `dbt clone` runs no on-run-start, so it has no lease:
   each of its models asks whether a build is running. #}
{% macro hold_build_lock() %}
    {% if not is_build_by_hand() %}{{ return('') }}{% endif %}
    {% if flags.WHICH == 'clone' %}
        {% if not run_query(share_lock_without_lease()).rows %}
            {{ stop("A build is writing to schema '" ~ target.schema ~ "'. Fix: clone again when it has ended.") }}
        {% endif %}
    {% elif not run_query(renew_lease_and_share_lock()).rows %}
        {{ stop("Another build has taken over schema '" ~ target.schema ~ "', because this one did nothing for "
                ~ build_lease_seconds() ~ " s. Fix: run `dbt retry` when that build has ended.") }}
    {% endif %}
{% endmacro %}


{# Post-hook: renew the lease, because the model may have taken longer than a lease lives. #}
{% macro renew_build_lock() %}
    {% if is_build_by_hand() %}{{ return(renew_lease()) }}{% endif %}
{% endmacro %}


{# on-run-end, also after models that failed: the next build need not wait until the lease ends. #}
{% macro give_back_build_lock() %}
    {% if is_build_by_hand() %}{% do run_query(give_back_lease()) %}{% endif %}
{% endmacro %}


{# The other build that writes to the target schema, in words; '' if there is none and this one may go on. #}
{% macro other_build() %}
    {% set lease = run_query(living_lease()).rows %}
    {% if lease %}{{ return('' if lease[0][0] == invocation_id else lease[0][1]) }}{% endif %}
    {% set pid = run_query(build_lock_holder()).rows %}
    {% if pid and pid[0][0] | string != env_var('DREAMSEED_BUILD_LOCK_PID', '') %}
        {{ return('A build (database process ' ~ pid[0][0] ~ ')') }}
    {% endif %}
    {{ return('A build that has just ended' if is_build_by_hand() else '') }}
{% endmacro %}


{# Before each data test of a build: a test has no hooks. #}
{% macro postgres__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
    {% do hold_build_lock() %}
    {{- default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -}}
{% endmacro %}
