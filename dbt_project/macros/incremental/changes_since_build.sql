{# Relation (user_id, student_id, changed_from, is_addition): the learners that changed since `model_name` was last
   built. Its mark is queried first, so that the planner knows how few they are. #}
{% macro changed_learners(model_name) %}
    {% set seen = run_query("select " ~ mark_of(model_name, 'change_no')).rows[0][0] if execute else none %}
    {{- return(
        "(select user_id, student_id, min(changed_from) as changed_from, bool_and(is_addition) as is_addition from "
        ~ mark_table('learner_change') ~ " where change_no > " ~ (seen or 0) ~ " group by user_id, student_id)") -}}
{% endmacro %}


{# The day that `query` returns, as a literal (null if there is none). The query runs before the statement that uses it
   is planned, so that the planner knows how few rows are later. #}
{% macro day_literal(query) %}
    {% set found = run_query(query).rows if execute else [] %}
    {{- return("cast('" ~ found[0][0] ~ "' as date)" if found and found[0][0] else "cast(null as date)") -}}
{% endmacro %}


{# The first day, over all learners, that a change since the last build of `model_name` affects. #}
{% macro changed_from(model_name) %}
    {{- return(day_literal("select min(changed_from) from " ~ changed_learners(model_name) ~ " as changes")) -}}
{% endmacro %}


{# The day from which this build computes `model_name` for every learner, as a date; null if it was never built. #}
{% macro everyone_from(model_name) %}
    {{- return(day_literal(
        "select everyone_from from " ~ ref('int_build_scope') ~ " where model = '" ~ model_name ~ "'")) -}}
{% endmacro %}


{# The first day on which another run of one of `fits` is published than the one that `model_name` has read; else null.
   #}
{% macro first_day_of_another_run(model_name, fits) %}
    {%- set known = "select run from jsonb_array_elements_text(" ~ mark_of(model_name, 'runs') ~ ") as runs (run)" -%}
    {%- set now = "select run from jsonb_array_elements_text(" ~ published_runs() ~ ") as runs (run)" -%}
    {{- return(
        "(select min(cast(split_part(run, '|', 2) as date)) from ((" ~ known ~ " except " ~ now ~ ") union all ("
        ~ now ~ " except " ~ known ~ ")) as differing where split_part(run, '|', 1) in ('"
        ~ (fits or ['(none)']) | join("', '") ~ "'))") -}}
{% endmacro %}


{# The published runs as a JSON list of 'fit|as_of|run_id'. #}
{% macro published_runs() %}
    {{- return(
        "(select coalesce(jsonb_agg(fit || '|' || as_of || '|' || run_id), '[]') from " ~ mark_table('fit_run')
        ~ " where status = 'published')") -}}
{% endmacro %}
