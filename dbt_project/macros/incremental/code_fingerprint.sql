{# What the numbers of a model depend on besides its sources: its text and that of what lies between it and the
   incremental models it reads, the macros and settings they name, their configuration, and the code with which those
   incremental models were built. Nothing is listed by hand. #}
{% macro code_of(uid, state) %}
    {% if uid not in state.codes %}
        {% set node = graph.nodes[uid] %}
        {% set parts = [node.checksum.checksum, node.get('contract', {}).get('checksum'), node.config.materialized,
                        texts_behind(node.get('raw_code') or '', state.macros)] %}
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


{# The texts of the project's macros and settings that a text names, and of those behind them. #}
{% macro texts_behind(text, macros) %}
    {% set texts = [] %}
    {% for name in names_behind(text, macros) | sort %}{% do texts.append(name ~ ' ' ~ macros.texts[name]) %}{% endfor %}
    {{ return(texts | join(' ')) }}
{% endmacro %}


{# The names of these macros and settings. The list grows while it is read. #}
{% macro names_behind(text, macros) %}
    {% set found = names_in(text, macros.texts) %}
    {% for name in found %}{% do found.extend(macros.named.get(name, []) | reject('in', found)) %}{% endfor %}
    {{ return(found) }}
{% endmacro %}


{# Those of `names` that a text holds as words. So a macro is also found behind `adapter.dispatch` and in a branch that
   dbt does not see while it parses. #}
{% macro names_in(text, names) %}
    {{ return(set(modules.re.findall('[a-z_0-9]+', text)).intersection(names) | list) }}
{% endmacro %}


{# The project's macros and settings: `texts` by name, a macro's code or a setting's value; `named`, the names that each
   macro's code holds, that of what it is dispatched to included. #}
{% macro macros_and_settings() %}
    {% set macros = {'texts': {}, 'named': {}} %}
    {% for name, macro in context[project_name].items() if macro.macro is defined %}
        {% do macros.texts.update({name: macro.macro.macro_sql}) %}
    {% endfor %}
    {% set codes = macros.texts.copy() %}
    {% for name in var('defaults') %}{% do macros.texts.update({name: setting(name) | string}) %}{% endfor %}
    {% for name, code in codes.items() %}
        {% do macros.named.update({name: names_in(code ~ ' ' ~ target.type ~ '__' ~ name, macros.texts)}) %}
    {% endfor %}
    {{ return(macros) }}
{% endmacro %}
