-- What it finds: values of the normal distribution function that are off by more than 1e-15, or in the far tails by
--     more than one part in 1e8.
-- When it matters: always; P by the normal method is this function.
-- How to resolve: a digit or a branch is wrong in the dialect macro of this database; the expected values are those
--     of R's pnorm().
with known as (

    select
        cast(x as double precision) as x,
        cast(expected as double precision) as expected
    from (values
        (-40, 0), (-38, 0), (-37, 5.7255712225245771e-300),
        (-20, 2.7536241186062337e-89), (-10, 7.6198530241605269e-24), (-7.1, 6.2378444633315907e-13),
        (-7.07, 7.7466848656364781e-13), (-5, 2.8665157187919391e-07), (-3, 0.0013498980316300946),
        (-1.96, 0.024997895148220428), (-1, 0.15865525393145705), (-0.5, 0.30853753872598694),
        (-0.1, 0.46017216272297101), (0, 0.5), (0.1, 0.53982783727702899),
        (0.5, 0.69146246127401301), (1, 0.84134474606854293), (1.959963984540054, 0.97499999999999998),
        (3, 0.9986501019683699), (5, 0.99999971334842808), (7.07, 0.99999999999922529),
        (7.1, 0.99999999999937617), (10, 1), (40, 1),
        (null, null)
    ) as pairs (x, expected)

),

computed as (

    select
        *,
        {{ normal_cdf('x') }} as found
    from known

)

select *
from computed
where abs(found - expected) > 1e-15
    or (expected < 0.5 and abs(found - expected) > 1e-8 * expected)
    or (x is null) <> (found is null)
