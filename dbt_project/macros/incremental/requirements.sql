{# Refuse to build a model on what lies between it and the incremental models it reads, unless that is selected too or
   is as this project would build it now. A snapshot must be there; what it holds is right for the time it was taken. #}
{% macro require_what_it_reads(uid, plan, state) %}
    {% for other in between(uid)
            if other not in state.chosen and graph.nodes[other].config.materialized != 'ephemeral' %}
        {% set node, mark = graph.nodes[other], state.marks.get(graph.nodes[other].name) %}
        {% if node.resource_type == 'snapshot' %}
            {% set is_current = load_relation(relation_of(node)) is not none %}
        {% else %}
            {% set is_current = mark is not none and mark.code == mark_code(other, plan, state) %}
        {% endif %}
        {% set is_deferred = mark is none and node.get('defer_relation') and 'scoped' not in node.tags %}
        {% if not is_current and not is_deferred %}
            {{ refuse(graph.nodes[uid].name ~ " cannot be built without " ~ node.name ~ ", which "
                      ~ ("holds what another build computed" if 'scoped' in node.tags
                         else "was never built" if mark is none else "is older than the project"),
                      "run `dbt " ~ node.resource_type ~ "`" if node.resource_type != 'model' else "select +" ~ graph.nodes[uid].name) }}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# What is written down of a model that is not incremental: its code, and for a table that holds what one build computes
   also what that was. #}
{% macro mark_code(uid, plan, state) %}
    {% if 'scoped' not in graph.nodes[uid].tags %}{{ return(code_of(uid, state)) }}{% endif %}
    {% set scope = [plan.after, plan.change_no, plan.as_of, plan.newest_day, plan.everyone_from] %}
    {{ return('code ' ~ local_md5(code_of(uid, state) ~ scope)) }}
{% endmacro %}
