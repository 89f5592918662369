{# Condition: the school was open for most of the week of `day`. #}
{% macro is_school_week(day) %}
    {{- return(monday(day) ~ " not in (select week_start from " ~ ref('int_closed_weeks') ~ ")") -}}
{% endmacro %}


{# The day before the first gap that is sent to the survival fit can begin. The look-back ends at as_of; the look-back
   of the earliest landmark ends `survival_landmark_days` earlier. #}
{% macro day_before_first_gap() %}
    {{- return(as_of() ~ " - " ~ (setting('survival_lookback_days') + setting('survival_landmark_days'))) -}}
{% endmacro %}
