with weeks as (

    select * from {{ ref('report_week') }}

),

kpis as (

    select * from {{ ref('weekly_kpi_flat') }}

),

-- One row for each week shown: an equality finds it in the index, which "in" between two columns does not.
shown_weeks as (

    select
        weeks.report_week,
        weeks.report_week - ages.days as week_start
    from weeks
    cross join (values (0), (7)) as ages (days)

)

select
    shown_weeks.report_week,
    kpis.user_id,
    kpis.week_start,
    kpis.i_t,
    kpis.e_t,
    kpis.r_t,
    kpis.a_t,
    kpis.p,
    kpis.s,
    kpis.p_method,
    kpis.s_source,
    kpis.i_t_method,
    kpis.n_attempts,
    kpis.null_reasons
from shown_weeks
inner join kpis on shown_weeks.week_start = kpis.week_start
