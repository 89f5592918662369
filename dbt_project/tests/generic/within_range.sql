{#
    What it finds: values below `at_least` or above `at_most`; null passes.
    When it matters: always; the range is part of the contract, and readers draw and average these numbers.
    How to resolve: compute one row by hand from its description; then check whether the formula or the input is
        wrong.
#}
{% test within_range(model, column_name, at_least=none, at_most=none) %}

select {{ column_name }}
from {{ model }}
where
    {% if at_least is not none %}{{ column_name }} < {{ at_least }}{% else %}false{% endif %}
    or {% if at_most is not none %}{{ column_name }} > {{ at_most }}{% else %}false{% endif %}

{% endtest %}
