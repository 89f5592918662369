with abilities as (

    select
        *,
        week_start = report_week as is_now
    from {{ ref('report_ability') }}
    where week_start in (report_week, report_week - 14)

)

select
    report_week,
    user_id,
    max(theta_freed) filter (where is_now) - max(theta_freed) filter (where not is_now) as change,
    sqrt(power(max(se_freed) filter (where is_now), 2) + power(max(se_freed) filter (where not is_now), 2)) as change_se
from abilities
group by report_week, user_id
having count(*) = 2
