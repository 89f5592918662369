{{ config(materialized='view') }}

{{ landed('segments', 'segment_meta', [
    "cast(" ~ json_text('metrics', 'next_segment_id') ~ " as integer) as next_segment_id"
], ['run_as_of'], under='earlier') }}
