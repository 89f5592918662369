{{ config(materialized='ephemeral') }}

with points as (

    select * from {{ ref('stg_forecast__points') }}
    where is_newest and kind = 'one_step' and judgement in ('usual', 'anomaly', 'level_shift')

),

judged as (

    select
        week_start + 6 as measured_on,
        cast(judgement <> 'usual' as integer) as is_flagged,
        cast(judgement = 'level_shift' as integer) as is_shift,
        cast(value between yhat_lower and yhat_upper as integer) as is_covered
    from points

)

{% for measure, numerator, denominator in [
    ('weeks of series judged', 'count(*)', 'null'),
    ('anomalies', 'sum(is_flagged)', 'null'),
    ('of them in a level shift', 'sum(is_shift)', 'null'),
    ('share of weeks flagged', 'sum(is_flagged)', 'count(*)'),
    ('coverage of 90% intervals', 'sum(is_covered)', 'nullif(count(is_covered), 0)'),
] %}
select
    measured_on,
    '{{ measure }}' as measure,
    cast({{ numerator }} as double precision) as numerator,
    cast({{ denominator }} as double precision) as denominator
from judged
group by measured_on
{{ 'union all' if not loop.last }}
{% endfor %}
