{# Joins rows with user_id and as_of to the learner's row in the newest fit and in the newest scoring of idle learners.
   A scoring is joined only if it is newer than the fit; on the same day the fit is used, because it has more
   information. `runs` (day, fit, run_id, run_as_of) holds the run of each fit that counts on a day; `fitted` and
   `scored` are relations with run_id and user_id. #}
{% macro join_newest_fit_or_scoring(rows, runs, fit, fitted, scoring, scored) %}
    left join {{ runs }} as fits on {{ rows }}.as_of = fits.day and fits.fit = '{{ fit }}'
    left join {{ fitted }} on fits.run_id = {{ fitted }}.run_id and {{ rows }}.user_id = {{ fitted }}.user_id
    left join {{ runs }} as scorings
        on {{ rows }}.as_of = scorings.day
        and scorings.fit = '{{ scoring }}'
        and (fits.run_as_of is null or scorings.run_as_of > fits.run_as_of)
    left join {{ scored }} on scorings.run_id = {{ scored }}.run_id and {{ rows }}.user_id = {{ scored }}.user_id
{% endmacro %}
