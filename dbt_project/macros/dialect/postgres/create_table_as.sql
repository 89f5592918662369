{# dbt's own macro fills a table with a contract by INSERT, for which Postgres uses one process. CREATE TABLE AS runs
   in parallel; the constraints are added afterwards, and checking them takes one more pass, which is far cheaper.
   Names and types are compared with the contract first, as dbt does. #}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {% set under_contract = config.get('contract').enforced %}
    {{ config.get('sql_header', '') }}
    {% if under_contract %}{{ get_assert_columns_equivalent(sql) }}{% endif %}
    create {{ 'temporary ' if temporary else 'unlogged ' if config.get('unlogged') }}table {{ relation }} as (
        {{ get_select_subquery(sql) if under_contract and not temporary else sql }}
    );
    {% if under_contract and not temporary %}{{ add_constraints(relation) }}{% endif %}
{%- endmacro %}


{# One ALTER TABLE adds all constraints of the model, so that its rows are read once. #}
{% macro add_constraints(relation) %}
    {% set changes = [] %}
    {% for column in model['columns'].values() %}
        {% for constraint in column.get('constraints', []) %}
            {% if constraint.type == 'not_null' %}
                {% do changes.append('alter column ' ~ column.name ~ ' set not null') %}
            {% elif constraint.type == 'check' %}
                {% do changes.append('add check (' ~ constraint.expression ~ ')') %}
            {% else %}
                {{ stop("Column " ~ column.name ~ " has a constraint of type "
                    ~ constraint.type ~ ". Fix: extend the macro add_constraints().") }}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% for constraint in adapter.render_raw_model_constraints(raw_constraints=model['constraints']) %}
        {% do changes.append('add ' ~ constraint) %}
    {% endfor %}
    {% if changes %}alter table {{ relation }} {{ changes | join(', ') }};{% endif %}
{% endmacro %}
