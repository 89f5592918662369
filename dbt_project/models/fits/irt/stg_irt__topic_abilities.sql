-- depends_on: {{ ref('irt_input') }}
{{ config(materialized='view') }}

{{ landed('irt', 'student_topic_theta', [
    'user_id', 'topic_id', 'theta', 'se', 'model', 'version', 'n', 'theta_wle', 'se_wle', 'deviation', 'deviation_se',
    'theta_joint', 'se_joint'
]) }}
