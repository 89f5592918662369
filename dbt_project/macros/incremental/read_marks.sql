{# The marks of the target schema by model. #}
{% macro marks_of_schema() %}
    {% set marks = {} %}
    {% for model, change_no, as_of, runs, code in run_query(
            "select model, change_no, cast(as_of as text), cast(runs as text), code from "
            ~ control_table('build_mark') ~ " where schema_name = '" ~ target.schema ~ "'").rows %}
        {% do marks.update({model: {
            'change_no': none if change_no is none else change_no | int, 'as_of': as_of | string,
            'runs': fromjson(runs), 'code': code}}) %}
    {% endfor %}
    {{ return(marks) }}
{% endmacro %}


{# The number of the newest change. #}
{% macro newest_change() %}
    {{ return(run_query(
        "select greatest((select coalesce(max(change_no), 0) from " ~ control_table('learner_change')
        ~ "), (select coalesce(max(change_no), 0) from " ~ control_table('build_mark') ~ "))").rows[0][0] | int) }}
{% endmacro %}


{# The numbers of the changes that touch every learner. #}
{% macro changes_of_everyone() %}
    {% set found = run_query(
        "select change_no from " ~ control_table('learner_change') ~ " where user_id is null").rows %}
    {{ return(found | map(attribute=0) | map('int') | list) }}
{% endmacro %}


{# The published runs as texts 'fit|as_of|run_id'. #}
{% macro published_runs() %}
    {{ return(run_query("select fit || '|' || as_of || '|' || run_id from " ~ control_table('fit_run')
                        ~ " where status = 'published'").rows | map(attribute=0) | list) }}
{% endmacro %}
