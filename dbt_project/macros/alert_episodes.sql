{# Condition: the learner of the relation `rows` had not finished at the end of the column `day`. Who has solved all that the
   course holds is neither alerted nor watched. #}
{% macro has_not_finished(rows, day) %}
    not exists (
        select 1 from (select * from {{ ref('int_finished_spans') }}) as spans
        where {{ rows }}.user_id = spans.user_id
            and {{ rows }}.{{ day }} >= spans.finished_from and {{ rows }}.{{ day }} < spans.finished_until
    )
{% endmacro %}


