{# Query: the versions of all goals in `history` (the snapshot) with the time from which, and until which, each counts. #}
{% macro goal_versions(history) %}
    select
        {{ learner_id('user_id') }} as user_id,
        topic_id,
        target_level,
        target_date,
        priority,
        known_from,
        known_until
    from ({{ versions_of(history, ['user_id', 'topic_id']) }}) as versions
    where {{ learner_id('user_id') }} is not null
{% endmacro %}


{# Condition: the goal counts. It has a level, and its priority is not 0 or less. #}
{% macro is_usable_goal() %}
    {{- return("target_level is not null and coalesce(priority, 1) > 0") -}}
{% endmacro %}


{# Condition: this version of a goal was the one at the end of `day`, a SQL date. #}
{% macro is_goal_known_at(day) %}
    {%- set end = utc_midnight("(" ~ day ~ " + 1)") -%}
    {{- return("known_from < " ~ end ~ " and known_until >= " ~ end) -}}
{% endmacro %}


{# Condition: the goal can still be reached after `day`, a SQL date: its date lies ahead, or it has none. #}
{% macro is_goal_ahead(day) %}
    {{- return("coalesce(target_date > " ~ day ~ ", true)") -}}
{% endmacro %}


{# Aggregate over a learner's usable goals: their mean level weighted by priority; a goal without priority weighs 1. #}
{% macro goal_level() %}
    {{- return("cast(sum(coalesce(priority, 1) * target_level) / sum(coalesce(priority, 1)) as double precision)") -}}
{% endmacro %}


{# Aggregate over a learner's goals ahead of `day`: the nearest target date, else the horizon after `day`. #}
{% macro goal_day(day) %}
    {{- return("coalesce(min(target_date), " ~ day ~ " + 7 * " ~ setting('goal_horizon_weeks') ~ ")") -}}
{% endmacro %}
