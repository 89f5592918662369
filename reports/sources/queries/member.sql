-- A learner is in the class of the last session begun by the week's Sunday. Without %(classroom)s: every class.
create temp table member on commit drop as
select user_id, classroom_id
from (
    select distinct on (user_id) user_id, classroom_id
    from stg_app__sessions
    where user_id is not null and classroom_id is not null
        and started_at < (%(until)s::date + 1)::timestamp at time zone 'UTC'
    order by user_id, started_at desc, session_id
) as newest
where %(classroom)s::text is null or classroom_id = %(classroom)s;
