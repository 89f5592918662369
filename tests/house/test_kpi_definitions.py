"""The versions of KPI definitions: one current for each KPI, in order of their days, and the dictionary shows it."""

import csv
import re
from datetime import date
from itertools import groupby

from orchestration.settings import PROJECT_DIR

NO_KPIS = {"null_reasons"}


def versions():
    """Return the rows of the seed by KPI, in the order of the file."""
    with (PROJECT_DIR / "dbt_project" / "seeds" / "kpi_versions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {kpi: list(found) for kpi, found in groupby(rows, key=lambda row: row["kpi"])}


def keys():
    """Return the keys of `weekly_kpi.kpis`, as the model makes them."""
    model = (PROJECT_DIR / "dbt_project" / "models" / "kpis" / "weekly" / "weekly_kpi.sql").read_text(encoding="utf-8")
    return set(re.findall(r"\('(\w+)', '\w+'\)", model.split("json_object(")[1])) - NO_KPIS


def test_every_kpi_has_a_definition_and_nothing_else_has():
    assert len(keys()) > 10
    assert set(versions()) == keys(), "add a row to dbt_project/seeds/kpi_versions.csv"


def test_versions_count_from_1_and_say_what_changed_since_the_one_before():
    for kpi, found in versions().items():
        assert [int(row["version"]) for row in found] == list(range(1, len(found) + 1)), kpi
        days = [date.fromisoformat(row["valid_from"]) for row in found]
        assert days == sorted(set(days)), f"{kpi}: two definitions of one day, or one dated before the other"
        assert [bool(row["change"]) for row in found] == [False] + [True] * (len(found) - 1), kpi
        assert len({row["definition"] for row in found}) == len(found), kpi


def test_the_dictionary_shows_the_current_definition_word_for_word(manifest):
    columns = manifest.content["nodes"][manifest.model_id("weekly_kpi_flat")]["columns"]
    for kpi, found in versions().items():
        current, shown = found[-1], columns[kpi.lower()]["description"]
        since = f" Definition {current['version']}, in use since {current['valid_from']}, for all weeks."
        assert shown == current["definition"] + (since if len(found) > 1 else ""), kpi
