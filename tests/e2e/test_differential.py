"""Random histories: no build loses a row, and after a build of everything each model is as if built from scratch.

An operation is a change of the sources or of the runs, or any invocation of dbt; see changes.py and invocations.py.
"""

import pytest
from changes import RUN_CHANGES, SOURCE_CHANGES
from invocations import INVOCATIONS
from small_school import HISTORIES, as_text, lost
from walk import Walk

STEPS, JUDGED_EVERY = 30, 3
MORE = pytest.mark.slow(reason="48 more walks take an hour", concerns=[])


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=MORE) for seed in range(2, 50))])
def test_a_random_history_ends_as_a_build_from_scratch_would(school, seed):
    walk = Walk(school, seed)
    for step in range(1, STEPS + 1):
        kind = walk.random.choices((SOURCE_CHANGES, RUN_CHANGES, INVOCATIONS), (5, 2, 4))[0]
        before = school.rows(HISTORIES) if kind is INVOCATIONS else {}
        versions = school.versions()
        walk.step(walk.random.choice(kind))
        assert versions <= school.versions(), f"{'; '.join(walk.log)}: the history of goals is shorter"
        if kind is INVOCATIONS:
            assert_nothing_is_lost(walk, before, school.rows(HISTORIES))
        if step % JUDGED_EVERY == 0:
            walk.finish()
            school.build()
            difference = school.difference()
            assert not difference, f"seed {seed}: {'; '.join(walk.log)}\n{as_text(difference)}"
            wrong = school.not_as_released()
            assert not wrong, f"seed {seed}: {'; '.join(walk.log)}\nreleased otherwise: {wrong}"


def test_the_reference_is_what_dbt_builds_in_a_new_warehouse(school):
    assert not school.difference()


def assert_nothing_is_lost(walk, before, after):
    """Rows that an invocation removed are none that a build from scratch has."""
    if lost(before, after, before):
        gone = lost(before, after, walk.school.from_scratch(HISTORIES))
        assert not gone, f"{'; '.join(walk.log)}\n{ {name: rows[:2] for name, rows in gone.items()} }"
