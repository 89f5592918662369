{# Questions about dbt's graph. All answers are unique ids. #}

{% macro is_incremental_node(uid) %}
    {{ return(uid in graph.nodes and graph.nodes[uid].resource_type == 'model'
              and graph.nodes[uid].config.materialized == 'incremental') }}
{% endmacro %}


{# The relation of a model, seed or snapshot. #}
{% macro relation_of(node) %}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}


{# Whether an incremental model holds rows up to as_of only. Others hold whatever has arrived. #}
{% macro is_bounded(uid) %}{{ return(graph.nodes[uid].config.meta.get('up_to_as_of', true)) }}{% endmacro %}


{# What a model reads. The staging of a fit names the fit's input, as a hint for the graph's readers; it reads the
   tables in which the fit lands. #}
{% macro parents_of(uid) %}
    {% set parents, hints = graph.nodes[uid].depends_on.nodes, [] %}
    {% set landed = [] %}
    {% for parent in parents if parent in graph.sources %}
        {% do landed.append(graph.sources[parent].source_name) %}
    {% endfor %}
    {% for exposure in graph.exposures.values() if exposure.name in landed %}
        {% do hints.extend(exposure.depends_on.nodes) %}
    {% endfor %}
    {{ return(parents | reject('in', hints) | list) }}
{% endmacro %}


{# The incremental models that a model reads, not counting those behind them. #}
{% macro incremental_parents(uid) %}
    {% set found = [] %}
    {% for other in [uid] + between(uid) %}
        {% for parent in parents_of(other) if is_incremental_node(parent) and parent not in found %}
            {% do found.append(parent) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# What lies between a model and the incremental models or sources that it reads. #}
{% macro between(uid) %}
    {% set found, queue = [], [uid] %}
    {% for _ in range(graph.nodes | length) if queue %}
        {% for parent in parents_of(queue.pop())
                if parent in graph.nodes and not is_incremental_node(parent) and parent not in found %}
            {% do found.append(parent) %}
            {% do queue.append(parent) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# The fits whose tables lie upstream of a model: each fit's tables are a source of its name. #}
{% macro fits_above(uid) %}
    {% set found, seen, queue = [], [], [uid] %}
    {% for _ in range(graph.nodes | length) if queue %}
        {% for parent in parents_of(queue.pop()) if parent not in seen %}
            {% do seen.append(parent) %}
            {% if parent in graph.sources %}
                {% do found.append(graph.sources[parent].source_name) %}
            {% elif parent in graph.nodes %}
                {% do queue.append(parent) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(set(found)) }}
{% endmacro %}
