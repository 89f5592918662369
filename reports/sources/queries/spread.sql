-- How much topics differ within a learner, as a variance: of what is seen, less what errors alone would bring
-- (moments weighted by precision, as DerSimonian and Laird, 1986). 0 where topics do not differ.
select greatest(0, sum(weight * (power(topic.theta - overall.theta, 2) - power(topic.se, 2))) / nullif(sum(weight), 0))
    as spread
from (
    select run_id, user_id, theta, se, 1 / power(se, 4) as weight
    from stg_irt__topic_abilities
    where theta is not null and se > 0
) as topic
inner join known_run using (run_id)
inner join stg_irt__abilities as overall using (run_id, user_id)
where overall.theta is not null;
