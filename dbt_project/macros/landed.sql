{# Query: the rows of a landing table that belong to published runs of its fit, with columns of the run. The body of
   every stg_<fit>__* model.
   `fit`: the name of the fit and of its source. `table`: the landing table in that source.
   `columns`: the columns to show besides run_id, the run's columns and fitted_at; names or SQL expressions.
   `run_columns`: what to show of the run, as in `stg_runs__published`.
   `under`: the source that declares the table, if it is not that of the fit. #}
{% macro landed(fit, table, columns, run_columns=['run_as_of', 'is_newest'], under='') %}
with runs as (

    select run_id, {{ run_columns | join(', ') }} from {{ ref('stg_runs__published') }} where fit = '{{ fit }}'

),

landed as (

    select * from {{ source(under or fit, table) }}

)

select
    run_id,
    {{ run_columns | join(',\n    ') }},
    fitted_at,
    {{ columns | join(',\n    ') }}
from landed
inner join runs using (run_id)
{%- endmacro %}
