{# Condition for tests of whole histories: the learner changed in this invocation. Rows that were tested before and
   have not changed since are not tested again. #}
{% macro is_changed(model_name, column) %}
    {% if scope_of(model_name).is_whole %}{{ return('true') }}{% endif %}
    {{- return(column ~ " in (select " ~ column ~ " from " ~ changed_learners(model_name) ~ " as changed)") -}}
{% endmacro %}


{# The first day, over all learners, that changed since the model was built. #}
{% macro first_changed_day(model_name) %}
    {% if scope_of(model_name).is_whole %}{{ return("cast('-infinity' as date)") }}{% endif %}
    {{- return(day_literal(
        "select coalesce(min(from_day), 'infinity') from " ~ changed_learners(model_name) ~ " as changed")) -}}
{% endmacro %}


{# The day that `query` returns, as a literal (null if there is none). The query runs before the statement that uses it
   is planned, so that the planner knows how few rows are later. As text, because dates of Python begin with year 1. #}
{% macro day_literal(query) %}
    {% set found = run_query("select cast((" ~ query ~ ") as text)").rows if execute else [] %}
    {{- return("cast('" ~ found[0][0] ~ "' as date)" if found and found[0][0] else "cast(null as date)") -}}
{% endmacro %}
