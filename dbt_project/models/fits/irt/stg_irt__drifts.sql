-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'item_drift', [
    'item_id', 'a_bank', 'b_bank', 'c_bank', 'a_recent', 'b_recent', 'c_recent', 'area_signed', 'area_unsigned',
    'rmsd', 'effect_size', 'p_value', 'p_adjusted', 'n', 'is_flagged', 'is_persistent', 'is_anchor'
]) }}
