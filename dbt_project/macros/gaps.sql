{# The last day on which no gap that is sent to the survival fit begins: the look-back ends at as_of, and that of the
   earliest landmark as many days before as the landmark. #}
{% macro gaps_reach_back_to() %}
    {{- return(as_of() ~ " - " ~ (setting('survival_lookback_days') + setting('survival_landmark_days'))) -}}
{% endmacro %}
