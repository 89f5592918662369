with items as (

    select * from {{ ref('item_bank') }}

),

drifts as (

    select * from {{ ref('stg_irt__drifts') }} where is_newest

),

compared as (

    select
        items.*,
        drifts.is_flagged,
        drifts.is_persistent,
        drifts.effect_size,
        case
            when abs(drifts.b_recent - drifts.b_bank) >= 0.1
                then case when drifts.b_recent > drifts.b_bank then 'harder' else 'easier' end
            when drifts.a_recent > drifts.a_bank then 'more discriminating'
            else 'less discriminating'
        end || ' than the bank says (b ' || round(cast(drifts.b_bank as numeric), 2) || ' to '
        || round(cast(drifts.b_recent as numeric), 2) || ', a ' || round(cast(drifts.a_bank as numeric), 2) || ' to '
        || round(cast(drifts.a_recent as numeric), 2) || ')' as change
    from items
    left join drifts on items.item_id = drifts.item_id

),

-- Bounds from Linacre (2002) for mean squares, OECD (2017) for RMSD and Christensen et al. (2017) for adjusted Q3; with
-- few answers all are noise. A gain of 2 would be that of AIC; at 6.6 one good item in 500 is named.
with_reasons as (

    select
        *,
        case when is_persistent then 'for two windows ' || change when is_flagged then 'lately ' || change end as drift,
        case when q3 > 0.2 and q3_p < 0.05 then 'is answered like item ' || partner || ' beyond ability (adjusted Q3 '
            || round(cast(q3 as numeric), 2) || ')' end as local_dependence,
        case when rest_r < 0 and rest_p < 0.01 then 'the stronger the learners, the fewer right answers (correlation '
            || round(cast(rest_r as numeric), 2) || '): the key is probably wrong' end as probably_miskeyed,
        case when a < 0.3 then 'hardly separates strong learners from weak ones (a ' || round(cast(a as numeric), 2) || ')'
            when a > 4 then 'separates learners more sharply than a question can (a ' || round(cast(a as numeric), 2) || ')'
            end as slope_not_credible,
        case when abs(b) > 4 then 'far too ' || case when b > 0 then 'hard' else 'easy' end
            || ' for these learners (b ' || round(cast(b as numeric), 2) || ')' end as difficulty,
        case when c_gain > 6.6 then 'weak learners are right about ' || round(cast(100 * c_likely as numeric))
            || '% of the time, as if by guessing (with c, -2 log-likelihood is lower by ' || round(cast(c_gain as numeric))
            || '); its b is too low' end as guessing,
        case when n_fit >= 500 and (rmsd > 0.12 or infit > 1.5) then 'its answers do not follow the model (RMSD '
            || round(cast(rmsd as numeric), 2) || ', infit ' || round(cast(infit as numeric), 2) || ')' end as misfit,
        case when status = 'provisional' and n_responses >= 1000
            then 'still uncertain after ' || n_responses || ' answers' end as uncertainty
    from compared

)
{% set kinds = ['drift', 'local_dependence', 'probably_miskeyed', 'slope_not_credible', 'difficulty', 'guessing',
                'misfit', 'uncertainty'] %}
select
    item_id,
    coalesce(is_persistent, false) as is_drifting,
    effect_size,
    concat_ws('; ', {{ kinds | join(', ') }}) as reasons,
    concat_ws(
        ','{% for kind in kinds %}, case when {{ kind }} is not null then '{{ kind }}' end{% endfor %}
    ) as kinds,
    case when local_dependence is not null then partner end as partner,
    status,
    n_responses,
    version
from with_reasons
where coalesce({{ kinds | join(', ') }}) is not null
