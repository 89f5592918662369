{# What an incremental model computes in this invocation, as `plan_build()` has decided it: is_whole; everyone_from and
   newest_day, SQL dates: the day from which rows of all learners are computed, and the newest day that the model was
   ever built for. Whole while dbt parses, compiles or documents, and in unit tests. #}
{% macro scope_of(model_name) %}
    {% set found = [] %}
    {% if execute and graph.get('nodes') and flags.WHICH in ['build', 'run', 'retry'] and not flags.EMPTY %}
        {% set found = run_query(
            "select is_whole, everyone_from, newest_day from " ~ control_table('build_scope') ~ " where schema_name = '"
            ~ target.schema ~ "' and model = '" ~ model_name ~ "' and invocation_id = '" ~ invocation_id ~ "'").rows %}
    {% endif %}
    {{ return({'is_whole': found[0][0] if found else true,
               'everyone_from': "cast('" ~ (found[0][1] if found else '-infinity') ~ "' as date)",
               'newest_day': "cast('" ~ found[0][2] ~ "' as date)" if found else as_of()}) }}
{% endmacro %}


{# dbt's own macro: --full-refresh makes `plan_build()` compute an incremental model from scratch, but its table stays.
   A table that is replaced takes the views downstream with it, and in a build that looks back also the later days. #}
{% macro should_full_refresh() %}
    {{ return(flags.FULL_REFRESH and config.get('materialized') != 'incremental') }}
{% endmacro %}
