{{ config(contract={'enforced': true}) }}

with runs as (

    select * from {{ ref('int_runs_by_day') }} where fit = 'irt' and day = {{ as_of() }}

),

metas as (

    select * from {{ ref('stg_irt__fit_metas') }}

),

priors as (

    select
        run_id,
        cast({{ json_text(json_get('metrics', 'group'), 'mean') }} as double precision) as mean,
        cast({{ json_text(json_get('metrics', 'group'), 'sd') }} as double precision) as sd
    from metas

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}
    where n >= {{ setting('brms_min_answers') }}
        and week_start > {{ monday(as_of()) }} - 7 * {{ setting('lookback_weeks') }}
        and week_start <= {{ as_of() }}

),

-- What the answers say without the prior: the normal likelihood that gives the EAP together with it. Precisions add.
freed as (

    select
        abilities.*,
        theta_eap / power(nullif(se_eap, 0), 2) - mean / power(sd, 2) as weighted,
        nullif(greatest(1 / power(nullif(se_eap, 0), 2) - 1 / power(sd, 2), 0), 0) as precision
    from abilities
    inner join runs on abilities.run_id = runs.run_id
    left join priors on abilities.run_id = priors.run_id

),

scores as (

    select
        user_id,
        week_start as week,
        {{ 'weighted / precision' if setting('brms_score') == 'eap' else 'theta_wle' }} as score,
        {{ '1 / sqrt(precision)' if setting('brms_score') == 'eap' else 'se_wle' }} as se
    from freed

)

select * from scores where {{ is_usable_ability('score', 'se') }}
