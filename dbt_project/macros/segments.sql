{# The last day before the look-back of the segments fit, which ends at as_of. #}
{% macro segments_look_back_to() %}
    {{- return(as_of() ~ " - " ~ 7 * setting('cluster_lookback_weeks')) -}}
{% endmacro %}
