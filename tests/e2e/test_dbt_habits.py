"""What users of dbt do every day, one by one: each of these once lost rows or left wrong ones."""

import json

import psycopg
import pytest
from builders import AS_OF, NO_TESTS, create_database
from invocations import ROUNDED_TO_TWO_DIGITS
from small_school import HISTORIES, SmallSchool, as_text, days, lost, macro_text, names


def add_an_answer(school, source_id="one", day=AS_OF):
    school.run("insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at) "
               "values (%s, 'u', 'i', 'algebra', true, %s)", source_id, day)


def assert_as_from_scratch(school):
    school.build()
    difference = school.difference()
    assert not difference, as_text(difference)


ALONE = ["attempt", "attempt_rejected", "features_topic_daily", "int_learner_daily", "int_kpi_core", "weekly_kpi",
         "int_churn_crossings", "prediction_score", "int_kpi_weeks", "int_kpi_windows", "int_weekly_kpi", "churn_alert"]


def test_a_model_alone_loses_nothing(school):
    """One answer more, then each model alone, after an ordinary build, as dbt's users do."""
    add_an_answer(school)
    school.build()
    before = school.rows(HISTORIES)
    for flags, models in [((), ALONE), (("--full-refresh",), ALONE), (("--empty",), ["attempt", "int_kpi_weeks"])]:
        for model in models:
            school.dbt("run", *flags, "--select", model)
            assert not lost(before, school.rows(HISTORIES), before), (*flags, model)
    assert_as_from_scratch(school)


def test_a_slice_without_what_it_reads_is_refused_and_named(school):
    """`attempt` alone, then the KPIs alone, then everything: three rows were missing forever."""
    add_an_answer(school, day=AS_OF - days(30))
    assert school.dbt("run", "--select", "attempt")
    assert not school.dbt("run", "--select", "weekly_kpi", "int_kpi_core")
    assert "Fix: select +int_kpi_core" in school.printed
    assert_as_from_scratch(school)


def test_a_changed_setting_reaches_every_row_also_after_a_build_that_looks_back(school):
    """For one setting; tests/warehouse/test_code_fingerprint.py has all settings and macros."""
    school.settings["goal_horizon_weeks"] = "6"
    before = school.rows(["weekly_kpi"])["weekly_kpi"]
    later = {row for row in before if json.loads(row)["as_of"] > str(AS_OF - days(21))}
    school.build(as_of=AS_OF - days(21))
    assert later <= set(school.rows(["weekly_kpi"])["weekly_kpi"])
    assert_as_from_scratch(school)


def test_a_changed_macro_reaches_every_row_and_a_comment_loses_none(school):
    before = school.rows()
    school.macros = ROUNDED_TO_TWO_DIGITS
    assert_as_from_scratch(school)
    assert school.rows()["weekly_kpi"] != before["weekly_kpi"]
    school.macros = {"clamp": "{# Another comment. #}\n" + macro_text("clamp")}
    school.build()
    assert school.rows() == before


def test_an_update_of_the_log_that_keeps_its_keys_is_seen(school):
    changes = ["topic_id = 'renamed'", "correct = not correct", "user_id = 'taker'",
               "completed_at = completed_at - interval '9 days'"]
    for nr, _ in enumerate(changes):
        add_an_answer(school, f"n{nr}", AS_OF - days(nr))
    school.build()
    for nr, change in enumerate(changes):
        school.run(f"update attempt_log set {change} where source_id = 'n{nr}'")
    assert_as_from_scratch(school)


def test_rows_that_leave_come_back_later_and_leave_for_good_are_gone(school):
    for nr in range(6):
        add_an_answer(school, f"n{nr}", AS_OF - days(nr))
    school.run("insert into attempt_log (source_id, user_id) values ('bad', ' '), ('worse', null)")
    school.build()
    school.run("create table aside as select * from attempt_log where source_id in ('n1', 'n2', 'bad')")
    for statement in ("delete from attempt_log where source_id in (select source_id from aside)",
                      "insert into attempt_log select * from aside",
                      "delete from attempt_log where source_id in (select source_id from aside)"):
        school.run(statement)
        school.build()
    school.run("truncate attempt_log")
    assert_as_from_scratch(school)
    school.run("insert into attempt_log select * from aside")
    assert_as_from_scratch(school)


LEVEL = 0.5  # the ability of the learner whose goals change


