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

-- Bounds from Linacre (2002) for mean squares and OECD (2017) for RMSD; with few answers both are noise.
with_reasons as (

    select
        *,
        case when is_persistent then 'for two windows ' || change when is_flagged then 'lately ' || change end as drift,
        case when a < 0.3 then 'hardly separates strong learners from weak ones (a ' || round(cast(a as numeric), 2) || ')' end
            as slope,
        case when abs(b) > 4 then 'far too ' || case when b > 0 then 'hard' else 'easy' end
            || ' for these learners (b ' || round(cast(b as numeric), 2) || ')' end as difficulty,
        case when n_fit >= 500 and (rmsd > 0.12 or infit > 1.5) then 'its answers do not follow the model (RMSD '
            || round(cast(rmsd as numeric), 2) || ', infit ' || round(cast(infit as numeric), 2) || ')' end as misfit,
        case when status = 'provisional' and n_responses >= 1000
            then 'still uncertain after ' || n_responses || ' answers' end as uncertainty
    from compared

)

select
    item_id,
    coalesce(is_persistent, false) as is_drifting,
    effect_size,
    concat_ws('; ', drift, slope, difficulty, misfit, uncertainty) as reasons,
    concat_ws(
        ',',
        {%- for kind in ['drift', 'slope', 'difficulty', 'misfit', 'uncertainty'] %}
        case when {{ kind }} is not null then '{{ kind }}' end{{ ',' if not loop.last }}
        {%- endfor %}
    ) as kinds,
    status,
    n_responses,
    version
from with_reasons
where coalesce(drift, slope, difficulty, misfit, uncertainty) is not null
