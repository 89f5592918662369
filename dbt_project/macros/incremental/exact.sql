{# Incremental strategy: take over the rows of the query and touch none that is right already. The rows that differ are
   found once. `scope_of()` says which rows of the table (alias DBT_INTERNAL_DEST) go when the query has none of their
   key; any if the model is made from scratch. `meta.stamps` name columns that tell of the writing, not of the
   row: a difference there is none. `meta.kept` of them keep their value when a row is changed. #}
{% macro get_incremental_exact_sql(arg_dict) %}
    {% set table, fresh = arg_dict['target_relation'], arg_dict['temp_relation'] %}
    {% set differing = adapter.quote(fresh.identifier ~ '_differing') %}
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
    {% set keys = config.get('unique_key') %}

    analyze {{ fresh }};

    create temporary table {{ differing }} on commit drop as
    select fresh.*, DBT_INTERNAL_DEST.{{ keys[0] }} is null as is_new
    from {{ fresh }} as fresh
    left join {{ table }} as DBT_INTERNAL_DEST on {{ same_key(keys, 'fresh') }}
    where DBT_INTERNAL_DEST.{{ keys[0] }} is null
        or ({% for column in compared %}DBT_INTERNAL_DEST.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
        is distinct from ({% for column in compared %}fresh.{{ column }}{{ ', ' if not loop.last }}{% endfor %});

    analyze {{ differing }};

    {% if config.get('meta', {}).get('notes_learners') and not rebuilding %}
    {{ delete_and_note_learners(table, fresh, differing, keys, scope) }}
    {% else %}
    {% for predicate in scope %}
    {{ delete_gone(table, fresh, keys, predicate) }};
    {% endfor %}
    {% endif %}

    update {{ table }} as DBT_INTERNAL_DEST
    set {% for column in written %}{{ column }} = differing.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ differing }} as differing
    where not differing.is_new and {{ same_key(keys, 'differing') }};

    insert into {{ table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ differing }} where is_new;
{% endmacro %}


{# Delete the rows that fulfil `predicate` and whose key is not among the fresh ones. #}
{% macro delete_gone(table, fresh, keys, predicate) %}
    delete from {{ table }} as DBT_INTERNAL_DEST
    where {{ predicate }} and not exists (select 1 from {{ fresh }} as fresh where {{ same_key(keys, 'fresh') }})
{%- endmacro %}


{# Condition: the row of the table (DBT_INTERNAL_DEST) and that of `other` have the same key. #}
{% macro same_key(keys, other) %}
    {%- for key in keys %}DBT_INTERNAL_DEST.{{ key }} = {{ other }}.{{ key }}{{ ' and ' if not loop.last }}{% endfor -%}
{% endmacro %}
