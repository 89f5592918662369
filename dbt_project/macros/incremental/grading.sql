{# Relation (user_id, from_day): learners that changed since `prediction_score` was last built, and from which day on.
   #}
{% macro learners_changed_since_grading() %}
    {% if from_scratch('prediction_score') %}
    select cast(null as text) as user_id, cast(null as date) as from_day where false
    {% else %}
    select user_id, changed_from as from_day from {{ changed_learners('prediction_score') }} as changes
    {% endif %}
{% endmacro %}


{# Condition: a horizon that ends on day `horizon_end` was not graded before, or a run or an answer up to that day has
   changed since. `changed_from` is the day from which the learner's answers changed; null for most learners. #}
{% macro must_be_graded(horizon_end, changed_from) %}
    {{- return('true' if from_scratch('prediction_score') else
        horizon_end ~ " >= least(" ~ everyone_from('prediction_score') ~ ", " ~ changed_from ~ ")") -}}
{% endmacro %}
