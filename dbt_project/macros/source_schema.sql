{# The schema of the sources and of the bookkeeping of builds: DBT_SOURCE_SCHEMA, else `public`. The target schema may
   be another one: a developer builds into a schema of their own from the same sources. #}
{% macro source_schema() %}
    {{- return(env_var('DBT_SOURCE_SCHEMA', 'public')) -}}
{% endmacro %}


{# A source table, or a table of the bookkeeping of builds; they lie in the schema of the sources. #}
{% macro control_table(name) %}
    {{- return(api.Relation.create(database=target.database, schema=source_schema(), identifier=name)) -}}
{% endmacro %}
