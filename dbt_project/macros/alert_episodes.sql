{# Relation: the first crossing of each absence of a learner among `risks`; on a tie a fit comes before a scoring. #}
{% macro first_crossings(risks) %}
    {{- return(first_of_each(risks, ['user_id', 'last_seen_on'],
                             ['user_id', 'last_seen_on', 'run_as_of', 'model_run_id nulls first'])) -}}
{% endmacro %}


{# Relation: `crossings` with resolved_on, the day of the learner's next answer up to as_of; null while away. #}
{% macro with_return_day(crossings) %}
    select
        crossings.*,
        (
            select min(days.active_on) from {{ ref('int_learner_daily').render() }} as days
            where days.user_id = crossings.user_id and days.active_on > crossings.run_as_of
                and days.active_on <= {{ as_of() }}
        ) as resolved_on
    from {{ crossings }} as crossings
{% endmacro %}


{# Relation: one row per episode. All crossings before the same return are one episode, because an answer that arrives
   late must not cause another alert. #}
{% macro episodes_of(crossings) %}
    {{- return(first_of_each(crossings, ['user_id', 'resolved_on'], ['user_id', 'resolved_on', 'run_as_of'])) -}}
{% endmacro %}
