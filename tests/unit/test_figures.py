"""Numbers as people read them."""

import random
from decimal import Decimal

import pytest

from python_models.figures import readable
from python_models.fitting.fit import Caution, Fit, Gate


@pytest.mark.parametrize(("value", "shown"), [
    (0.0, "0"), (-0.0, "0"), (2783.0, "2,783"), (1234567.0, "1,234,567"), (Decimal("1E+6"), "1,000,000"),
    (0.1234567, "0.123457"),
    (1234567.89, "1,234,568"), (-1234.5, "-1,234.5"), (Decimal("0.50"), "0.50"), (1e-7, "1e-07"),
    (float("nan"), "nan"), (float("-inf"), "-inf"), (1e300, "1e+300"), (Decimal("NaN"), "NaN")])
def test_a_number_is_shown_as_people_write_it(value, shown):
    assert readable(value) == shown


def test_no_whole_number_has_an_exponent_or_loses_a_digit():
    chance = random.Random(1)
    for digits in (1, 3, 4, 6):
        for _ in range(500):
            whole = chance.randint(-10 ** chance.randint(1, 15) + 1, 10 ** chance.randint(1, 15) - 1)
            assert readable(float(whole), digits) == readable(Decimal(whole), digits) == f"{whole:,}"


def test_other_numbers_keep_their_size():
    chance = random.Random(2)
    for _ in range(500):
        value = chance.uniform(-1, 1) * 10 ** chance.randint(-3, 14)
        shown = readable(value, 4)
        assert "e" not in shown or abs(value) < 1e-4
        assert float(shown.replace(",", "")) == pytest.approx(value, rel=6e-4)


def test_a_gate_shows_whole_numbers_in_full():
    assert Gate("n_returns", 27810.0, lower=50).line() == "n_returns is 27,810, must be at least 50"
    assert Gate("rows", None, upper=2_000_000).line() == "rows is missing, must be at most 2,000,000"


@pytest.mark.parametrize(("gates", "n"), [
    ({"reliability": 0.43}, 1), ({"reliability": 0.7}, 0), ({"reliability": None}, 0), ({}, 0), ({"other": 0.1}, 0)])
def test_a_run_is_warned_of_if_its_gate_misses_the_fits_caution(gates, n):
    fit = Fit("speed", "r-x-plumber", "/x", {}, 1, (), (), cautions=(Caution("reliability", 0.7, "beware."),))
    assert fit.warnings(gates) == ["reliability is 0.43, under 0.7: beware."] * n
