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
        {{ irt_prior('metrics', 'mean') }} as mean,
        {{ irt_prior('metrics', 'sd') }} as sd
    from metas

),

abilities as (

    select * from {{ ref('stg_irt__weekly_abilities') }}
    where n >= {{ setting('brms_min_answers') }}
        and week_start > {{ monday(as_of()) }} - 7 * {{ setting('lookback_weeks') }}
        and week_start <= {{ as_of() }}

),

-- The normal likelihood that, combined with the prior, gives the EAP. Precisions add up.
likelihoods as (

    select
        abilities.*,
        {{ freed_weighted_value('theta_eap', 'se_eap', 'mean', 'sd') }} as weighted,
        {{ freed_precision('se_eap', 'sd') }} as precision
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
    from likelihoods

)

select * from scores where {{ is_usable_ability('score', 'se') }}
