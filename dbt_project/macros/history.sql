{# How dbt's snapshots keep the history of what people edit. See ADR 0021. #}

{# dbt's own macro: the clock of all models. The one it replaces has no time zone and may differ between statements. #}
{% macro postgres__snapshot_get_time() %}{{- return(run_time()) -}}{% endmacro %}


{# dbt's own macro: with --empty the source seems to have no rows, which must not end every goal. #}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
    {% set strategy = dbt.snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
    {% if flags.EMPTY %}{% do strategy.update({'hard_deletes': 'ignore', 'invalidate_hard_deletes': false}) %}{% endif %}
    {{ return(strategy) }}
{% endmacro %}


{# Pre-hook of a snapshot: two builds, each in its own schema, must not both add the same version. Readers do not wait. #}
{% macro lock_history() %}
    {% if execute and load_relation(this) is not none %}lock table {{ this }} in share row exclusive mode{% endif %}
{% endmacro %}


{# Query: the rows of `history` (a snapshot) with known_from and known_until, the times between which each version counts.
   The first version of a key counts from its created_at, or from the beginning if that is null. A later one counts from
   when a build saw it; one that was made again after the version before had ended counts from its created_at, too. #}
{% macro versions_of(history, key) %}
    select
        made.*,
        case when made_at >= ended_before then made_at else dbt_valid_from end as known_from,
        coalesce(dbt_valid_to, 'infinity') as known_until
    from (
        select
            *,
            coalesce(created_at, '-infinity') as made_at,
            lag(dbt_valid_to, 1, '-infinity') over (
                partition by {{ key | join(', ') }} order by dbt_valid_from, dbt_valid_to
            ) as ended_before
        from {{ history }}
    ) as made
{% endmacro %}
