"""A build takes in what changed, touches only rows that depend on it, and equals a build from scratch."""

from datetime import timedelta

import pytest
from builders import AS_OF

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

MODELS = ("--select", "+attempt_rejected", "+weekly_kpi", "+features_topic_daily",
          "--exclude-resource-type", "unit_test", "test")
STAMPS = ("created_at", "updated_at", "computed_at")
TABLES = {  # table: the columns of its key
    "attempt": ["id"],
    "attempt_rejected": ["id"],
    "features_topic_daily": ["user_id", "topic_id", "date"],
    "public_staging.int_learner_daily": ["user_id", "active_on"],
    "public_staging.int_kpi_core": ["user_id", "week_start"],
    "weekly_kpi": ["user_id", "week_start"],
}
YESTERDAY = AS_OF - timedelta(days=1)


class Warehouse:
    """A small school in a warehouse of its own, built step by step."""

    def __init__(self, pipeline):
        self.pipeline, self.as_of = pipeline, YESTERDAY

    def run(self, statement, *arguments):
        with connect(self.pipeline.database_url) as connection:
            cursor = connection.execute(statement, arguments)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def build(self, *flags, as_of=None):
        self.pipeline.dbt(as_of or self.as_of).build(*MODELS, *flags, quiet=True)

    def rows(self, with_version=False):
        """Every row of every table under its key: its contents, or the transaction that wrote it."""
        content = "xmin::text" if with_version else f"(to_jsonb(t) - array{list(STAMPS)})::text"
        return {table: {tuple(key): value for *key, value in self.run(
            f"select {', '.join(f'{column}::text' for column in key)}, {content} from {table} t")}
            for table, key in TABLES.items()}

    def take_in(self, as_of=None):
        """Build what changed; return the keys of the rows it touched and of those it removed, by table."""
        before = self.rows(with_version=True)
        self.as_of = as_of or self.as_of
        self.build()
        after = self.rows(with_version=True)
        return {table: {key for key in before[table].keys() | after[table].keys()
                        if before[table].get(key) != after[table].get(key)} for table in TABLES}

    def assert_equals_a_full_refresh(self):
        taken_in = self.rows()
        self.build("--full-refresh")
        refreshed = self.rows()
        for table in TABLES:
            assert taken_in[table].keys() == refreshed[table].keys(), table
            differing = [key for key, row in refreshed[table].items() if taken_in[table][key] != row]
            assert not differing, f"{table}: {taken_in[table][differing[0]]} is not {refreshed[table][differing[0]]}"


@pytest.fixture(scope="module")
def warehouse(templates, tmp_path_factory):
    """The school up to the day before AS_OF; that day's exams and sessions are kept aside."""
    url = templates.copy(templates.migrated(), "incremental")
    pipeline = Pipeline(read_settings(database_url=url, dreamseed_home=tmp_path_factory.mktemp("incremental")))
    warehouse = Warehouse(pipeline)
    with connect(url) as connection:
        simulate(connection, School(learners=80, weeks=16, seed=3, as_of=AS_OF))
    for table, moment in (("exam_results", "created_at"), ("session", "started_at"), ("attempt_log", "completed_at")):
        warehouse.run(f"create table later_{table} as select * from {table} where {moment} >= '{AS_OF}'")
        warehouse.run(f"delete from {table} where {moment} >= '{AS_OF}'")
    assert warehouse.run("select count(*) from later_exam_results")[0][0] > 5
    warehouse.build()
    return warehouse


def users(keys):
    return {key[0] for key in keys}


def an_exam(warehouse, weeks_ago, nr=0):
    """An exam of that long ago, of a learner whose attempts it holds."""
    return warehouse.run("""
        select e.id, e.user_id, min(a.completed_at at time zone 'UTC')::date
        from exam_results e join attempt a on a.exam_result_id = e.id
        where a.completed_at < %s group by 1, 2 order by 3 desc, 1 offset %s limit 1""",
        AS_OF - timedelta(weeks=weeks_ago), nr)[0]


def assert_touches_only(warehouse, touched, user, since):
    """Rows of one learner from one day on, some in every table but the one of rejected answers."""
    assert touched["attempt"] and not touched["attempt_rejected"]
    for table in TABLES.keys() - {"attempt", "attempt_rejected"}:
        assert users(touched[table]) == {user}, table
        assert min(key[-1] for key in touched[table]) >= str(since - timedelta(days=6)), table  # a week's Monday


def test_an_unchanged_rebuild_touches_nothing(warehouse):
    assert not any(warehouse.take_in().values())


def test_a_new_day(warehouse):
    for table in ("session", "exam_results", "attempt_log"):
        warehouse.run(f"insert into {table} select * from later_{table}")
    touched = warehouse.take_in(as_of=AS_OF)
    days = {key[-1] for key in touched["public_staging.int_learner_daily"] | touched["features_topic_daily"]}
    assert days == {str(AS_OF)}
    week = str(AS_OF - timedelta(days=6))
    assert {key[-1] for key in touched["weekly_kpi"]} == {week}
    rows = warehouse.run("select count(*) from weekly_kpi where week_start = %s", week)
    assert rows == [(len(touched["weekly_kpi"]),)]


