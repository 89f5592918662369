with weeks as (

    select * from {{ ref('report_week') }}

),

runs as (

    select * from {{ ref('published_run') }}

),

known as (

    select
        weeks.report_week,
        runs.fit,
        runs.run_id,
        runs.run_as_of
    from weeks
    inner join runs on weeks.as_of >= runs.run_as_of

)

{{ first_of_each('known', ['report_week', 'fit'], ['report_week', 'fit', 'run_as_of desc']) }}
