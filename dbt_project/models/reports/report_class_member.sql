with weeks as (

    select * from {{ ref('report_week') }}

),

learners as (

    select * from {{ ref('report_learner') }} where classroom_id is not null

),

kpis as (

    select * from {{ ref('weekly_kpi_flat') }}

),

goals as (

    select * from {{ ref('stg_app__interest_goals') }} where target_level is not null

),

nearest_goals as (

    select
        weeks.report_week,
        goals.user_id,
        min(coalesce(goals.target_date, weeks.as_of + 28)) as target_date
    from weeks
    inner join goals on {{ is_goal_known_at('weeks.as_of') }}
    group by weeks.report_week, goals.user_id

)

select
    learners.report_week,
    learners.classroom_id,
    learners.user_id,
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
    nearest_goals.target_date
from learners
inner join kpis on learners.report_week = kpis.week_start and learners.user_id = kpis.user_id
{% for relation, name in [
    (ref('report_level'), 'levels'), (ref('report_change'), 'changes'), (ref('report_risk'), 'risks'),
    (ref('report_activity'), 'activities'), ('nearest_goals', 'nearest_goals')
] -%}
left join (select * from {{ relation }}) as {{ name }}
    on learners.report_week = {{ name }}.report_week and learners.user_id = {{ name }}.user_id
{% endfor %}
