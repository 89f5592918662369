{{ config(materialized='view') }}

{{ landed('irt', 'mirt_item_params', ['item_id', 'model'] + item_parameters() + [
    "cast(" ~ json_text('se', 'cov_ab') ~ " as double precision) as cov_ab",
    'n_responses', 'fit as item_fit', 'status', 'version'
], ['run_as_of'], under='earlier') }}
