-- Of each fit the run that the week's Sunday could know.
create temp table known_run on commit drop as
select distinct on (fit) fit, run_id, run_as_of
from published_run
where run_as_of <= %(until)s
order by fit, run_as_of desc;
