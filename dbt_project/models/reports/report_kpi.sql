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

),

goals as (

    select * from {{ ref('stg_app__interest_goals') }} where {{ is_usable_goal() }}

),

targets as (

    select
        shown_weeks.report_week,
        shown_weeks.week_start,
        goals.user_id,
        {{ goal_level() }} as target,
        min(goals.target_date) as target_date
    from shown_weeks
    inner join goals
        on {{ is_goal_known_at('(shown_weeks.week_start + 6)') }}
        and {{ is_goal_ahead('shown_weeks.week_start + 6') }}
    group by shown_weeks.report_week, shown_weeks.week_start, goals.user_id

)

select
    shown_weeks.report_week,
    kpis.user_id,
    kpis.week_start,
    kpis.i_t,
    kpis.i_t_se,
    kpis.e_t,
    kpis.r_t,
    kpis.a_t,
    kpis.p,
    kpis.s,
    kpis.p_method,
    kpis.s_source,
    kpis.i_t_method,
    kpis.n_attempts,
    kpis.null_reasons,
    targets.target,
    targets.target_date
from shown_weeks
inner join kpis on shown_weeks.week_start = kpis.week_start
left join targets
    on shown_weeks.report_week = targets.report_week
    and kpis.week_start = targets.week_start
    and kpis.user_id = targets.user_id
