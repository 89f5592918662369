{{ config(materialized='view', schema='staging') }}

with first_answers as (

    select * from {{ ref('int_item_first_answers') }}

),

listings as (

    select
        item_id,
        {{ utc_day('known_from') }} as listed_on,
        {{ utc_day('known_until') }} as gone_on,
        row_number() over (partition by item_id order by known_from, known_until) as listing_no
    from {{ ref('stg_app__question_listings') }}

),

-- An item that was answered before it was listed was there already; one that was never listed never retires.
spans as (

    select
        item_id,
        case when listing_no > 1 then listed_on else least(listed_on, first_answered_on) end as held_from,
        coalesce(gone_on, 'infinity') as held_until
    from listings
    full join first_answers using (item_id)

)

select * from spans where held_from < held_until
