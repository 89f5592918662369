{# The schema of the sources and of the bookkeeping of builds: DBT_SOURCE_SCHEMA, else `public`. The target schema may
   be another one: a developer builds into a schema of their own from the same sources. #}
{% macro source_schema() %}
    {{- return(env_var('DBT_SOURCE_SCHEMA', 'public')) -}}
{% endmacro %}


{# A source table, or a table of the bookkeeping of builds; they lie in the schema of the sources. #}
{% macro control_table(name) %}
    {{- return(api.Relation.create(database=target.database, schema=source_schema(), identifier=name)) -}}
{% endmacro %}


{# on-run-start: stop unless `dreamseed init` has created the tables that this code needs. The newest of them is asked
   for. `dbt compile` and `dbt docs generate`, which also come here, need none. #}
{% macro require_control_tables() %}
    {% if execute and flags.WHICH not in ['compile', 'generate'] and load_relation(control_table('build_lease')) is none %}
        {{ stop("Schema '" ~ source_schema() ~ "' of database '" ~ target.database ~ "' lacks tables of this version. "
                ~ "Fix: run `dreamseed init`, or set DBT_SOURCE_SCHEMA to the schema of the sources.") }}
    {% endif %}
{% endmacro %}
