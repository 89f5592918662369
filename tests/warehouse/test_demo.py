"""What `dreamseed demo` says about the day for answers that ended long before."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.jobs.demo import _other_day
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect

FILE = Path("old.csv.gz")
ENDED = [date(2017, 12, 25) + timedelta(days=n) for n in range(10)]


@pytest.fixture
def pipeline(database_url, tmp_path):
    with connect(database_url) as connection:
        connection.execute("create table attempt (completed_at timestamptz)")
    return Pipeline(read_settings(database_url=database_url, dreamseed_home=tmp_path))


def test_old_answers_get_the_sunday_of_their_last_complete_week(pipeline):
    assert _other_day(pipeline, FILE, date(2026, 11, 29)) is None, "without an answer there is no such week"
    for ended in ENDED:
        with connect(pipeline.database_url) as connection:
            connection.execute("insert into attempt values (%s)", [f"{ended} 23:59:59+00"])
        line = _other_day(pipeline, FILE, date(2026, 11, 29))
        sunday = date.fromisoformat(line.rpartition("AS_OF=")[2])
        assert line.endswith(f"make demo DATA=old.csv.gz AS_OF={sunday}") and str(ended) in line
        assert sunday.isoweekday() == 7 and timedelta(0) <= ended - sunday < timedelta(days=7)
        assert _other_day(pipeline, FILE, sunday) is None and _other_day(pipeline, FILE, ended) is None
        assert _other_day(pipeline, None, date(2026, 11, 29)) is None, "a simulated school ends on its day"
