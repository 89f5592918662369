{# Relation (user_id, student_id, from_day): the learners that changed since the model was built, and the first day on
   which their rows may differ. #}
{% macro changed_learners(model_name) %}
    {{- return("(select user_id, student_id, from_day from " ~ ref('changed_learner') ~ " where model = '" ~ model_name
               ~ "')") -}}
{% endmacro %}


{# The same for models with a row per week. An active day that as_of has reached counts as a change. A learner who came
   back, or whose return was deleted, also has the weeks between: they depend on a later day than their own. #}
{% macro changed_weeks(model_name) %}
    (select
        changes.user_id,
        least(
            min(changes.from_day),
            max(days.active_on) filter (where days.active_on < changes.from_day)
            + 7 * {{ setting('kpi_weeks_after_last') }}
        ) as from_day
    from (
        select user_id, min(from_day) as from_day
        from (
            select user_id, from_day from {{ changed_learners(model_name) }} as changed
            union all
            select user_id, active_on from {{ ref('int_learner_daily') }}
            where active_on between {{ scope_of(model_name).everyone_from }} and {{ as_of() }}
        ) as news
        group by user_id
    ) as changes
    left join (select * from {{ ref('int_learner_daily') }}) as days on changes.user_id = days.user_id
    group by changes.user_id)
{% endmacro %}


{# Relation (user_id, week_start): the weeks that the table of `weekly_kpi` holds as finished, before this build. #}
{% macro weeks_held_as_finished() %}
    {% set weekly_kpi = relation_of(graph.nodes['model.' ~ project_name ~ '.weekly_kpi']).include(database=false) %}
    (
        select user_id, week_start from {{ weekly_kpi }}
        where {{ json_text('kpis', 'S_source') }} = 'finished'
    )
{% endmacro %}


{# The rows of an incremental model's table (alias DBT_INTERNAL_DEST) that this invocation computes, as a list of
   conditions, used one by one. Those that are not among the fresh rows are deleted. `meta` of the model names the day
   of a row, its learner, and the macro that returns which learners changed. The first day of all learners follows from
   their own; it is there so that the planner knows how few rows are later. `meta.time` has an index that `meta.day` lacks. #}
{% macro rows_in_scope() %}
    {% set meta = config.get('meta') %}
    {% set scope, day = scope_of(model.name), meta.day %}
    {% set known = day ~ " <= " ~ as_of() if meta.get('up_to_as_of', true) else 'true' %}
    {% if scope.is_whole %}{{ return([known]) }}{% endif %}
    {% set found = [] %}
    {% if meta.get('changes') %}
        {% set first = first_changed_day(model.name) %}
        {% set since_first = 'true' if meta.changes != 'changed_learners'
            else meta.time ~ " >= " ~ utc_midnight(first) if meta.get('time') else day ~ " >= " ~ first %}
        {% do found.append(
            "exists (select 1 from " ~ context[meta.changes](model.name) ~ " as changed where changed."
            ~ meta.get('key', 'user_id') ~ " = " ~ meta.learner ~ " and changed.from_day <= " ~ day ~ ") and "
            ~ since_first ~ " and " ~ known) %}
    {% endif %}
    {% if meta.get('up_to_as_of', true) %}
        {% do found.append(day ~ " >= " ~ scope.everyone_from ~ " and " ~ known) %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}
