{# SQL: write what is decided. Of the other models and seeds that are selected only the code is written down; a table
   that holds what one build computes keeps no mark if the model it serves is not built too. #}
{% macro write_plan(state) %}
    {% set others, rows = {}, [] %}
    {% for uid in state.chosen if graph.nodes[uid].resource_type in ['model', 'seed'] and uid not in state.plans
            and graph.nodes[uid].config.materialized != 'ephemeral' %}
        {% do others.update({uid: {
            'is_whole': true, 'after': none, 'change_no': none, 'everyone_from': '-infinity', 'as_of': as_of_day(),
            'newest_day': as_of_day(), 'code': code_of(uid, state),
            'marking': 'drop' if 'scoped' in graph.nodes[uid].tags else 'write'}}) %}
    {% endfor %}
    {% for uid, plan in state.plans.items() %}
        {% do rows.append((graph.nodes[uid].name, plan)) %}
        {% for other in between(uid) if other in others and 'scoped' in graph.nodes[other].tags %}
            {% do others[other].update({'code': mark_code(other, plan, state), 'marking': 'write'}) %}
        {% endfor %}
    {% endfor %}
    {% for uid, plan in others.items() %}{% do rows.append((graph.nodes[uid].name, plan)) %}{% endfor %}
    delete from {{ control_table('build_scope') }} where schema_name = '{{ target.schema }}';
    {% if rows %}
    insert into {{ control_table('build_scope') }} (schema_name, model, invocation_id, is_whole, after_change,
        upto_change, everyone_from, as_of, newest_day, runs, code, marking)
    values
    {% for name, plan in rows %}
    ('{{ target.schema }}', '{{ name }}', '{{ invocation_id }}', {{ plan.is_whole }},
     {{ 'null' if plan.after is none else plan.after }}, {{ 'null' if plan.change_no is none else plan.change_no }},
     '{{ plan.everyone_from }}', '{{ plan.as_of }}', '{{ plan.newest_day }}',
     '{{ tojson(state.runs | sort) | replace("'", "''") if plan.change_no is not none else '[]' }}', '{{ plan.code }}',
     '{{ plan.marking }}'){{ ',' if not loop.last }}
    {% endfor %};
    {% endif %}
    analyze {{ control_table('build_scope') }};
    commit
{% endmacro %}


{# Post-hook of every model: what the invocation decided about it becomes its mark, in the transaction of its rows. An
   incremental model that looks back keeps its mark, because it did not compute the later rows. One that reads a model
   without a mark loses its own, so it is built from scratch next time. So does a clone: what the schema that it is cloned
   from has taken in is not known here. #}
{% macro mark_built() %}
    {% if execute and flags.WHICH == 'clone' %}
    delete from {{ control_table('build_mark') }} where schema_name = '{{ target.schema }}' and model = '{{ model.name }}'
    {% elif execute and flags.WHICH in ['build', 'run', 'seed', 'retry'] and not flags.EMPTY and graph.get('nodes') %}
    {% set mine = "scope.schema_name = '" ~ target.schema ~ "' and scope.model = '" ~ model.name
        ~ "' and scope.invocation_id = '" ~ invocation_id ~ "'" %}
    delete from {{ control_table('build_mark') }} as mark using {{ control_table('build_scope') }} as scope
    where {{ mine }} and mark.schema_name = scope.schema_name and mark.model = scope.model and scope.marking <> 'keep';

    insert into {{ control_table('build_mark') }} (schema_name, model, change_no, as_of, runs, code, built_at)
    select schema_name, model, upto_change, as_of, runs, code, {{ run_time() }}
    from {{ control_table('build_scope') }} as scope
    where {{ mine }} and marking = 'write'
    {% endif %}
{% endmacro %}
