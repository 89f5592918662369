{# What a learner's answers say without the prior: the normal likelihood that, together with the prior N(mean, sd^2),
   gives the posterior (EAP `theta` with its standard deviation `se`); docs/adr/0009. Two expressions: the value times
   its precision, and the precision; both add over weeks. The precision is null where the answers say nothing more than
   the prior, and both are null without a prior. #}
{% macro freed_weighted_value(theta, se, prior_mean, prior_sd) %}
    {{- return(theta ~ " / power(nullif(" ~ se ~ ", 0), 2) - " ~ prior_mean ~ " / power(" ~ prior_sd ~ ", 2)") -}}
{% endmacro %}


{% macro freed_precision(se, prior_sd) %}
    {{- return("nullif(greatest(1 / power(nullif(" ~ se ~ ", 0), 2) - 1 / power(" ~ prior_sd ~ ", 2), 0), 0)") -}}
{% endmacro %}
