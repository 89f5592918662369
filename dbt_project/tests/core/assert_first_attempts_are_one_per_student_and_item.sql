-- What it finds: students with more than one first attempt at an item, or with none.
-- When it matters: always; calibration treats first attempts as independent answers.
-- How to resolve: look at the pair's rows in `attempt` by completed_at; the order that numbers them must
--     be total.
select
    student_id,
    item_id
from {{ ref('attempt') }}
where {{ in_newest_change('student_id') }}
group by student_id, item_id
having count(*) filter (where is_first_attempt) <> 1 or max(attempt_no) <> count(*)
