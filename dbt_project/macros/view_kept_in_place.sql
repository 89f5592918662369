{# How views are built on Postgres. dbt's own way drops the old view with all that reads it: views
   downstream are gone until they are built again, and two threads that drop the same one end in a
   deadlock. Replacing keeps them. Only a view whose columns changed, which Postgres does not replace, is
   dropped and made anew. #}
{% materialization view, adapter='postgres' %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='view') %}
    {% set grants = config.get('grants') %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if existing is not none and not existing.is_view %}
        {{ drop_relation_if_exists(existing) }}
    {% endif %}
    {% if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif %}
    {% call statement('main') %}{{ postgres_replace_view(target_relation, sql) }}{% endcall %}
    {% do apply_grants(target_relation, grants, should_revoke=True) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro postgres_replace_view(relation, sql) %}
do $body$
begin
    execute $view$ create or replace view {{ relation }} as ({{ sql }}
) $view$;
exception when invalid_table_definition then
    execute 'drop view {{ relation }} cascade';
    execute $view$ create view {{ relation }} as ({{ sql }}
) $view$;
end
$body$
{% endmacro %}
