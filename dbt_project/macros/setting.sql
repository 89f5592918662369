{# A setting of dbt_project.yml (`vars: defaults:`) by its lower-case name. A dbt var of that name wins (`--vars`, a
   unit test's overrides), then the environment variable of that name in upper case, then the default. The environment
   is read only when a model runs: dbt parses the whole project again whenever a var differs, which costs more than an
   ordinary day's build. Returns a value of the default's type; raises a compiler error for any other text. #}
{% macro setting(name) %}
    {% set defaults = var('defaults') %}
    {% if name not in defaults %}
        {{ stop("There is no setting " ~ name ~ ". Fix: add it to vars in dbt_project.yml.") }}
    {% endif %}
    {% set given = var(name, none) %}
    {% if given is none and execute %}{% set given = env_var(name | upper, '') or none %}{% endif %}
    {{ return(defaults[name] if given is none else typed_setting(name, given, defaults[name])) }}
{% endmacro %}


{# `given`, text or value, as the type of `default`. #}
{% macro typed_setting(name, given, default) %}
    {% set text = given | string | trim | lower %}
    {% if default is boolean %}
        {% if text in ['true', '1', 'yes', 'on'] %}{{ return(true) }}{% endif %}
        {% if text in ['false', '0', 'no', 'off'] %}{{ return(false) }}{% endif %}
    {% elif default is integer and modules.re.match('^-?[0-9]+$', text) %}
        {{ return(text | int) }}
    {% elif default is float and modules.re.match('^-?[0-9]*[.]?[0-9]+(e-?[0-9]+)?$', text) %}
        {{ return(text | float) }}
    {% elif default is string and modules.re.match('^[a-z_]+$', text) %}
        {{ return(text) }}
    {% endif %}
    {{ stop(
        name | upper ~ " is '" ~ given ~ "'. Fix: give a value like its default, " ~ default ~ ".") }}
{% endmacro %}
