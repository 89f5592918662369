"""Slow tests: `make test` leaves them to `make test-slow`, and CI runs those that concern a changed file."""

from collections.abc import Sequence

import pytest

# What every fit goes through: a change here concerns the tests of all of them.
EVERY_FIT = ("dbt_project/macros/*", "dbt_project/models/core/*", "orchestration/graph/*",
             "orchestration/jobs/pipeline.py", "python_models/fitting/*", "r-services/fitservice/R/*",
             "simulated_school/*")


def of_fit(fit: str, service: str, reason: str, also: Sequence[str] = ()) -> pytest.MarkDecorator:
    """Mark tests that simulate a school of their own for a fit; `service` and `also` are patterns of files."""
    return pytest.mark.slow(reason=reason, concerns=[
        f"dbt_project/models/fits/{fit}/*", f"r-services/{service}", *also, *EVERY_FIT])
