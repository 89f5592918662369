-- depends_on: {{ ref('segments_input') }} {{ ref('segments_input__previous') }} {{ ref('segments_input__numbering') }}
{{ config(materialized='view') }}

{{ landed('segments', 'segment_meta', [
    'method', 'n_clusters', 'features', 'centers', 'metrics'
]) }}
