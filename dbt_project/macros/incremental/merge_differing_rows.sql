{# Incremental strategy `merge_differing_rows`: update or insert the rows of the query that differ from the table, and
   write no others. The differing rows are found once. Rows that the build computes (`rows_in_scope()`) are deleted if
   the query has no row with their key. An empty table is just filled.
   `meta.write_times` lists columns that record when a row was written; they are not compared. `meta.kept_on_update`
   lists columns whose value stays when a row is updated. #}
{% macro get_incremental_merge_differing_rows_sql(arg_dict) %}
    {% set table, fresh = arg_dict['target_relation'], arg_dict['temp_relation'] %}
    {% set differing = adapter.quote(fresh.identifier ~ '_differing') %}
    {% set columns = arg_dict['dest_columns'] | map(attribute='quoted') | list %}
    {% if is_empty(table) %}{{ return(fill(table, fresh, columns)) }}{% endif %}
    {% set write_times = config.get('meta', {}).get('write_times', []) %}
    {% set kept_on_update = config.get('meta', {}).get('kept_on_update', []) %}
    {% set compared = [] %}
    {% set written = [] %}
    {% for column in columns %}
        {% if column | replace('"', '') not in write_times %}{% do compared.append(column) %}{% endif %}
        {% if column | replace('"', '') not in kept_on_update %}{% do written.append(column) %}{% endif %}
    {% endfor %}
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

    {% for predicate in rows_in_scope() %}
    delete from {{ table }} as DBT_INTERNAL_DEST
    where {{ predicate }} and not exists (select 1 from {{ fresh }} as fresh where {{ same_key(keys, 'fresh') }});
    {% endfor %}

    update {{ table }} as DBT_INTERNAL_DEST
    set {% for column in written %}{{ column }} = differing.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ differing }} as differing
    where not differing.is_new and {{ same_key(keys, 'differing') }};

    insert into {{ table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ differing }} where is_new;
{% endmacro %}


{# Condition: the row of the table (DBT_INTERNAL_DEST) and the row of `other` have the same key. #}
{% macro same_key(keys, other) %}
    {%- for key in keys %}DBT_INTERNAL_DEST.{{ key }} = {{ other }}.{{ key }}{{ ' and ' if not loop.last }}{% endfor -%}
{% endmacro %}
