{# Query: the answers of both sources that a model reads in this invocation, with `from_day`: those of learners that
   changed, from the first day that changed on. The index of `attempt_log` holds a hash of learners in lower case and
   the day; the third condition separates learners that share the hash. `compute_once()` keeps the lateral query as
   it is: the planner would make a join of it, and a join cannot use an index through a view that begins with `with`. #}
{% macro answers_in_scope(model_name) %}
    {% if scope_of(model_name).is_whole %}
    select *, cast('-infinity' as date) as from_day from {{ ref('int_answers') }}
    {% else %}
    select answers.*, changed.from_day
    from {{ changed_learners(model_name) }} as changed
    inner join (select * from {{ ref('int_exam_answers') }}) as answers on changed.user_id = coalesce(answers.user_id, '')
    where {{ answer_day('answers.completed_at') }} >= changed.from_day
    union all
    select answers.*, changed.from_day
    from {{ changed_learners(model_name) }} as changed
    cross join lateral (
        select * from (select * from {{ ref('int_log_answers') }}) as of_learner
        where of_learner.learner_key = {{ learner_key('changed.user_id') }}
            and {{ answer_day('of_learner.completed_at') }} >= changed.from_day
            and coalesce(of_learner.user_id, '') = changed.user_id
        {{ compute_once() }}
    ) as answers
    {% endif %}
{% endmacro %}


{# Query for a lateral join to `distinct_answers`: the attempts of the same learner and item before the days that this
   invocation computes; none, if it computes all days. One row. #}
{% macro attempts_before_scope(model_name) %}
    {% if scope_of(model_name).is_whole %}
    select 0 as n, 0 as n_right, cast(null as timestamptz) as last_wrong_at
    {% else %}
    select
        count(*) as n,
        count(*) filter (where held.correct) as n_right,
        case
            when max(held.attempt_no) = max(held.attempt_no) filter (where not held.correct) then max(held.completed_at)
        end as last_wrong_at
    from {{ this }} as held
    where held.student_id = distinct_answers.student_id and held.item_id = distinct_answers.item_id
        and held.completed_at < {{ utc_midnight('distinct_answers.from_day') }}
    {% endif %}
{% endmacro %}
