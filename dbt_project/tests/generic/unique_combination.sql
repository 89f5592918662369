{#
    What it finds: rows that share a key of several columns.
    When it matters: always; every reader joins on that key, and a doubled row doubles counts and KPIs.
    How to resolve: look at one key's rows; the model's last join or group by is the usual cause.
#}
{% test unique_combination(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
