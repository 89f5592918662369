{{ config(materialized='view') }}

with metas as (

    select * from {{ ref('stg_segments__fit_metas') }}

),

words as (

    select * from {{ ref('segment_words') }}

),

segments as (

    select
        metas.run_id,
        metas.run_as_of,
        metas.is_newest,
        cast({{ json_text('listed.element', 'segment_id') }} as integer) as segment_id,
        {{ json_text('listed.element', 'segment_label') }} as segment_label,
        cast({{ json_text('listed.element', 'n_learners') }} as integer) as n_learners,
        cast({{ json_text('listed.element', 'share') }} as double precision) as share,
        cast({{ json_text('listed.element', 'jaccard') }} as double precision) as jaccard,
        cast({{ json_text('listed.element', 'mean_strength') }} as double precision) as mean_strength,
        {{ json_get('listed.element', 'scaled') }} as scaled
    from metas
    cross join lateral {{ json_elements('metas.centers') }} as listed (element, place)

),

deviations as (

    select
        segments.run_id,
        segments.segment_id,
        pairs.key as feature,
        cast(pairs.value as double precision) as deviation,
        row_number() over (
            partition by segments.run_id, segments.segment_id order by abs(cast(pairs.value as double precision)) desc, pairs.key
        ) as place
    from segments
    cross join lateral {{ json_pairs('segments.scaled') }} as pairs (key, value)

),

-- Deviations below 0.3 robust standard deviations from the median are not described, as in the segment labels.
described as (

    select
        deviations.run_id,
        deviations.segment_id,
        {% for language in ['', '_ko'] -%}
        {{ dbt.listagg("case when deviation < 0 then below" ~ language ~ " else above" ~ language ~ " end", "', '",
                       'order by place') }} as description{{ language }}{{ ',' if not loop.last }}
        {% endfor -%}
    from deviations
    inner join words on deviations.feature = words.feature
    where deviations.place <= 3 and abs(deviations.deviation) >= 0.3
    group by deviations.run_id, deviations.segment_id

)

select
    segments.run_id, segments.run_as_of, segments.is_newest, segments.segment_id, segments.segment_label,
    segments.n_learners, segments.share, segments.jaccard, segments.mean_strength,
    coalesce(described.description, 'near the median learner in everything') as description,
    coalesce(described.description_ko, '모든 면에서 중앙값에 가까움') as description_ko
from segments
left join described on segments.run_id = described.run_id and segments.segment_id = described.segment_id
