{# Conditions for tests of whole histories. What was tested before and has not changed since is not tested again. #}

{# The newest change of `attempt`, as (change_no, first day it touches); none if that change made it from scratch. The
   day is null once every model has taken the change in. #}
{% macro newest_change() %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set found = run_query(
        "select change_no, min(changed_from) from " ~ mark_table('build_mark') ~ " as mark"
        ~ " left join " ~ mark_table('learner_change') ~ " using (change_no)"
        ~ " where mark.model = 'attempt' and change_no > rebuilt_no group by change_no").rows %}
    {{ return(found[0] if found | length else none) }}
{% endmacro %}


{# The learner is among those whom the newest change touched; all are if that made `attempt` from scratch. #}
{% macro in_newest_change(column) %}
    {% set newest = newest_change() %}
    {% if newest is none %}{{ return('true') }}{% endif %}
    {{- return(column ~ " in (select " ~ column.split('.')[-1] ~ " from " ~ mark_table('learner_change')
        ~ " where change_no = " ~ newest[0] ~ ")") -}}
{% endmacro %}


{# The first day that the newest change touches, for anybody: a literal, so that the planner knows how little is left. #}
{% macro newest_change_from() %}
    {% set newest = newest_change() %}
    {{- return("cast('" ~ ('-infinity' if newest is none else newest[1] or 'infinity') ~ "' as date)") -}}
{% endmacro %}
