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


{# The project's macros and settings that a text names, each with what stands behind it. #}
{% macro named_in(text, macros) %}
    {% set found = [] %}
    {% for name in names_in(text, macros) %}{% do found.append(name ~ macros[name]) %}{% endfor %}
    {{ return(found | join(' ')) }}
{% endmacro %}


{# Those of `names` that a text holds as words. So a macro is also found behind `adapter.dispatch` and in a branch that
   dbt does not see while it parses. #}
{% macro names_in(text, names) %}
    {{ return(set(modules.re.findall('[a-z_0-9]+', text)).intersection(names) | sort) }}
{% endmacro %}


{# A text for each macro and each setting of the project by name: its code and, by rounds, that of the macros it names,
   or is dispatched to; a setting's value. Each round reaches one macro further; the rounds end when nothing changes any
   more, and there are as many as macros at most. #}
{% macro macro_fingerprints() %}
    {% set codes, prints, named, round = {}, {}, {}, namespace(before={}) %}
    {% for name, macro in context[project_name].items() if macro.macro is defined %}
        {% do codes.update({name: local_md5(macro.macro.macro_sql)}) %}
    {% endfor %}
    {% do prints.update(codes) %}
    {% for name in var('defaults') %}{% do prints.update({name: setting(name) | string}) %}{% endfor %}
    {% for name in codes %}
        {% set text = context[project_name][name].macro.macro_sql ~ ' ' ~ target.type ~ '__' ~ name %}
        {% do named.update({name: names_in(text, prints)}) %}
    {% endfor %}
    {% for _ in codes if prints != round.before %}
        {% set round.before = prints.copy() %}
        {% for name, code in codes.items() %}
            {% set behind = [code] %}
            {% for other in named[name] %}{% do behind.append(round.before[other]) %}{% endfor %}
            {% do prints.update({name: local_md5(behind | join(' '))}) %}
        {% endfor %}
    {% endfor %}
    {{ return(prints) }}
{% endmacro %}