@pytest.fixture
def learner(school):
    """A learner who never had a goal. An ability of 20 days ago gives the weeks since then a P."""
    user = school.run("select user_id from exam_results where user_id <> '' group by 1 order by count(*) desc limit 1"
                      )[0][0]
    school.run("insert into fit_run (run_id, fit, as_of, status, params, started_at) "
               "values ('r', 'irt', %s, 'published', '{}', now())", AS_OF - days(20))
    school.run("insert into mirt_ability (run_id, fitted_at, user_id, theta, se) "
               "values ('r', now(), %s, %s, 0.3)", user, LEVEL)
    for table in ("interest_goal", "interest_goal_history"):
        school.run(f"delete from {table} where user_id = %s", user)
    return user


def p_by_week(school, user):
    """P of each week that has one, by the week's as_of."""
    return dict(school.run("select as_of, p from weekly_kpi_flat where user_id = %s and p is not null", user))


def set_goal(school, user, level, created_at):
    school.run("insert into interest_goal (user_id, topic_id, target_level, created_at) values (%s, 'x', %s, %s)",
               user, level, created_at)


def test_a_goal_that_is_edited_or_deleted_leaves_past_weeks_as_they_were(school, learner):
    """The target of today went into the P of all past weeks: .894 became .106."""
    add_an_answer(school, day=AS_OF)
    set_goal(school, learner, 0, AS_OF - days(60))
    school.build()
    first = p_by_week(school, learner)
    assert len(first) == 3 and min(first.values()) > 0.5, "the ability is above the goal"
    before = school.rows(["weekly_kpi"])

    school.run("update interest_goal set target_level = 1 where user_id = %s", learner)
    school.build()
    assert p_by_week(school, learner) == first, "seen after these weeks had ended"
    school.as_of += days(7)
    school.build()
    edited = p_by_week(school, learner)
    assert {day: p for day, p in edited.items() if day in first} == first
    assert edited[school.as_of] < 0.5, "the ability is below the new goal"
    assert not lost(before, school.rows(["weekly_kpi"]), before)

    school.run("delete from interest_goal where user_id = %s", learner)
    school.build()
    assert p_by_week(school, learner) == edited
    assert_as_from_scratch(school)
    school.as_of += days(7)
    school.build()
    assert p_by_week(school, learner)[school.as_of] > 0.5, "without a goal the default target counts"
    school.build(as_of=AS_OF)
    assert {day: p for day, p in p_by_week(school, learner).items() if day <= AS_OF} == first
    assert_as_from_scratch(school)


def test_a_goal_counts_from_its_time_or_without_one_from_the_beginning(school, learner):
    """A goal without `created_at` stopped every build."""
    school.build()
    before = p_by_week(school, learner)
    assert min(before.values()) > 0.5
    school.run("alter table interest_goal alter column created_at drop not null")
    set_goal(school, learner, 1, AS_OF - days(13))
    school.build()
    dated = p_by_week(school, learner)
    assert {day for day in before if dated[day] < 0.5} == {day for day in before if day >= AS_OF - days(13)}
    school.run("delete from interest_goal where user_id = %s", learner)
    school.run("drop table interest_goal_history cascade")  # as in a warehouse from before the history
    set_goal(school, learner, 1, None)
    assert_as_from_scratch(school)
    assert max(p_by_week(school, learner).values()) < 0.5


def test_a_history_is_taken_by_a_command_of_its_own_and_no_other_takes_it_away(school, learner, production):
    """`dbt run` takes no snapshot; --empty would end every goal, and a clone would put a view in its place."""
    set_goal(school, learner, 0, AS_OF - days(60))
    school.build()
    history = school.run("select * from interest_goal_history order by dbt_scd_id")
    school.run("update interest_goal set target_level = 1 where user_id = %s", learner)
    for command in (("build", "--empty", "--select", "interest_goal_history"), ("seed",), ("run", "--full-refresh"),
                    ("clone", "--full-refresh", "--select", "interest_goal_history", "--state", str(production))):
        assert school.dbt(*command, DBT_SCHEMA="dev"), school.printed
        assert school.run("select * from interest_goal_history order by dbt_scd_id") == history, command
    assert school.dbt("snapshot")
    assert len(school.run("select * from interest_goal_history")) == len(history) + 1
    school.as_of += days(7)
    assert school.dbt("run", "--select", "+weekly_kpi_flat"), school.printed
    assert p_by_week(school, learner)[school.as_of] < 0.5
    school.run("drop table interest_goal_history cascade")
    assert not school.dbt("run", "--select", "+weekly_kpi")
    assert "without interest_goal_history, which was never built. Fix: run `dbt snapshot`" in school.printed


def s_sources(school, user):
    """The source of S of each week, by the week's as_of."""
    return dict(school.run("select as_of, s_source from weekly_kpi_flat where user_id = %s", user))


