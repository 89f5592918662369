-- depends_on: {{ ref('segments_input') }} {{ ref('segments_input__previous') }} {{ ref('segments_input__numbering') }}
{{ config(materialized='view') }}

{{ landed('segments', 'segment_assignments', [
    'user_id', 'segment_id', 'segment_label', 'strength', 'distance', 'features_snapshot', 'is_assigned_only'
]) }}
