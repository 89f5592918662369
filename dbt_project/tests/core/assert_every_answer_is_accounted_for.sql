-- What it finds: a source whose number of answers differs from attempts + duplicates + rejected + left out.
-- When it matters: always; an answer was lost or counted twice between the source and `attempt`.
-- How to resolve: if data arrived while dbt ran, build again. Otherwise compare `int_answers` with `attempt` by id; a
--     difference in attempt_log points to the content key, one in exam_results to the array's elements.
select *
from {{ ref('attempt_reconciliation') }}
where rows_in <> attempts + duplicates + rejected + left_out
