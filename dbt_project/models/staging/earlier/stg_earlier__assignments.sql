{{ config(materialized='view') }}

{{ landed('segments', 'segment_assignments', ['user_id', 'segment_id'], ['run_as_of'], under='earlier') }}