def solve(school, user, day, items="select %(item)s", item=None):
    """Let a learner answer items right on a day."""
    with psycopg.connect(school.url) as connection:
        connection.execute("insert into attempt_log (source_id, user_id, item_id, correct, completed_at) "  # noqa: S608
                           f"select concat_ws(' ', %(user)s::text, item_id, %(day)s::text), %(user)s, item_id, true, "
                           f"%(day)s::timestamptz from ({items}) as items (item_id)",
                           {"user": user, "day": f"{day} 12:00+00", "item": item})


def test_whoever_solved_everything_is_finished_until_the_course_grows(school, learner):
    """By nobody's doing but others', and never in a row of an earlier day. An alert waits until something is left."""
    other = school.run("select min(user_id) from exam_results where user_id not in ('', %s)", learner)[0][0]
    for ago, run_id in ((18, "done"), (8, "grown")):
        school.run("insert into fit_run (run_id, fit, as_of, status, params, started_at) values "
                   "(%s, 'survival', %s, 'published', '{\"horizon_days\": 14}', now())", run_id, AS_OF - days(ago))
        school.run("insert into survival_risk (run_id, fitted_at, user_id, risk_score, idle_days, status) "
                   "values (%s, now(), %s, .97, %s, 'active')", run_id, learner, 19 - ago)
    solve(school, learner, AS_OF - days(19), "select item_id from attempt union select id::text from question")
    school.run("delete from attempt_log where user_id = %s and completed_at > %s", learner, AS_OF - days(18))
    school.run("delete from exam_results where user_id = %s and created_at > %s", learner, AS_OF - days(19))
    school.build()
    finished = {day for day, source in s_sources(school, learner).items() if source == "finished"}
    assert finished == {day for day in s_sources(school, learner) if day >= AS_OF - days(19)} != set()
    assert not school.run("select from churn_alert where user_id = %s", learner)
    numbers = "select as_of, s from weekly_kpi_flat where user_id = %s order by 1"
    before, s_before = s_sources(school, learner), school.run(numbers, learner)
    solve(school, other, AS_OF - days(9), item="new")
    school.build()
    after = s_sources(school, learner)
    assert {day for day, source in after.items() if source == "finished"} == {
        day for day in finished if day < AS_OF - days(9)} != finished
    assert {day: after[day] for day in before if day not in finished} == {
        day: before[day] for day in before if day not in finished}
    assert after[AS_OF - days(7)] == "survival"
    assert school.run(numbers, learner) == s_before  # S stays the number it was
    assert school.run("select first_alerted_on from churn_alert where user_id = %s", learner) == [(AS_OF - days(8),)]
    school.run("insert into question (id, created_at) values (999, %s)", AS_OF - days(2))
    solve(school, learner, AS_OF - days(3), item="new")
    school.build()
    assert s_sources(school, learner)[AS_OF] != "finished"
    school.run("delete from question where id = 999")
    school.build()  # sees on the next day that it is gone
    school.as_of += days(7)
    assert_as_from_scratch(school)
    sources = s_sources(school, learner)
    assert sources[AS_OF] != "finished" and sources[AS_OF + days(7)] == "finished"


def test_an_exam_that_fails_leaves_later_days_to_a_build_that_looks_back(school):
    exam, user = school.run("select id, user_id from exam_results where created_at < %s and status = 'ready' "
                            "and user_id <> '' order by created_at desc limit 1", AS_OF - days(30))[0]
    later = "select count(*) from features_topic_daily where user_id = %s and date > %s"
    before = school.run(later, user, AS_OF - days(14))
    assert before[0][0] > 0
    school.run("update exam_results set status = 'failed' where id = %s", exam)
    school.build(as_of=AS_OF - days(14))
    assert school.run(later, user, AS_OF - days(14)) == before
    assert_as_from_scratch(school)


def test_what_rests_on_a_pruned_run_stays_whatever_is_rebuilt(school):
    """Alerts and grades of a run whose rows are gone: nothing can make them again."""
    learners = "select distinct user_id from exam_results where user_id <> ''"
    for nr, ago in enumerate((24, 22)):
        school.run("insert into fit_run (run_id, fit, as_of, status, params, started_at) values "
                   "(%s, 'survival', %s, 'published', '{\"horizon_days\": 14}', now())", f"r{nr}", AS_OF - days(ago))
        school.run("insert into survival_risk "
                   "(run_id, fitted_at, user_id, risk_score, idle_days, status, horizon_days) "
                   f"select %s, now(), user_id, .9, 3, 'at_risk', 14 from ({learners}) as l", f"r{nr}")
    school.build()
    kept = {name: school.rows()[name] for name in ("int_churn_crossings", "prediction_score", "churn_alert")}
    assert all(kept.values())
    school.run("delete from survival_risk where run_id = 'r0'")
    school.run("update fit_run set pruned_at = now() where run_id = 'r0'")
    school.settings["churn_alert_threshold"] = "0.95"
    school.build()
    assert {row for row in kept["int_churn_crossings"] if '"r0"' in row} <= set(school.rows()["int_churn_crossings"])
    school.settings.clear()
    assert_as_from_scratch(school)
    assert {name: school.rows()[name] for name in kept} == kept


