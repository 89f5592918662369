{# Conditions for tests that cover the whole history. Rows that were tested before and have not changed since are not
   tested again. #}

{# The newest change of `attempt`, as (change_no, first day it affects); none if that change was a build from scratch.
   The day is null once every model has processed the change. #}
{% macro newest_change() %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set found = run_query(
        "select change_no, min(changed_from) from " ~ mark_table('build_mark') ~ " as mark"
        ~ " left join " ~ mark_table('learner_change') ~ " using (change_no)"
        ~ " where mark.model = 'attempt' and change_no > rebuilt_no group by change_no").rows %}
    {{ return(found[0] if found | length else none) }}
{% endmacro %}


{# Condition: the newest change affects the learner. True for all learners if `attempt` was built from scratch. #}
{% macro in_newest_change(column) %}
    {% set newest = newest_change() %}
    {% if newest is none %}{{ return('true') }}{% endif %}
    {{- return(column ~ " in (select " ~ column.split('.')[-1] ~ " from " ~ mark_table('learner_change')
        ~ " where change_no = " ~ newest[0] ~ ")") -}}
{% endmacro %}


{# The first day that the newest change affects, over all learners. A literal, so that the planner knows how few rows
   remain. #}
{% macro newest_change_from() %}
    {% set newest = newest_change() %}
    {{- return("cast('" ~ ('-infinity' if newest is none else newest[1] or 'infinity') ~ "' as date)") -}}
{% endmacro %}
