{{ config(contract={'enforced': true}) }}
{% set week_ends = monday(as_of() ~ ' + 1') ~ ' - 1' %}

with learner_days as (

    select * from {{ ref('int_learner_daily') }} where active_on <= {{ week_ends }} and {{ is_school_week('active_on') }}

),

topic_days as (

    select * from {{ ref('features_topic_daily') }} where date <= {{ week_ends }} and {{ is_school_week('date') }}

),

improvements as (

    select * from {{ ref('int_kpi_core') }}
    where as_of = week_start + 6 and as_of <= {{ week_ends }} and {{ is_school_week('as_of') }}

),

-- By learner first, so that the next step can count learners without a distinct count.
learner_weeks as (

    select
        user_id,
        'all' as scope,
        {{ monday('active_on') }} as week_start,
        sum(attempts) as answers,
        sum(correct) as correct,
        cast(null as numeric) as improvement,
        cast(null as bigint) as n_improvement
    from learner_days
    group by user_id, {{ monday('active_on') }}
    union all
    select
        user_id,
        'topic:' || topic_id as scope,
        {{ monday('date') }} as week_start,
        sum(attempts) as answers,
        sum(correct) as correct,
        sum(improvement) as improvement,
        count(improvement) as n_improvement
    from topic_days
    group by user_id, topic_id, {{ monday('date') }}

),

weeks as (

    select
        scope,
        week_start,
        cast(count(*) as double precision) as active_learners,
        cast(sum(answers) as double precision) as answers,
        cast(sum(correct) as double precision) as correct,
        cast(sum(improvement) as double precision) as improvement,
        cast(sum(n_improvement) as double precision) as n_improvement
    from learner_weeks
    group by scope, week_start

)

select 'active_learners' as metric, scope, week_start, active_learners as value, active_learners as n from weeks
union all
select 'answers', scope, week_start, answers, answers from weeks
union all
select 'accuracy', scope, week_start, {{ rounded('correct / answers') }}, answers from weeks
union all
select 'improvement', scope, week_start, {{ rounded('improvement / n_improvement') }}, n_improvement
from weeks
where n_improvement > 0
union all
select 'I_t', 'all', week_start, {{ rounded(exact_mean('i_t')) }}, cast(count(i_t) as double precision)
from improvements
group by week_start
having count(i_t) > 0
