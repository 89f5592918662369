select
    user_id, week_start, i_t, e_t, r_t, a_t, p, s, p_method, s_source, i_t_method, n_attempts, null_reasons
from weekly_kpi_flat
inner join chosen using (user_id)
where week_start in (%(week)s, %(week)s::date - 7)
order by user_id, week_start;
