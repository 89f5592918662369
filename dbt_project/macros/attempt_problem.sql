{# Why an answer of either source cannot be an attempt, as a reason code; null if nothing is wrong. #}
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


{# Condition: the answer is an attempt. It is written so that the planner expects nearly all rows: for an unknown
   expression the planner assumes that `is null` holds for one row in 200, and then sorts millions of rows in one
   process. #}
{% macro is_attempt() %}
    case when not is_failed and reason_code is null then id end is not null
{%- endmacro %}
