{# Why an answer of either source is no attempt, as a reason code; null when nothing is wrong. #}
{% macro attempt_problem() %}
    case
        when user_id is null then 'missing_user'
        when item_id is null then 'missing_item'
        when correct is null then 'missing_correct'
        when completed_at is null then 'missing_completed_at'
        when not {{ is_finite('completed_at') }} then 'unreadable_completed_at'
        when completed_at > arrived_at + interval '1 day' then 'completed_in_future'
    end
{%- endmacro %}