def test_a_late_answer(warehouse):
    """A week old, from a file, to an item the learner met before and after: later attempts are counted on."""
    user, item, _ = warehouse.run("""
        select user_id, item_id, count(*) from attempt group by 1, 2
        having min(completed_at) < %s and max(completed_at) > %s order by 3 desc, 1, 2 limit 1""",
        AS_OF - timedelta(days=21), AS_OF - timedelta(days=6))[0]
    day = AS_OF - timedelta(days=7)
    warehouse.run("insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at) "
                  "values ('late', %s, %s, 'algebra', true, %s::date + time '12:00')", user, item, day)
    assert_touches_only(warehouse, warehouse.take_in(), user, day)


def test_a_rescored_exam(warehouse):
    exam, user, day = an_exam(warehouse, weeks_ago=3)
    warehouse.run("""
        update exam_results set updated_at = clock_timestamp(), result_json = jsonb_set(result_json, '{questions}', (
            select jsonb_agg(q || '{"is_correct": false, "time_spent_sec": 1}') from jsonb_array_elements(
                result_json -> 'questions') q)) where id = %s""", exam)
    assert_touches_only(warehouse, warehouse.take_in(), user, day)


def test_a_deleted_exam(warehouse):
    exam, user, day = an_exam(warehouse, weeks_ago=4)
    warehouse.run("delete from exam_results where id = %s", exam)
    touched = warehouse.take_in()
    assert_touches_only(warehouse, touched, user, day)
    assert warehouse.run("select count(*) from attempt where exam_result_id = %s", exam) == [(0,)]


def test_everything_else_that_can_change(warehouse):
    """An exam that changes hands, a session that ends later, an edited goal, a row of a file that goes, a bad element
    that is fixed, a learner's last exam that goes, one who comes back after a long pause, a run that is published.
    """
    moved, giver, _ = an_exam(warehouse, weeks_ago=5)
    warehouse.run("update exam_results set user_id = 'taker' where id = %s", moved)
    longer = warehouse.run("select s.id from session s join exam_results e on e.session_id = s.id "
                           "where s.ended_at < %s order by s.ended_at desc limit 1", AS_OF - timedelta(days=10))[0][0]
    warehouse.run("update session set ended_at = ended_at + interval '26 hours' where id = %s", longer)
    warehouse.run("insert into interest_goal (user_id, topic_id, target_level, created_at) values (%s, 'x', 2, %s)",
                  giver, AS_OF - timedelta(weeks=4))
    warehouse.run("delete from attempt_log where source_id = 'late'")
    pausing = ("insert into attempt_log (source_id, user_id, item_id, correct, completed_at) "
               "values (%s, 'pausing', 'i', true, %s)")
    warehouse.run(pausing, "before", AS_OF - timedelta(weeks=15))
    warehouse.build()
    assert len(warehouse.run("select 1 from weekly_kpi where user_id = 'pausing'")) == 9
    warehouse.run(pausing, "after", AS_OF - timedelta(weeks=2))
    warehouse.run("insert into fit_run (run_id, fit, as_of, status, params, started_at) "
                  "values ('r', 'irt', %s, 'published', '{}', now())", AS_OF - timedelta(weeks=3))
    warehouse.run("insert into mirt_ability (run_id, fitted_at, user_id, theta, se) "
                  "select 'r', now(), user_id, 0.5, 0.3 from weekly_kpi group by user_id")
    touched = warehouse.take_in()
    assert min(key[-1] for key in touched["weekly_kpi"] if key[0] not in ("pausing", giver, "taker")) >= str(
        AS_OF - timedelta(weeks=4))
    assert len(warehouse.run("select 1 from weekly_kpi where user_id = 'pausing'")) == 16
    assert warehouse.run("select count(*) from attempt_log_change") == [(0,)]  # what was read is no longer noted


def test_a_build_that_looks_back_leaves_later_rows_and_misses_nothing(warehouse):
    """What it could not compute is made up for by the next build as of today."""
    user, back = warehouse.run("select min(user_id) from attempt")[0][0], AS_OF - timedelta(weeks=5)
    warehouse.run("insert into attempt_log (source_id, user_id, item_id, topic_id, correct, completed_at) "
                  "values ('old', %s, 'item', 'algebra', true, %s)", user, back - timedelta(weeks=1))
    later = "select * from weekly_kpi where week_start > %s order by user_id, week_start"
    before = warehouse.run(later, back)
    warehouse.build(as_of=back)
    assert warehouse.run(later, back) == before
    warehouse.take_in()


def test_a_return_that_as_of_reaches_later(warehouse):
    """The answers are there before their day is: nothing arrives when as_of moves on, yet the weeks between come."""
    for source_id, weeks in (("long ago", -20), ("ahead", 1)):
        warehouse.run("insert into attempt_log (source_id, user_id, item_id, correct, completed_at) "
                      "values (%s, 'returning', 'i', true, %s)", source_id, AS_OF + timedelta(weeks=weeks))
    warehouse.build()
    n_weeks = "select count(*) from weekly_kpi where user_id = 'returning'"
    assert warehouse.run(n_weeks) == [(9,)]
    warehouse.take_in(as_of=AS_OF + timedelta(weeks=1))
    assert warehouse.run(n_weeks) == [(22,)]


def test_after_all_these_changes_everything_equals_a_full_refresh(warehouse):
    """Last, because a refresh in between would repair what a change left behind."""
    warehouse.assert_equals_a_full_refresh()
