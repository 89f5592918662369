"""A bank with 10% planted drift, from `attempt` to `items_to_review`: a founding run and two later windows.

The later learners are abler than the founding ones, and two thirds of the drift goes one way, as when questions leak:
what changed must be attributed to the items, not of the learners.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import slow
from builders import create_database, shared_services

from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models.warehouse.connection import connect

pytestmark = [pytest.mark.data_tests, slow.of_fit(
    "irt", "irt/*", "three windows of a bank of 200 items", also=["r-services/sparseirt/*"])]

FOUNDED = date(2026, 3, 29)
WINDOW = timedelta(days=30)
ITEMS, DRIFTING, SHIFT = 200, 20, 0.7
LATER_MEAN, LATER_SD = 0.4, 1.1
INPUTS = ("--select", "irt_input__anchors", "int_irt_answers", "irt_input", "--exclude-resource-type", "test")
REVIEW = ("stg_irt__items", "stg_irt__drifts", "int_runs_by_day", "item_bank", "items_to_review")
COLUMNS = ("id", "student_id", "user_id", "item_id", "correct", "completed_at", "attempt_no", "is_first_attempt",
           "is_unassisted")


@dataclass(frozen=True)
class Bank:
    """True parameters; `shift` is what b gains after the founding run."""

    a: np.ndarray
    b: np.ndarray
    shift: np.ndarray

    @property
    def planted(self):
        return {f"item-{i}" for i in np.flatnonzero(self.shift)}

    def easier(self):
        return {f"item-{i}" for i in np.flatnonzero(self.shift < 0)}


def bank_of(rng):
    shift = np.zeros(ITEMS)
    shift[rng.choice(ITEMS, DRIFTING, replace=False)] = SHIFT * np.where(np.arange(DRIFTING) % 3 < 2, -1, 1)
    return Bank(np.exp(rng.normal(0, 0.25, ITEMS)), rng.normal(0, 1, ITEMS), shift)


def answers(rng, bank, first, learners, each, last_day, days):
    """Answers of `learners` new learners to `each` different items, in the `days` days up to `last_day`."""
    founding = last_day <= FOUNDED
    theta = rng.normal(0, 1, learners) if founding else rng.normal(LATER_MEAN, LATER_SD, learners)
    item = rng.permuted(np.tile(np.arange(ITEMS), (learners, 1)), axis=1)[:, :each].ravel()
    learner = np.repeat(np.arange(learners), each)
    b = bank.b if founding else bank.b + bank.shift
    right = rng.random(item.size) < 1 / (1 + np.exp(-bank.a[item] * (theta[learner] - b[item])))
    user = pd.Series(first + learner).map("{:032x}".format)
    ago = pd.to_timedelta(rng.integers(0, days, item.size), unit="D")
    return pd.DataFrame({
        "id": (first + learner) * 1000 + np.tile(np.arange(each), learners), "student_id": user, "user_id": user,
        "item_id": pd.Series(item).map("item-{}".format), "correct": right,
        "completed_at": pd.Timestamp(last_day, tz="UTC") + pd.Timedelta(hours=12) - ago,
        "attempt_no": 1, "is_first_attempt": True, "is_unassisted": True})


class DriftingSchool:
    """The warehouse, and the runs it went through."""

    def __init__(self, pipeline):
        self.pipeline, self.runs, self.stages = pipeline, [], []
        pipeline.on_progress = lambda name: nullcontext(  # builds are listened to as well
            lambda state: self.stages.append(state.get("progress") or {}) if name == "irt" else None)
        rng = np.random.default_rng(11)
        self.bank = bank_of(rng)
        pipeline.init()
        pipeline.build("empty warehouse", ("--select", "+exposure:irt", "--exclude-resource-type", "test"), FOUNDED)
        self.receive(answers(rng, self.bank, 10_000, 4_000, 50, FOUNDED, 300))
        self.fit(FOUNDED)
        for window in (1, 2):
            day = FOUNDED + window * WINDOW
            self.receive(answers(rng, self.bank, window * 100_000, 3_000, 60, day, WINDOW.days))
            self.fit(day)
        # What the next night would send along, and what people see by then.
        pipeline.build("the day after", (*INPUTS, "--select", *REVIEW), day + timedelta(days=1))

    def receive(self, frame):
        with connect(self.pipeline.database_url) as connection, connection.cursor() as cursor:
            with cursor.copy(f"copy attempt ({', '.join(COLUMNS)}) from stdin with (format csv)") as stream:
                stream.write(frame.to_csv(columns=COLUMNS, header=False, index=False))
            connection.commit()

    def fit(self, day):
        self.pipeline.build(f"inputs of {day}", INPUTS, day)
        outcome = self.pipeline.fit(self.pipeline.dbt(day).parse().fit("irt"), day)
        assert outcome.status == "published", outcome.reasons
        self.runs.append(outcome.run_id)

    def ask(self, query, *values):
        with connect(self.pipeline.database_url) as connection:
            return connection.execute(query, values).fetchall()

    def drift(self, run, condition):
        """Items for which `condition` holds in a run, as names."""
        found = self.ask(f"select item_id from item_drift where run_id = %s and {condition}", self.runs[run])
        return {item for (item,) in found}


@pytest.fixture(scope="module")
def drifting(stack, tmp_path_factory):
    url = create_database(stack.database_url(), "drift")
    return DriftingSchool(Pipeline(read_settings(
        database_url=url, dreamseed_home=tmp_path_factory.mktemp("drift"), mirt_lookback_days=WINDOW.days,
        lookback_weeks=4, **shared_services(stack))))


def assert_found(found, bank):
    """At least 80% of what was planted, at most 5% of the rest."""
    assert len(found & bank.planted) >= 0.8 * DRIFTING
    assert len(found - bank.planted) <= 0.05 * (ITEMS - DRIFTING)


def test_drift_is_flagged_in_the_first_window_and_persists_in_the_second(drifting):
    assert drifting.drift(0, "true") == set()
    assert len(drifting.drift(1, "true")) > 0.9 * ITEMS
    assert_found(drifting.drift(1, "is_flagged"), drifting.bank)
    assert drifting.drift(1, "is_persistent") == set()
    assert_found(drifting.drift(2, "is_persistent"), drifting.bank)


def test_whoever_listens_hears_of_every_stage(drifting):
    stages = [stage["stage"] for stage in drifting.stages if "stage" in stage]
    assert stages[0] == "copying the input" and stages[-1] == "landing"
    assert {"sending", "landing"} <= set(stages)
    last = drifting.stages[-1]
    assert last["table"] == "student_topic_theta" and last["done"] == last["total"] - 1


def test_drift_is_attributed_to_the_items_not_to_the_learners(drifting):
    for run in drifting.runs[1:]:
        line = drifting.ask("select linking_constants from mirt_fit_meta where run_id = %s", run)[0][0]
        assert abs(line["B"] - LATER_MEAN) < 0.08 and abs(line["A"] - LATER_SD) < 0.08


def test_drifted_anchors_leave_the_anchor_set_for_good(drifting):
    drifted = drifting.drift(2, "is_persistent")
    assert drifting.drift(2, "is_persistent and is_anchor") == set()
    assert len(drifting.drift(2, "is_anchor")) > 0.7 * ITEMS
    fixed = dict(drifting.ask("select item_id, fixed from public_fits.irt_input__anchors"))
    assert not any(fixed[item] for item in drifted)
    assert sum(fixed.values()) > 0.7 * ITEMS


def test_the_bank_takes_the_new_parameters_of_what_drifted_and_no_others(drifting):
    values = {}
    for run in (0, 2):
        found = drifting.ask("select item_id, (params ->> 'b')::float from mirt_item_params where run_id = %s "
                             "and status = 'operational'", drifting.runs[run])
        values[run] = dict(found)
    drifted = drifting.drift(2, "is_persistent")
    changed = {item for item in values[0] if values[0][item] != values[2].get(item)}
    assert changed == drifted & values[0].keys()
    planted = sorted(drifted & drifting.bank.planted)
    true = drifting.bank.b + drifting.bank.shift
    error = [abs(values[2][item] - true[int(item.split("-")[1])]) for item in planted if item in values[2]]
    assert np.median(error) < 0.15


def test_items_to_review_names_them_with_reasons(drifting):
    reasons = dict(drifting.ask("select item_id, reasons from items_to_review where is_drifting"))
    assert reasons.keys() == drifting.drift(2, "is_persistent")
    for item in reasons.keys() & drifting.bank.planted:
        way = "easier" if item in drifting.bank.easier() else "harder"
        assert reasons[item].startswith(f"for two windows {way} than the bank says (b "), reasons[item]
