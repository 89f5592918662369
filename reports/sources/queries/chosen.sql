-- Whose reports are made: who has a row in the week, all or those asked for.
create temp table chosen on commit drop as
select user_id, as_of
from weekly_kpi
where week_start = %(week)s and (%(users)s::text[] is null or user_id = any(%(users)s));
