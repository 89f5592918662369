-- What it finds: abilities without theta or se, in a run in which others have them.
-- When it matters: always; theta is the EAP, which is finite after any answers. Only runs that landed before migration
--     0021 have none at all: theirs were WLEs, which are in theta_wle.
-- How to resolve: look at the run's answers of these learners in irt_input, withdraw the run by
--     `dreamseed rollback irt` and fit again.
{% for table in ['mirt_ability', 'student_topic_theta'] %}
select
    '{{ table }}' as landing_table,
    run_id,
    count(*) as n_without
from {{ source('irt', table) }}
where theta is null or se is null
group by run_id
having run_id in (select run_id from {{ source('irt', table) }} where theta is not null)
{{ 'union all' if not loop.last }}
{% endfor %}
