{# Expression: the risk that alerts and lists go by: over school days, so that a holiday ahead puts nobody on a list. #}
{% macro alert_risk() %}{{- return("coalesce(open_day_risk, risk_score)") -}}{% endmacro %}


{# Condition: the learner of the relation `rows` had not finished at the end of the column `day`. Who has solved all that the
   course holds is neither alerted nor watched. #}
{% macro has_not_finished(rows, day) %}
    not exists (
        select 1 from (select * from {{ ref('int_finished_spans') }}) as spans
        where {{ rows }}.user_id = spans.user_id
            and {{ rows }}.{{ day }} >= spans.finished_from and {{ rows }}.{{ day }} < spans.finished_until
    )
{% endmacro %}


{# Relation: the crossings of each day of a learner's absences among `risks`, one a day: a fit comes before a scoring. #}
{% macro crossings_of_days(risks) %}
    {{- return(first_of_each(risks, ['user_id', 'last_seen_on', 'run_as_of'],
                             ['user_id', 'last_seen_on', 'run_as_of', 'model_run_id nulls first'])) -}}
{% endmacro %}


{# Relation: the first crossing of each absence of a learner. #}
{% macro first_crossings(crossings) %}
    {{- return(first_of_each(crossings, ['user_id', 'last_seen_on'], ['user_id', 'last_seen_on', 'run_as_of'])) -}}
{% endmacro %}


{# Relation: `crossings` with resolved_on, the day of the learner's next answer up to as_of; null while away. #}
{% macro with_return_day(crossings) %}
    select
        crossings.*,
        (
            select min(days.active_on) from (select * from {{ ref('int_learner_daily') }}) as days
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
