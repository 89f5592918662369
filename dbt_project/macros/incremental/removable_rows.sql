{# The rows that an incremental build may delete, by model: a list of conditions on DBT_INTERNAL_DEST, used one by one.
   Rows of the table that satisfy one of them and are not among the fresh rows are deleted. Only a change of answers
   deletes rows. #}
{% macro removable_rows(model_name, table, fresh) %}
    {% if model_name == 'attempt' %}
        {{ return([
            'id in (select id from (' ~ attempts_of_changed_sources(table) ~ ') as read_again)',
            '(student_id, item_id) in (select student_id, item_id from ' ~ fresh ~ ')']) }}
    {% elif model_name == 'attempt_rejected' %}
        {{ return([
            '(source, source_key) in (select source, key from ' ~ ref('int_source_changes') ~ ')',
            "source = 'attempt_log' and " ~ utc_day('arrived_at') ~ ' in (select day from '
            ~ ref('int_source_changes') ~ " where source = 'attempt_log' and is_read_again)"]) }}
    {% elif model_name == 'features_topic_daily' %}
        {{ return([changed_since(model_name, 'date')]) }}
    {% elif model_name == 'int_learner_daily' %}
        {{ return([changed_since(model_name, 'active_on')]) }}
    {% elif model_name == 'int_churn_crossings' %}
        {{ return(['run_as_of between ' ~ everyone_from(model_name) ~ ' and ' ~ as_of()]) }}
    {% elif model_name == 'prediction_score' %}
        {{ return(['horizon_end between ' ~ everyone_from(model_name) ~ ' and ' ~ as_of()]) }}
    {% else %}
        {{ return([changed_since(model_name)
            ~ ' and not exists (select 1 from ' ~ ref('int_kpi_spans') ~ ' as spans'
            ~ ' where spans.user_id = DBT_INTERNAL_DEST.user_id'
            ~ ' and DBT_INTERNAL_DEST.week_start between spans.first_week and spans.last_week)']) }}
    {% endif %}
{% endmacro %}


{# Condition on DBT_INTERNAL_DEST: answers of its learner were deleted or moved since the model was last built, on
   `day` or before. Changes that only add answers delete no row. #}
{% macro changed_since(model_name, day=none) %}
    {{- return('exists (select 1 from ' ~ changed_learners(model_name) ~ ' as changes'
        ~ ' where changes.user_id = DBT_INTERNAL_DEST.user_id and not changes.is_addition'
        ~ (' and changes.changed_from <= DBT_INTERNAL_DEST.' ~ day if day else '') ~ ')') -}}
{% endmacro %}
