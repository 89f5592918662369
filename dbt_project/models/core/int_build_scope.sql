{{ config(schema='staging', tags=['build_scope']) }}

-- The models that a build may have to compute for every learner, each with the fits it reads.
{% for model, fits in [
    ('features_topic_daily', ['irt']),
    ('int_kpi_core', []),
    ('weekly_kpi', ['irt', 'growth', 'idle_growth', 'survival', 'idle_risk']),
    ('int_churn_crossings', ['survival', 'idle_risk']),
    ('prediction_score', ['irt', 'growth', 'idle_growth', 'survival', 'idle_risk'])
] %}
select
    '{{ model }}' as model,
    least({{ mark_of(model, 'as_of') }} + 1, {{ first_day_of_another_run(model, fits) }}) as everyone_from,
    {{ published_runs() }} as runs
{{ 'union all' if not loop.last }}
{% endfor %}
