{{ config(materialized='view') }}

with metas as (

    select * from {{ source('survival', 'survival_fit_meta') }}

)

select
    metas.run_id,
    landmark.landmark_days,
    landmark.n_gaps,
    landmark.lookback_days,
    landmark.n,
    landmark.n_stayed_away,
    landmark.auc,
    landmark.auc_idle,
    landmark.covariate_auc,
    landmark.brier,
    landmark.brier_skill,
    landmark.brier_skill_idle,
    landmark.calibration_slope,
    landmark.calibration_intercept,
    landmark.n_flagged,
    landmark.precision,
    landmark.recall
from metas
cross join lateral {{ json_records(json_get('metas.diagnostics', 'validation'), 'landmark', [
    ('landmark_days', 'integer'), ('n_gaps', 'integer'), ('lookback_days', 'integer'), ('n', 'integer'),
    ('n_stayed_away', 'integer'), ('auc', 'double precision'), ('auc_idle', 'double precision'),
    ('covariate_auc', 'double precision'), ('brier', 'double precision'),
    ('brier_skill', 'double precision'), ('brier_skill_idle', 'double precision'),
    ('calibration_slope', 'double precision'), ('calibration_intercept', 'double precision'),
    ('n_flagged', 'integer'), ('precision', 'double precision'), ('recall', 'double precision')
]) }}
