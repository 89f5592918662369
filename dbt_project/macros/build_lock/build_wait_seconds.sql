{# The seconds for which an invocation waits for another build. #}
{% macro build_wait_seconds() %}
    {% set given = env_var('LOCK_WAIT_SECS', '300') | trim %}
    {% if not modules.re.match('^[0-9]+([.][0-9]+)?$', given) %}
        {{ stop("LOCK_WAIT_SECS is '" ~ given ~ "'. Fix: give a number of seconds, for example 300.") }}
    {% endif %}
    {{ return(given | float | int) }}
{% endmacro %}
