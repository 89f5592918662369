-- What it finds: a source whose answers in differ from attempts + duplicates + rejected + left out.
-- When it matters: always; an answer was lost or counted twice between the source and `attempt`.
-- How to resolve: if data arrived while dbt ran, build again. Else compare `int_answers` with `attempt` by
--     id; a difference within attempt_log points to the content key, one within exam_results to the
--     array's elements.
select *
from {{ ref('attempt_reconciliation') }}
where rows_in <> attempts + duplicates + rejected + left_out
