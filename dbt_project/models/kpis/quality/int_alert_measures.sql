{{ config(materialized='ephemeral') }}

with alerts as (

    select * from {{ ref('int_alert_episodes') }}

),

scores as (

    select * from {{ ref('prediction_score') }} where kind = 'S' and grade = 'graded' and horizon_end <= {{ as_of() }}

),

all_risks as (

    select * from {{ ref('int_alertable_risks') }}

),

risks as (

    select * from all_risks where {{ has_not_finished('all_risks', 'run_as_of') }}

),

graded as (

    select
        alerts.run_as_of,
        cast(scores.outcome as integer) as stayed_away
    from alerts
    inner join scores on alerts.run_id = scores.run_id and alerts.user_id = scores.user_id

),

-- Absences with the first day whose S was graded with a horizon without an answer (null: there was none), and whether
-- S ever crossed an alert rule in them.
absences as (

    select
        risks.user_id,
        risks.last_seen_on,
        min(case when scores.outcome then risks.run_as_of end) as first_scored_on,
        max(cast(risks.is_over_threshold or risks.is_among_top as integer)) as was_alerted
    from risks
    left join scores on risks.run_id = scores.run_id and risks.user_id = scores.user_id
    group by risks.user_id, risks.last_seen_on

)

select
    run_as_of as measured_on,
    'alerts' as measure,
    cast(count(*) as double precision) as numerator,
    cast(null as double precision) as denominator
from alerts
group by run_as_of
union all
select
    run_as_of as measured_on,
    'precision of alerts' as measure,
    sum(stayed_away) as numerator,
    count(*) as denominator
from graded
group by run_as_of
union all
select
    first_scored_on as measured_on,
    'recall of long absences' as measure,
    sum(was_alerted) as numerator,
    count(*) as denominator
from absences
where first_scored_on is not null
group by first_scored_on
