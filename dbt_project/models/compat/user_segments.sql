with segments as (

    select * from {{ ref('user_segment') }}

)

select
    user_id,
    segment_label,
    features_snapshot as features,
    fitted_at as updated_at
from segments
