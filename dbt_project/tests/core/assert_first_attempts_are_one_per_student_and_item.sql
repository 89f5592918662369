-- What it finds: students with more than one first attempt at an item, or with none.
-- When it matters: always; calibration treats first attempts as independent answers.
-- How to resolve: look at the rows of the student and item in `attempt` by completed_at; the order that numbers them
--     must have no ties.
with students as (

    select distinct student_id
    from {{ ref('attempt') }}
    where {{ is_changed('attempt', 'student_id') }} and completed_at >= {{ utc_midnight(first_changed_day('attempt')) }}

)

-- One lookup per student in the index takes half the time of grouping by student and item.
select
    students.student_id,
    pairs.item_id
from students
cross join lateral (
    select item_id
    from (select * from {{ ref('attempt') }}) as attempts
    where attempts.student_id = students.student_id
    group by item_id
    having count(*) filter (where is_first_attempt) <> 1 or max(attempt_no) <> count(*)
) as pairs
-- depends_on: {{ ref('changed_learner') }}
