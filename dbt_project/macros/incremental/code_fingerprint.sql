{# What the numbers of a model depend on besides its sources: its text and that of what lies between it and the
   incremental models it reads, the macros and settings they name, their configuration, and the code with which those
   incremental models were built. Nothing is listed by hand. #}
{% macro code_of(uid, state) %}
    {% if uid not in state.codes %}
        {% set node = graph.nodes[uid] %}
        {% set parts = [node.checksum.checksum, node.get('contract', {}).get('checksum'), node.config.materialized,
                        named_in(node.get('raw_code') or '', state.macros)] %}
        {% for parent in parents_of(uid) | sort if parent in graph.nodes %}
            {% if is_incremental_node(parent) %}
                {% set mark = state.marks.get(graph.nodes[parent].name) %}
                {% do parts.append(plan_of(parent, state).code if parent in state.chosen
                                   else mark.code if mark is not none else 'unknown') %}
            {% else %}
                {% do parts.append(code_of(parent, state)) %}
            {% endif %}
        {% endfor %}
        {% do state.codes.update({uid: 'code ' ~ local_md5(parts | join(' '))}) %}
    {% endif %}
    {{ return(state.codes[uid]) }}
{% endmacro %}


{# The project's macros and settings that a text names, each with what stands behind it. Words are compared, so a macro
   is also found behind `adapter.dispatch` and in a branch that dbt does not see while it parses. #}
{% macro named_in(text, macros) %}
    {% set found = [] %}
    {% set words = set(modules.re.findall('[a-z_0-9]+', text)) %}
    {% for name in words.intersection(macros) | sort %}{% do found.append(name ~ macros[name]) %}{% endfor %}
    {{ return(found | join(' ')) }}
{% endmacro %}


{# A text for each macro and each setting of the project by name: its code and, by rounds, that of the macros it names;
   a setting's value. Four rounds reach further than any chain of macros here. #}
{% macro macro_fingerprints() %}
    {% set texts, prints = {}, {} %}
    {% for name, macro in context[project_name].items() if macro.macro is defined %}
        {% do texts.update({name: macro.macro.macro_sql}) %}
        {% do prints.update({name: local_md5(macro.macro.macro_sql)}) %}
    {% endfor %}
    {% for name in var('defaults') %}{% do prints.update({name: setting(name) | string}) %}{% endfor %}
    {% for _ in range(4) %}
        {% set before = prints.copy() %}
        {% for name, text in texts.items() %}
            {% do prints.update({name: local_md5(text ~ named_in(dispatched(name, text), before))}) %}
        {% endfor %}
    {% endfor %}
    {{ return(prints) }}
{% endmacro %}


{# The text of a macro and the name of what it is dispatched to. #}
{% macro dispatched(name, text) %}
    {{ return(text ~ ' ' ~ target.type ~ '__' ~ name) }}
{% endmacro %}
