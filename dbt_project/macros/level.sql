{# Condition: a level, or a change of it, is known well enough to be shown to anybody. `se`: the standard deviation of its
   posterior; `prior_sd`: that of its prior, before any answer. The bound is the setting `level_known_sd_ratio`; false without
   either number. #}
{% macro is_level_known(se, prior_sd) %}
    {{- return("coalesce(" ~ se ~ " <= " ~ setting('level_known_sd_ratio') ~ " * " ~ prior_sd ~ ", false)") -}}
{% endmacro %}


{# The prior of an irt run, from its `metrics`: the mean and the standard deviation of the learners' abilities. #}
{% macro irt_prior(metrics, part) %}
    {{- return("cast(" ~ json_text(json_get(metrics, "group"), part) ~ " as double precision)") -}}
{% endmacro %}


{# The variance of topics about their learner's ability, from an irt run's `metrics`; null in runs before migration
   0021. #}
{% macro irt_topic_spread(metrics) %}
    {{- return("cast(" ~ json_text(json_get(metrics, "topics"), "spread") ~ " as double precision)") -}}
{% endmacro %}


{# The standard deviation of learners' true changes between two weeks and the next two, from an irt run's `metrics`; null
   in runs before migration 0024. #}
{% macro irt_change_sd(metrics) %}
    {{- return("cast(" ~ json_text(json_get(metrics, "change"), "change_sd") ~ " as double precision)") -}}
{% endmacro %}
