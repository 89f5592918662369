{# Hart's algorithm 5666 as given by G. West, "Better approximations to cumulative normal functions", Wilmott Magazine
   (2005): within 1e-15. erf() is new in Postgres 16, and 15 is supported. Beyond 37 the tail is 0; `least` prevents an
   underflow of exp(), which Postgres reports as an error, wherever the planner evaluates it. #}
{% macro postgres__normal_cdf(x) %}
    {%- set z = "abs(cast(" ~ x ~ " as double precision))" -%}
    {%- set density = "exp(-power(least(" ~ z ~ ", 37), 2) / 2)" -%}
    {%- set tail = "case when " ~ z ~ " > 37 then 0 when " ~ z ~ " < 7.07106781186547 then "
        ~ density ~ " * " ~ polynomial(z, [
            '3.52624965998911e-2', '0.700383064443688', '6.37396220353165', '33.912866078383',
            '112.079291497871', '221.213596169931', '220.206867912376'])
        ~ " / " ~ polynomial(z, [
            '8.83883476483184e-2', '1.75566716318264', '16.064177579207', '86.7807322029461',
            '296.564248779674', '637.333633378831', '793.826512519948', '440.413735824752'])
        ~ " else " ~ density ~ " / 2.506628274631 / (" ~ z ~ " + 1 / (" ~ z ~ " + 2 / (" ~ z ~ " + 3 / ("
        ~ z ~ " + 4 / (" ~ z ~ " + 0.65))))) end" -%}
    {{- return("case when " ~ x ~ " > 0 then 1 - (" ~ tail ~ ") else " ~ tail ~ " end") -}}
{% endmacro %}


{% macro postgres__quantile(x, share) %}
    {{- return("percentile_disc(" ~ share ~ ") within group (order by " ~ x ~ ")") -}}
{% endmacro %}


{# A polynomial in `x` by Horner's rule, highest power first. #}
{% macro polynomial(x, coefficients) %}
    {%- set sum = namespace(text=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set sum.text = "(" ~ sum.text ~ " * " ~ x ~ " + " ~ coefficient ~ ")" -%}
    {%- endfor -%}
    {{- return(sum.text) -}}
{% endmacro %}
