{# The last day on which no gap that is sent to the survival fit begins: the look-back ends at as_of, and that of the
   earliest landmark as many days before as the landmark. #}
{% macro gaps_reach_back_to() %}
    {{- return(as_of() ~ " - " ~ (var('survival_lookback_days') + var('survival_landmark_days'))) -}}
{% endmacro %}
