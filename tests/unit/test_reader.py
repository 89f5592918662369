"""The reader's own statements: plain selects, with every value bound."""

from reports.sources.reader import _Stream, select
from reports.sources.records import Solved


def test_a_select_names_columns_filters_and_order_and_binds_the_values():
    filters = {"report_week": "2026-06-22", "user_id": ["u'; drop table weekly_kpi"]}
    statement = select("report_goal", ("user_id", "topic_id"), filters, ("user_id", "priority desc nulls last"))
    assert statement.as_string() == (
        'select "user_id", "topic_id" from "report_goal" where "report_week" = %(report_week)s '
        'and "user_id" = any(%(user_id)s) order by user_id, priority desc nulls last')


def test_a_select_without_filters_reads_the_whole_model():
    assert select("report_class", ("name",)).as_string() == 'select "name" from "report_class"'


def test_a_stream_gives_each_owner_their_own_rows():
    stream = _Stream(iter([Solved("a", ["i1"]), Solved("a", ["i2"]), Solved("c", ["i3"])]), "user_id")
    assert [len(stream.take(owner)) for owner in ("a", "b", "c", "d")] == [2, 0, 1, 0]
