{%- set rules = [
    ('after_as_of', 'later than as_of'),
    ('before_look_back', 'before the look-back of calibration and of scores'),
    ('not_the_first_attempt', 'not the first attempt of the learner at the item'),
    ('hint_used', 'a hint was used'),
    ('rapid_guess', 'answered faster than ' ~ setting('mirt_rapid_guess_ms') ~ ' ms'),
    ('only_scored', 'before the look-back of calibration; scored all the same'),
    ('few_answers_of_the_learner', 'the learner has fewer than ' ~ setting('mirt_min_answers_per_learner')
        ~ ' answers left; scored all the same'),
    ('not_in_the_sample', 'the learner is not in the sample of MIRT_MAX_OBS answers; scored all the same'),
    ('few_answers_to_the_item', 'the item has fewer than ' ~ setting('mirt_min_answers_per_item')
        ~ ' answers left; scored if it is in the bank'),
    ('all_right_or_all_wrong', 'the item has only right or only wrong answers left; scored if it is in the bank')
] -%}

with candidates as (

    select * from {{ ref('int_irt_candidates') }}

),

answers as (

    select * from {{ ref('int_irt_answers') }}

),

excluded as (

    select rule, count(*) as n_answers from candidates where rule is not null group by rule

    union all

    select rule, count(*) as n_answers from answers where rule is not null group by rule

),

rules as (

    {% for rule, meaning in rules %}
    select {{ loop.index }} as place, '{{ rule }}' as rule, '{{ meaning }}' as meaning
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    rules.place,
    rules.rule,
    rules.meaning,
    coalesce(excluded.n_answers, 0) as n_answers
from rules
left join excluded on rules.rule = excluded.rule
