{# How an incremental model knows what it has not taken in yet. `attempt` numbers its changes and writes down which
   learners they touch and from which day on (`learner_change`); every incremental model keeps the last change it
   has seen in `build_mark`, in the same transaction as its rows, so a build killed anywhere is made up for by the
   next one, and a slice that was not built catches up. What a row says of a day or week rests on that day and
   earlier ones only, so a change touches its learner's rows from that day on and no others. See ADR 0008. #}

{# A table of marks in the target schema: build_mark, learner_change or source_seen. #}
{% macro mark_table(name) %}
    {{- return(api.Relation.create(database=target.database, schema=target.schema, identifier=name)) -}}
{% endmacro %}


{# One column of a model's mark, as a scalar subquery; null before the first build. #}
{% macro mark_of(model_name, column) %}
    {{- return("(select " ~ column ~ " from " ~ mark_table('build_mark') ~ " where model = '" ~ model_name ~ "')") -}}
{% endmacro %}


{# Whether the model must be computed whole: asked for, never built, or `attempt` or the code were made anew since.
   The same question for every model that computes a part of it. True while dbt only parses, and in unit tests. #}
{% macro from_scratch(model_name) %}
    {% if not execute or flags.FULL_REFRESH or not graph.get('nodes') %}{{ return(true) }}{% endif %}
    {% set there = run_query("select to_regclass('" ~ mark_table('build_mark') ~ "') is not null").rows[0][0] %}
    {% if not there %}{{ return(true) }}{% endif %}
    {% set node = graph.nodes['model.' ~ project_name ~ '.' ~ model_name] %}
    {% set found = run_query(
        "select 1 from " ~ mark_table('build_mark') ~ " as own left join " ~ mark_table('build_mark')
        ~ " as attempts on attempts.model = 'attempt' where own.model = '" ~ model_name ~ "'"
        ~ " and own.code = '" ~ code_in_force(model_name) ~ "' and coalesce(own.change_no >= attempts.rebuilt_no, true)"
        ~ " and to_regclass('\"" ~ node.schema ~ "\".\"" ~ node.alias ~ "\"') is not null") %}
    {{ return(found.rows | length == 0) }}
{% endmacro %}


{# A hash of the models behind attempts, features and KPIs, of the settings they read and of those that only this one
   reads (`meta.settings`); unknown while parsing. #}
{% macro code_in_force(model_name) %}
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
