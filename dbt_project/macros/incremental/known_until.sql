{# The last day the KPIs know: as_of, or that of the newest build when this one looks back. Which weeks a learner has
   depends on it; what a week says does not. #}
{% macro known_until() %}
    {{- return(as_of() if from_scratch('int_kpi_core')
        else "greatest(" ~ as_of() ~ ", " ~ mark_of('int_kpi_core', 'as_of') ~ ")") -}}
{% endmacro %}


{# Relation (user_id, from_day): learners that changed since `model_name` was built, and the day from which their
   weeks must be computed. A day that as_of has reached since then is as new as one that arrived since. A learner who
   comes back also gets the weeks between, which were not there before. #}
{% macro changed_weeks(model_name) %}
    select
        changes.user_id,
        least(
            min(changes.changed_from),
            max(days.active_on) filter (where days.active_on < changes.changed_from)
            + 7 * {{ setting('kpi_weeks_after_last') }}
        ) as from_day
    from (
        select
            user_id,
            min(changed_from) as changed_from
        from (
            select user_id, changed_from from {{ changed_learners(model_name) }} as changed
            union all
            select user_id, active_on from {{ ref('int_learner_daily') }}
            where active_on > {{ mark_of(model_name, 'as_of') }} and active_on <= {{ as_of() }}
        ) as news
        group by user_id
    ) as changes
    left join {{ ref('int_learner_daily') }} as days on changes.user_id = days.user_id
    group by changes.user_id
{% endmacro %}