def test_what_failed_is_built_by_a_retry(school):
    """The build stops in the middle; what it had built stays, and the retry builds the rest."""
    add_an_answer(school)
    school.run("create function refuse() returns trigger language plpgsql as 'begin raise exception $$no$$; end'")
    school.run("create trigger refuse before insert or update on features_topic_daily "
               "for each statement execute function refuse()")
    assert not school.dbt("build", "--select", "+features_topic_daily", "+weekly_kpi", *NO_TESTS)
    school.run("drop trigger refuse on features_topic_daily")
    assert school.dbt("retry")
    assert_as_from_scratch(school)


@pytest.fixture
def production(school):
    """The state of production, as Slim CI keeps it: a folder with its manifest."""
    folder = school.home / "production"
    assert school.dbt("parse", DBT_TARGET_PATH=str(folder))
    return folder


def rows_of(school, schema, table):
    return school.run(f"select (to_jsonb(t) - array['created_at', 'updated_at', 'computed_at'])::text "
                      f"from {schema}.{table} as t order by 1")


def test_a_developers_schema_reads_production_and_leaves_it_alone(school, production):
    """What is selected is built from production's relations; what lies between must be selected too."""
    slice_ = ("--defer", "--state", str(production), "--select", "features_topic_daily", "int_weekly_kpi", "weekly_kpi")
    assert school.dbt("run", *slice_, DBT_SCHEMA="dev"), school.printed
    for table in ("features_topic_daily", "weekly_kpi"):
        assert rows_of(school, "dev", table) == rows_of(school, "public", table)
    assert not school.dbt("run", *slice_[:-3], "int_kpi_core", DBT_SCHEMA="dev")
    assert "select +int_kpi_core" in school.printed
    add_an_answer(school)
    before = school.rows(HISTORIES)
    assert school.dbt("run", *slice_, DBT_SCHEMA="dev"), school.printed
    assert school.rows(HISTORIES) == before
    assert_as_from_scratch(school)
    assert school.dbt("run", *slice_, DBT_SCHEMA="dev"), school.printed
    assert rows_of(school, "dev", "weekly_kpi") == rows_of(school, "public", "weekly_kpi")


def test_a_schema_of_ones_own_can_be_empty_whole_or_cloned(school, production):
    dev = {"DBT_SCHEMA": "dev"}
    assert school.dbt("build", "--empty", *NO_TESTS, **dev), school.printed
    assert rows_of(school, "dev", "weekly_kpi") == []
    slice_ = ("--select", "+weekly_kpi", "+features_topic_daily")
    assert school.dbt("seed", **dev) and school.dbt("run", *slice_, **dev), school.printed
    assert rows_of(school, "dev", "weekly_kpi") == rows_of(school, "public", "weekly_kpi")
    assert school.dbt("clone", "--full-refresh", "--state", str(production), "--select", *names(), **dev)
    add_an_answer(school)
    school.build()
    assert school.dbt("run", *slice_, **dev), school.printed
    for table in ("attempt", "features_topic_daily", "weekly_kpi"):
        assert rows_of(school, "dev", table) == rows_of(school, "public", table)
    assert_as_from_scratch(school)


@pytest.fixture(scope="module")
def bare(server_url, template):
    """A database before `dreamseed init`."""
    create_database(server_url, "e2e_bare")
    return SmallSchool(server_url, "e2e_bare", template.home)


@pytest.mark.parametrize("command", ["parse", "ls", "compile", "docs generate"])
def test_what_reads_no_table_works_before_init(bare, command):
    assert bare.dbt(*command.split()), bare.printed


@pytest.mark.parametrize("command", ["build", "run", "test", "seed", "source freshness"])
def test_what_reads_tables_names_init_in_one_line(bare, command):
    assert not bare.dbt(*command.split())
    said = [line for line in bare.printed.splitlines() if "dreamseed init" in line]
    assert len(said) == 1 and "Schema 'public' of database 'e2e_bare' lacks tables" in said[0], bare.printed
    assert "Traceback" not in bare.printed and "macro" not in bare.printed and len(bare.printed.splitlines()) < 6
