-- What it finds: items that calibrate with fewer answers than `mirt_min_answers_per_item`, or with only right or
--     only wrong ones.
-- When it matters: always; such an item has no finite difficulty, and the irt fit refuses it.
-- How to resolve: recount the item's answers in irt_input; the rules in int_irt_answers count the same ones.
select
    item_id,
    count(*) as n_answers,
    count(*) filter (where is_correct) as n_right
from {{ ref('irt_input') }}
where is_calibrated
group by item_id
having count(*) < {{ setting('mirt_min_answers_per_item') }}
    or count(*) filter (where is_correct) in (0, count(*))
