{{ config(materialized='ephemeral') }}

with scores as (

    select * from {{ ref('prediction_score') }} where grade = 'graded' and horizon_end <= {{ as_of() }}

),

graded as (

    select
        *,
        cast(outcome as integer) as happened,
        expected - avg(expected) over (partition by fit, as_of) as from_mean,
        avg(cast(outcome as integer)) over (partition by fit, as_of) as rate
    from scores

)

{% for measure, numerator, denominator in [
    ('predictions graded', 'count(*)', 'null'),
    ('share expected', 'sum(expected)', 'count(*)'),
    ('share that happened', 'sum(happened)', 'count(*)'),
    ('Brier score', 'sum(squared_error)', 'count(*)'),
    ('Brier score of the base rate', 'sum(power(happened - rate, 2))', 'count(*)'),
    ('calibration slope', 'sum(from_mean * happened)', 'sum(power(from_mean, 2))'),
    ('coverage of 90% intervals', 'sum(cast(is_covered as integer))', 'nullif(count(is_covered), 0)'),
] %}
select
    fit,
    as_of as measured_on,
    '{{ measure }}' as measure,
    cast({{ numerator }} as double precision) as numerator,
    cast({{ denominator }} as double precision) as denominator
from graded
group by fit, as_of
{{ 'union all' if not loop.last }}
{% endfor %}
