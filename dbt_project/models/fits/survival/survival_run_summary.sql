{{ config(materialized='view') }}

with metas as (

    select * from {{ source('survival', 'survival_fit_meta') }}

)

select
    metas.run_id,
    folds.n_folds,
    folds.concordance,
    folds.integrated_brier,
    folds.integrated_brier_km,
    folds.integrated_brier_skill,
    hazards.global_chisq,
    hazards.global_df,
    hazards.global_p,
    hazards.remedy
from metas
left join lateral {{ json_records(json_get('metas.diagnostics', 'folds'), 'folds', [
    ('n_folds', 'integer'), ('concordance', 'double precision'), ('integrated_brier', 'double precision'),
    ('integrated_brier_km', 'double precision'), ('integrated_brier_skill', 'double precision')
]) }} on true
left join lateral {{ json_records(json_get('metas.diagnostics', 'proportional_hazards'), 'hazards', [
    ('global_chisq', 'double precision'), ('global_df', 'integer'), ('global_p', 'double precision'),
    ('remedy', 'text')
]) }} on true
