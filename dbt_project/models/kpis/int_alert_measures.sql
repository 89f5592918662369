{{ config(materialized='ephemeral') }}

with alerts as (

    select * from {{ ref('int_alert_episodes') }}

),

scores as (

    select * from {{ ref('prediction_score') }} where kind = 'S' and grade = 'graded' and horizon_end <= {{ as_of() }}

),

risks as (

    select * from {{ ref('int_alertable_risks') }}

),

graded as (

    select
        alerts.run_as_of,
        cast(scores.outcome as integer) as stayed_away
    from alerts
    inner join scores on alerts.run_id = scores.run_id and alerts.user_id = scores.user_id

),

-- Absences that turned out to be long, each on the first day whose S was about it, and whether S ever crossed in it.
absences as (

    select
        risks.user_id,
        risks.last_seen_on,
        min(risks.run_as_of) as first_told_on,
        max(cast(risks.is_over_threshold or risks.is_among_top as integer)) as was_alerted
    from risks
    inner join scores on risks.run_id = scores.run_id and risks.user_id = scores.user_id
    where scores.outcome
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
    first_told_on as measured_on,
    'recall of long absences' as measure,
    sum(was_alerted) as numerator,
    count(*) as denominator
from absences
group by first_told_on
