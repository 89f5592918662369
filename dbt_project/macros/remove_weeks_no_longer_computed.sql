{# Post-hook of weekly_kpi: weeks within the reach of this build that are not computed any more go, because
   their answers were deleted. A learner with weeks beyond that reach is left alone: a build that looks
   back does not know those weeks. The reach is what int_weekly_kpi really holds, so a slice built on older
   models is safe. #}
{% macro remove_weeks_no_longer_computed() %}
    delete from {{ this }} as gone
    using (select max(as_of) as as_of from {{ ref('int_weekly_kpi') }}) as reach
    where gone.week_start <= reach.as_of
        and not exists (
            select 1 from {{ ref('int_weekly_kpi') }} as computed
            where computed.user_id = gone.user_id and computed.week_start = gone.week_start)
        and not exists (
            select 1 from {{ this }} as later
            where later.user_id = gone.user_id and later.week_start > reach.as_of)
{% endmacro %}
