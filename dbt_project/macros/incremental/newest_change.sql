{# Condition for tests of whole histories: the learner is among those whom the newest change of `attempt` touched, all
   if that made it from scratch. Who was tested before and has not changed since is not tested again. #}
{% macro in_newest_change(column) %}
    {% if not execute %}{{ return('true') }}{% endif %}
    {% set newest = run_query(
        "select change_no, rebuilt_no from " ~ mark_table('build_mark') ~ " where model = 'attempt'").rows %}
    {% if newest | length == 0 or newest[0][0] == newest[0][1] %}{{ return('true') }}{% endif %}
    {{- return(column ~ " in (select " ~ column.split('.')[-1] ~ " from " ~ mark_table('learner_change')
        ~ " where change_no = " ~ newest[0][0] ~ ")") -}}
{% endmacro %}
