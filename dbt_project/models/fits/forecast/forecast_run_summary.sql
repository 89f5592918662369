{{ config(materialized='view') }}

with metas as (

    select * from {{ source('forecast', 'prophet_fit_meta') }}

)

select
    metas.run_id,
    series.metric,
    series.scope,
    series.method,
    series.reason,
    series.n_known,
    series.mase,
    series.mase_as_served,
    series.mase as relative_mae,
    series.mase_as_served as relative_mae_as_served,
    series.coverage_one_step,
    series.pinball_served,
    series.pinball_naive,
    series.n_flagged,
    series.n_judged,
    series.n_shifts
from metas
cross join lateral {{ json_records('metas.fit_meta', 'series', [
    ('metric', 'text'), ('scope', 'text'), ('method', 'text'), ('reason', 'text'), ('n_known', 'integer'),
    ('mase', 'double precision'), ('mase_as_served', 'double precision'),
    ('coverage_one_step', 'double precision'), ('pinball_served', 'double precision'),
    ('pinball_naive', 'double precision'), ('n_flagged', 'integer'), ('n_judged', 'integer'),
    ('n_shifts', 'integer')
]) }}
