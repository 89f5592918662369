"""Gates: the bounds decide, and a missing value fails."""

import math

import pytest

from python_models.errors import ContractError
from python_models.fitting.contract import check_tables, read_gates
from python_models.fitting.fit import Fit, Gate
from python_models.warehouse.tables import LandingTable, Relation, check_header

RISK = LandingTable(Relation("public", "some_risk"), ("user_id", "risk_score"))
FIT = Fit("some", "r-some-plumber", "/some/fit", {}, 60, (), (RISK,))


@pytest.mark.parametrize(("value", "passed"), [(0.5, True), (2.0, True), (2.01, False), (0.49, False), (None, False)])
def test_a_gate_passes_within_its_bounds(value, passed):
    assert Gate("calibration_slope", value, 0.5, 2.0).passed is passed


def test_a_gate_says_what_it_saw_and_what_it_wants():
    assert Gate("n_returns", 12, lower=50).line() == "n_returns is 12, must be at least 50"
    assert Gate("rhat", None, upper=1.01).line() == "rhat is missing, must be at most 1.01"


def test_gates_are_read_with_booleans_as_numbers_and_infinities_as_missing():
    gates = read_gates({"gates": [{"name": "converged", "value": True, "lower": 1},
                                  {"name": "skill", "value": math.inf, "lower": 0}]})
    assert [gate.value for gate in gates] == [1.0, None]
    assert [gate.passed for gate in gates] == [True, False]


@pytest.mark.parametrize("result", [{}, {"gates": []}, {"gates": [{"name": "unbounded", "value": 1}]}])
def test_a_fit_without_usable_gates_cannot_be_published(result):
    with pytest.raises(ContractError, match="gates are unusable"):
        read_gates(result)


def test_a_header_may_come_in_any_order():
    check_header(RISK, ["risk_score", "user_id"])


@pytest.mark.parametrize("header", [[], ["user_id"], ["user_id", "risk_score", "mood"],
                                    ["user_id", "user_id", "risk_score"]])
def test_a_header_that_differs_is_refused(header):
    with pytest.raises(ContractError, match="some_risk came with columns"):
        check_header(RISK, header)


def test_every_landing_table_must_be_offered():
    check_tables(FIT, ["some_risk", "extra"])
    with pytest.raises(ContractError, match="without the table"):
        check_tables(FIT, ["extra"])
