with seats as (

    select * from {{ ref('report_seat') }}

),

kpis as (

    select
        *,
        coalesce(target_date, report_week + 6 + 7 * {{ setting('goal_horizon_weeks') }}) as goal_date
    from {{ ref('report_kpi') }}
    where week_start = report_week

)

select
    seats.report_week,
    seats.classroom_id,
    seats.user_id,
    kpis.i_t,
    kpis.p,
    kpis.s,
    kpis.s_source,
    levels.theta,
    levels.se,
    coalesce(levels.is_known, false) as is_level_known,
    changes.change,
    changes.change_se,
    risks.contributions,
    risks.reasons,
    activities.answers,
    activities.correct,
    activities.last_active,
    case when kpis.target is not null then kpis.goal_date end as target_date
from seats
left join kpis on seats.report_week = kpis.report_week and seats.user_id = kpis.user_id
{% for relation, name in [
    (ref('report_level'), 'levels'), (ref('report_change'), 'changes'), (ref('report_risk'), 'risks'),
    (ref('report_activity'), 'activities')
] -%}
left join (select * from {{ relation }}) as {{ name }}
    on seats.report_week = {{ name }}.report_week and seats.user_id = {{ name }}.user_id
{% endfor %}
