{#
    What it finds: rows that share a key of several columns.
    When it matters: always; every reader joins on that key, and a duplicate row doubles counts and KPIs.
    How to resolve: look at the rows of one key; the usual cause is the model's last join or group by.
#}
{% test unique_combination(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
