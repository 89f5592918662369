{# on-run-start: decide once, for the whole invocation, what each incremental model computes, and write it to
   `build_scope`. The models read it there (`scope_of()`), and their post-hook copies it to `build_mark` with their
   rows. Refuses a selection that cannot be right. See ADR 0008. #}
{% macro plan_build() %}
    {% if not execute or flags.WHICH not in ['build', 'run', 'seed', 'retry'] %}{{ return('') }}{% endif %}
    {% set chosen = selected_resources | select('in', graph.nodes) | list %}
    {% set incremental = [] %}
    {% for uid in chosen if is_incremental_node(uid) %}{% do incremental.append(uid) %}{% endfor %}
    {% set marks = marks_of_schema() %}
    {% if flags.EMPTY %}
        {% if marks %}
            {{ refuse("--empty would empty the tables of schema '" ~ target.schema ~ "', which hold a warehouse",
                      "build them in a schema of its own, for example DBT_SCHEMA=dev") }}
        {% endif %}
        {{ return('') }}
    {% endif %}
    {% do hold_build_lock() %}
    {% if incremental %}{% do run_query(take_in_changes(chosen)) %}{% endif %}
    {% set state = {'chosen': chosen, 'marks': marks, 'newest': newest_change(), 'everyone': changes_of_everyone(),
                    'runs': published_runs(), 'macros': macros_and_settings(), 'codes': {}, 'plans': {}} %}
    {% for uid in incremental %}{% do plan_of(uid, state) %}{% endfor %}
    {% do hold_build_lock() %}
    {% do run_query(write_plan(state)) %}
{% endmacro %}


{# The plan of one incremental model, and those of the incremental models upstream of it that are selected. Its code,
   the changes and the day it can know are those of the models it reads. #}
{% macro plan_of(uid, state) %}
    {% if uid in state.plans %}{{ return(state.plans[uid]) }}{% endif %}
    {% set node = graph.nodes[uid] %}
    {% set mark = state.marks.get(node.name) %}
    {% set known = namespace(change=state.newest, as_of=as_of_day(), is_marked=true) %}
    {% for parent in incremental_parents(uid) %}
        {% set read = plan_of(parent, state) if parent in state.chosen else state.marks.get(graph.nodes[parent].name) %}
        {% if read is none or read.change_no is none or read.is_marked is false %}
            {% set known.is_marked = false %}
        {% else %}
            {% set known.change = [known.change, read.change_no] | min %}
            {% if is_bounded(parent) %}{% set known.as_of = [known.as_of, read.as_of] | min %}{% endif %}
        {% endif %}
    {% endfor %}
    {% if not is_bounded(uid) and mark is not none %}{% set known.as_of = [known.as_of, mark.as_of] | max %}{% endif %}
    {% set code = code_of(uid, state) %}
    {% set looks_back = mark is not none and known.as_of < mark.as_of %}
    {% set table = load_relation(relation_of(node)) %}
    {% set is_whole = flags.FULL_REFRESH or table is none or not table.is_table or mark is none or mark.code != code
        or state.everyone | select('gt', mark.change_no) | select('le', known.change) | list | length > 0 %}
    {% set plan = {'change_no': known.change, 'as_of': known.as_of, 'is_whole': is_whole, 'code': code,
                   'after': none if is_whole else mark.change_no,
                   'newest_day': mark.as_of if looks_back else known.as_of,
                   'is_marked': known.is_marked,
                   'marking': 'keep' if looks_back else 'write' if known.is_marked else 'drop',
                   'everyone_from': '-infinity' if is_whole else everyone_from(node, mark, state.runs)} %}
    {% do state.plans.update({uid: plan}) %}
    {% do require_what_it_reads(uid, plan, state) %}
    {{ return(plan) }}
{% endmacro %}


{# The day from which a model computes rows of every learner: the day after its last build, or the first day on which
   another run of a fit that it reads is published. #}
{% macro everyone_from(node, mark, runs) %}
    {% if not is_bounded(node.unique_id) %}{{ return('infinity') }}{% endif %}
    {% set fits = fits_above(node.unique_id) %}
    {% set built = modules.datetime.date.fromisoformat(mark.as_of) %}
    {% set days = [(built + modules.datetime.timedelta(days=1)).isoformat()] %}
    {% for run in set(mark.runs).symmetric_difference(runs) if run.split('|')[0] in fits %}
        {% do days.append(run.split('|')[1]) %}
    {% endfor %}
    {{ return(days | min) }}
{% endmacro %}
