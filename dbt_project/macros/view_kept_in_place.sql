{# How views are built on Postgres. dbt's own materialization drops the old view with everything downstream: downstream
   views are missing until they are built again, and two threads that drop the same view end in a deadlock. Replacing
   the view avoids both. A view that has this definition already is left alone: replacing it would wait for every open
   transaction that reads it, and other readers would queue behind. Only a view whose columns changed, which Postgres
   cannot replace, is dropped and created again. #}
{% materialization view, adapter='postgres' %}
    {% set existing = load_cached_relation(this) %}
    {# `dbt clone` makes views. A history is one table for all schemas: cloned, it would be replaced by a view of itself. #}
    {% if model.resource_type == 'snapshot' %}{{ return({'relations': []}) }}{% endif %}
    {% set target_relation = this.incorporate(type='view') %}
    {% set grants = config.get('grants') %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if existing is not none and not existing.is_view %}
        {{ drop_relation_if_exists(existing) }}
    {% endif %}
    {% if config.get('contract').enforced %}{% do get_assert_columns_equivalent(sql) %}{% endif %}
    {% call statement('main') %}{{ postgres_replace_view(target_relation, sql) }}{% endcall %}
    {% do apply_grants(target_relation, grants, should_revoke=True) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# A temporary view gives the definition that the view would have; the texts differ where one says `select *`. #}
{% macro postgres_replace_view(relation, sql) %}
do $body$
begin
    execute $view$ create temporary view dbt_wanted as ({{ sql }}
) $view$;
    if pg_get_viewdef('pg_temp.dbt_wanted'::regclass) is distinct from (
        select pg_get_viewdef(oid) from pg_class where oid = to_regclass('{{ relation }}')
    ) then
        execute $view$ create or replace view {{ relation }} as ({{ sql }}
) $view$;
    end if;
    drop view pg_temp.dbt_wanted;
exception when invalid_table_definition then
    execute 'drop view {{ relation }} cascade';
    execute $view$ create view {{ relation }} as ({{ sql }}
) $view$;
end
$body$
{% endmacro %}
