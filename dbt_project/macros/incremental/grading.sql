{# Condition: a prediction whose horizon ends on day `horizon_end` must be graded: it never was, or a run or an answer
   up to that day has changed since. `changed_from` is the day from which the learner's answers changed; null for
   most. #}
{% macro must_be_graded(horizon_end, changed_from) %}
    {% set scope = scope_of('prediction_score') %}
    {{- return('true' if scope.is_whole
               else horizon_end ~ " >= least(" ~ scope.everyone_from ~ ", " ~ changed_from ~ ")") -}}
{% endmacro %}


{# Query to add to an incremental model's own: its rows that rest on a pruned run. Nothing can make them again, so they
   stay as they are. Nothing before the first build. #}
{% macro and_rows_of_pruned_runs(columns) %}
    {% if execute and graph.get('nodes') and load_relation(this) is not none %}
    union all
    select {{ columns | join(', ') }} from {{ this }} where run_id in (select run_id from {{ ref('stg_runs__pruned') }})
    {% endif %}
{% endmacro %}
