{# The day before the look-back of the segments fit begins; the look-back ends at as_of. #}
{% macro day_before_segments_window() %}
    {{- return(as_of() ~ " - " ~ 7 * setting('cluster_lookback_weeks')) -}}
{% endmacro %}
