with entries as (

    select * from {{ source('app', 'calendar') }}

)

-- A range that ends before it begins closes nothing; one without an end would close the school for centuries.
select
    from_day,
    least(to_day, from_day + 3660) as to_day,
    name as closure_name
from entries
where kind = 'closed' and from_day <= to_day and from_day > '-infinity' and from_day < 'infinity'
