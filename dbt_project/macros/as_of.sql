{# The last whole UTC day that features and KPIs may read, as text: var `as_of`, else the environment variable
   DREAMSEED_AS_OF, else yesterday. The environment is read only when a model runs: dbt parses the whole project again
   whenever a var differs, which costs more than an ordinary day's build. #}
{% macro as_of_day() %}
    {% set given = var('as_of', none) %}
    {% if given is none and execute %}{% set given = env_var('DREAMSEED_AS_OF', '') or none %}{% endif %}
    {% if given is none %}
        {{ return((run_started_at - modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d')) }}
    {% endif %}
    {% if not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', given | string) %}
        {{ stop("as_of is '" ~ given ~ "'; give a day as YYYY-MM-DD.") }}
    {% endif %}
    {{ return(given | string) }}
{% endmacro %}


{# The same as a SQL date. #}
{% macro as_of() %}
    {{- return("cast('" ~ as_of_day() ~ "' as date)") -}}
{% endmacro %}


{# Condition: `column` (timestamptz) lies on or before `as_of`. Later rows do not exist yet. #}
{% macro known_by_as_of(column) %}
    {{- return(column ~ " < " ~ utc_midnight(as_of() ~ " + 1")) -}}
{% endmacro %}


{# When this run of dbt started, as timestamptz. Models use no other clock. #}
{% macro run_time() %}
    {{- return("cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f+00:00') ~ "' as timestamptz)") -}}
{% endmacro %}
