{# How an incremental model finds the changes it has not processed yet. `attempt` numbers its changes and records which
   learners they affect and from which day on (`learner_change`). Every incremental model stores the last change it has
   processed in `build_mark`, in the same transaction as its rows, so the next build completes a build that was killed,
   and a model outside of a slice catches up later. A row of a day or week depends on that day and earlier days only,
   so a change affects only its learner's rows from that day on. See ADR 0008. #}

{# A table of this bookkeeping in the target schema, for example build_mark, learner_change or source_seen. #}
{% macro mark_table(name) %}
    {{- return(api.Relation.create(database=target.database, schema=target.schema, identifier=name)) -}}
{% endmacro %}


{# One column of a model's mark, as a scalar subquery; null before the first build. #}
{% macro mark_of(model_name, column) %}
    {{- return("(select " ~ column ~ " from " ~ mark_table('build_mark') ~ " where model = '" ~ model_name ~ "')") -}}
{% endmacro %}


{# Whether the model must be computed from scratch: --full-refresh, never built, or `attempt` was rebuilt or the code
   changed since. Every model that computes a part of it asks for the same `model_name`. True while dbt parses, and in
   unit tests. #}
{% macro from_scratch(model_name) %}
    {% if not execute or flags.FULL_REFRESH or not graph.get('nodes') %}{{ return(true) }}{% endif %}
    {% set there = run_query("select to_regclass('" ~ mark_table('build_mark') ~ "') is not null").rows[0][0] %}
    {% if not there %}{{ return(true) }}{% endif %}
    {% set node = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] %}
    {% set found = run_query(
        "select 1 from " ~ mark_table('build_mark') ~ " as own left join " ~ mark_table('build_mark')
        ~ " as attempts on attempts.model = 'attempt' where own.model = '" ~ model_name ~ "'"
        ~ " and own.code = '" ~ code_hash(model_name) ~ "' and coalesce(own.change_no >= attempts.rebuilt_no, true)"
        ~ " and to_regclass('\"" ~ node.schema ~ "\".\"" ~ node.alias ~ "\"') is not null") %}
    {{ return(found.rows | length == 0) }}
{% endmacro %}


{# A hash of the models behind attempts, features and KPIs, of the settings they read, and of settings that only this
   model reads (`meta.settings`). Empty while dbt parses. #}
{% macro code_hash(model_name) %}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set parts = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model'
            and node.fqn[1] in ['staging', 'core', 'features', 'kpis'] %}
        {% do parts.append(node.name ~ node.checksum.checksum) %}
    {% endfor %}
    {% for name in ['metrics_use_irt_theta', 'metrics_use_bayesian', 'metrics_default_target', 'goal_horizon_weeks',
                    'brms_update_kpi', 'theta_max_age_days', 'ability_max_age_days', 'survival_update_kpi',
                    'survival_max_age_days', 'kpi_weeks_after_last', 'session_pause_minutes'] %}
        {% do parts.append(name ~ setting(name)) %}
    {% endfor %}
    {% set node = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] %}
    {% for name in node.config.meta.get('settings', []) %}{% do parts.append(name ~ setting(name)) %}{% endfor %}
    {{ return(local_md5(parts | sort | join(' '))) }}
{% endmacro %}
