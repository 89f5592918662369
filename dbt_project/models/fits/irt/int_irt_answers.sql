with answers as (

    select * from {{ ref('int_irt_candidates') }} where rule is null

),

-- A sample takes whole learners, in an order that chance made once and for all.
learners as (

    select
        user_id,
        {% if setting('mirt_max_obs') | int > 0 -%}
        sum(count(*)) over (order by {{ hash_text('user_id') }}, user_id) <= {{ setting('mirt_max_obs') }} as is_sampled
        {%- else -%}
        true as is_sampled
        {%- endif %}
    from answers
    where is_in_window
    group by user_id
    having count(*) >= {{ setting('mirt_min_answers_per_learner') }}

),

items as (

    select
        answers.item_id,
        count(*) as n,
        count(*) filter (where answers.correct) as n_right
    from answers
    inner join learners on answers.user_id = learners.user_id
    where answers.is_in_window and learners.is_sampled
    group by answers.item_id

)

select
    answers.user_id,
    answers.item_id,
    answers.topic_id,
    {{ monday(utc_day('answers.completed_at')) }} as week_start,
    answers.correct as is_correct,
    answers.is_scored,
    case
        when not answers.is_in_window then 'only_scored'
        when learners.user_id is null then 'few_answers_of_the_learner'
        when not learners.is_sampled then 'not_in_the_sample'
        when items.n < {{ setting('mirt_min_answers_per_item') }} then 'few_answers_to_the_item'
        when items.n_right in (0, items.n) then 'all_right_or_all_wrong'
    end as rule
from answers
left join learners on answers.user_id = learners.user_id
left join items on answers.item_id = items.item_id
-- The order in which the runner copies the rows out: sorted here, they are not sorted there.
order by answers.user_id, answers.item_id
