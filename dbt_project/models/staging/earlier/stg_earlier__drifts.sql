{{ config(materialized='view') }}

{{ landed('irt', 'item_drift', ['item_id', 'is_flagged', 'is_persistent'], ['run_as_of'], under='earlier') }}
