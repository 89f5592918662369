{# SQL on `build_lease`, a row for each target schema that a dbt started by hand writes to. #}

{# Whether this invocation needs a lease: it writes, and `dreamseed` did not start it. #}
{% macro is_build_by_hand() %}
    {{ return(execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'retry', 'clone']
              and not env_var('DREAMSEED_BUILD_LOCK_PID', '')) }}
{% endmacro %}


{# The seconds for which a lease lives after it was renewed: so long a dbt that was killed keeps others waiting. #}
{% macro build_lease_seconds() %}{{ return(30) }}{% endmacro %}


{% macro new_expiry() %}
    {{- return("clock_timestamp() + interval '" ~ build_lease_seconds() ~ " seconds'") -}}
{% endmacro %}


{# Condition: the lease is this invocation's. #}
{% macro is_own_lease() %}{{- return("schema_name = '" ~ target.schema ~ "' and invocation_id = '" ~ invocation_id ~ "'") -}}{% endmacro %}


{# (invocation_id, the build in words) of the lease that has not ended. #}
{% macro living_lease() %}
    select
        invocation_id,
        '`' || command || '` of ' || started_by || ', started at '
        || to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC,'
    from {{ control_table('build_lease') }}
    where schema_name = '{{ target.schema }}' and expires_at >= clock_timestamp()
{% endmacro %}


{# Takes the lease, if the lock is free and no other lease is alive. Whoever holds the lock keeps this from writing, and
   this keeps others from taking the lock until the lease is there to be seen. #}
{% macro take_lease() %}
    insert into {{ control_table('build_lease') }} as lease
        (schema_name, invocation_id, command, started_by, started_at, expires_at)
    select
        '{{ target.schema }}', '{{ invocation_id }}', 'dbt {{ flags.WHICH }}',
        session_user || coalesce('@' || host(inet_client_addr()), ''), {{ run_time() }}, {{ new_expiry() }}
    from (select {{ build_lock('try') }} as is_free {{ compute_once() }}) as building
    where is_free
    on conflict (schema_name) do update
    set invocation_id = excluded.invocation_id, command = excluded.command, started_by = excluded.started_by,
        started_at = excluded.started_at, expires_at = excluded.expires_at
    where lease.expires_at < clock_timestamp();
    commit
{% endmacro %}


{% macro renew_lease() %}
    update {{ control_table('build_lease') }} set expires_at = {{ new_expiry() }} where {{ is_own_lease() }}
{% endmacro %}


{# One row if the lease is this invocation's. Renewed in a transaction of its own, because models build side by side and
   would wait for the row. Looked at again after the lock is shared: before that the lease may end. A model waits for
   readers of its table only as long as for another build; `dreamseed` gives its dbt the same bound. #}
{% macro renew_lease_and_share_lock() %}
    {{ renew_lease() }};
    commit;
    begin;
    {{ lock_timeout(build_wait_seconds()) }};
    select {{ build_lock('share') }} from {{ control_table('build_lease') }} where {{ is_own_lease() }};
    select 1 from {{ control_table('build_lease') }} where {{ is_own_lease() }}
{% endmacro %}


{# One row if no build is running; none starts until the transaction ends. #}
{% macro share_lock_without_lease() %}
    select 1 where {{ build_lock('try_to_share') }} and not exists ({{ living_lease() }})
{% endmacro %}


{% macro give_back_lease() %}
    delete from {{ control_table('build_lease') }} where {{ is_own_lease() }};
    commit
{% endmacro %}
