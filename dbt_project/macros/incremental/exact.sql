{# Incremental strategy: take over the rows of the query and touch none that is right already. `scope_of()` says which
   rows of the table (alias DBT_INTERNAL_DEST) go when the query has none of their key; any if the model is made
   from scratch. `meta.stamps` name columns that tell of the writing, not of the
   row: a difference there is none. `meta.kept` of them keep their value when a row is changed. #}
{% macro get_incremental_exact_sql(arg_dict) %}
    {% set table, fresh = arg_dict['target_relation'], arg_dict['temp_relation'] %}
    {% set columns = arg_dict['dest_columns'] | map(attribute='quoted') | list %}
    {% set stamps = config.get('meta', {}).get('stamps', []) %}
    {% set kept = config.get('meta', {}).get('kept', []) %}
    {% set compared = [] %}
    {% set written = [] %}
    {% for column in columns %}
        {% if column | replace('"', '') not in stamps %}{% do compared.append(column) %}{% endif %}
        {% if column | replace('"', '') not in kept %}{% do written.append(column) %}{% endif %}
    {% endfor %}
    {% set rebuilding = from_scratch(model.name) %}
    {% set scope = ['true'] if rebuilding else scope_of(model.name, table, fresh) %}
    {% set same_key = [] %}
    {% for column in config.get('unique_key') %}
        {% do same_key.append('DBT_INTERNAL_DEST.' ~ column ~ ' = fresh.' ~ column) %}
    {% endfor %}

    analyze {{ fresh }};
    {% if config.get('meta', {}).get('notes_learners') and not rebuilding %}
    {{ note_learner_changes(table, fresh, compared, scope) }}
    {% endif %}
    {% for predicate in scope %}
    delete from {{ table }} as DBT_INTERNAL_DEST
    where {{ predicate }} and not exists (select 1 from {{ fresh }} as fresh where {{ same_key | join(' and ') }});
    {% endfor %}

    update {{ table }} as DBT_INTERNAL_DEST
    set {% for column in written %}{{ column }} = fresh.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ fresh }} as fresh
    where {{ same_key | join(' and ') }}
        and ({% for column in compared %}DBT_INTERNAL_DEST.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
        is distinct from ({% for column in compared %}fresh.{{ column }}{{ ', ' if not loop.last }}{% endfor %});

    insert into {{ table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ fresh }} as fresh
    where not exists (select 1 from {{ table }} as DBT_INTERNAL_DEST where {{ same_key | join(' and ') }});
{% endmacro %}
