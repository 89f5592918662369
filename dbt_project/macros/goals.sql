{# Condition: a goal that can be aimed at. One of priority 0 or less does not count. #}
{% macro is_usable_goal() %}
    {{- return("target_level is not null and coalesce(priority, 1) > 0") -}}
{% endmacro %}


{# Condition: a goal existed at `day`, a SQL date. #}
{% macro is_goal_known_at(day) %}
    {{- return("created_at < " ~ utc_midnight("(" ~ day ~ " + 1)")) -}}
{% endmacro %}


{# Aggregate over a learner's usable goals: their mean level weighted by priority; one without priority weighs 1. #}
{% macro goal_level() %}
    {{- return("cast(sum(coalesce(priority, 1) * target_level) / sum(coalesce(priority, 1)) as double precision)") -}}
{% endmacro %}


{# Aggregate over a learner's goals: the nearest target date still ahead of `day`, else the horizon after it. #}
{% macro goal_day(day) %}
    {%- set ahead = "min(target_date) filter (where target_date > " ~ day ~ ")" -%}
    {{- return("coalesce(" ~ ahead ~ ", " ~ day ~ " + 7 * " ~ setting('goal_horizon_weeks') ~ ")") -}}
{% endmacro %}
