{# The day before the first gap that is sent to the survival fit can begin. The look-back ends at as_of; the look-back
   of the earliest landmark ends `survival_landmark_days` earlier. #}
{% macro day_before_first_gap() %}
    {{- return(as_of() ~ " - " ~ (setting('survival_lookback_days') + setting('survival_landmark_days'))) -}}
{% endmacro %}
