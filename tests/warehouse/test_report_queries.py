"""Queries of fits that a warehouse may not have, on tables of the shape their staging has: which rows are read."""

from datetime import date

import pytest
from psycopg.rows import class_row

from python_models.warehouse.connection import connect
from reports.sources.reader import query
from reports.sources.records import ForecastWeek, Segment

WEEK, SUNDAY = date(2026, 6, 22), date(2026, 6, 28)


@pytest.fixture
def connection(database_url):
    """A warehouse that knows one run of each fit, while a run `later` came after the week; learner `u` is chosen."""
    with connect(database_url) as opened:
        opened.execute("""
            create temp table known_run (fit text, run_id text, run_as_of date);
            insert into known_run values ('forecast', 'f-now', '2026-06-28'), ('segments', 's-now', '2026-06-14');
            create temp table chosen (user_id text, as_of date);
            insert into chosen values ('u', '2026-06-28')""")
        yield opened


def read(connection, name, row):
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query(name), {"week": WEEK, "until": SUNDAY}).fetchall()


def test_the_forecast_is_that_of_all_learners_as_the_sunday_knew_it(connection):
    connection.execute("""
        create temp table stg_forecast__points (run_id text, run_as_of date, is_newest boolean, metric text, scope text,
            week_start date, kind text, yhat float8, yhat_lower float8, yhat_upper float8, value float8,
            judgement text);
        insert into stg_forecast__points values
            ('f-now', null, false, 'I_t', 'all', '2026-06-22', 'one_step', 0.1, null, null, 0.4, 'anomaly'),
            ('f-now', null, false, 'I_t', 'all', '2026-06-15', 'one_step', 0.1, 0, 0.2, 0.1, 'usual'),
            ('f-now', null, false, 'I_t', 'all', '2026-06-29', 'forecast', 0.2, 0.1, 0.3, null, null),
            ('f-now', null, false, 'I_t', 'all', '2026-06-29', 'prophet', 0.9, 0.1, 0.3, null, null),
            ('f-now', null, false, 'I_t', 'all', '2026-03-30', 'one_step', 0.1, 0, 0.2, 0.1, 'anomaly'),
            ('f-now', null, false, 'answers', 'all', '2026-06-15', 'one_step', 9, 8, 10, 9, 'anomaly'),
            ('f-now', null, false, 'I_t', 'topic:a', '2026-06-15', 'one_step', 9, 8, 10, 9, 'anomaly'),
            ('later', null, true, 'I_t', 'all', '2026-06-15', 'one_step', 9, 8, 10, 9, 'anomaly')""")
    assert read(connection, "forecast", ForecastWeek) == [
        ForecastWeek(date(2026, 6, 15), 0.1, 0.1, 0, 0.2, False),
        ForecastWeek(date(2026, 6, 22), 0.4, 0.1, None, None, True),
        ForecastWeek(date(2026, 6, 29), None, 0.2, 0.1, 0.3, False)]


def test_a_segment_comes_with_its_centre_and_nobody_elses(connection):
    connection.execute("""
        create temp table stg_segments__assignments (run_id text, run_as_of date, user_id text, segment_id int,
            segment_label text, strength float8);
        insert into stg_segments__assignments values ('s-now', null, 'u', 2, 'regular', 0.8),
            ('s-now', null, 'not chosen', 1, 'loose', 0.8), ('later', null, 'u', 1, 'loose', 0.8);
        create temp table stg_segments__fit_metas (run_id text, n_clusters int, centers jsonb);
        insert into stg_segments__fit_metas values
            ('s-now', 2, '[{"segment_id": 1, "scaled": {"sessions": -1}},
                           {"segment_id": 2, "scaled": {"sessions": 0.7}}]'),
            ('later', 9, '[{"segment_id": 1, "scaled": {"sessions": -2}}]')""")
    assert read(connection, "segments", Segment) == [Segment("u", date(2026, 6, 14), 2, 0.8, {"sessions": 0.7})]
