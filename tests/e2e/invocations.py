"""What people and jobs ask of dbt, whole or in part. A refusal is an answer too: nothing may be lost by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from walk import Walk

from python_models.errors import DreamseedError

EVERYTHING = 0.35  # the share of invocations that select everything
SELECTIONS = ("attempt", "+attempt", "attempt_rejected", "features_topic_daily", "+features_topic_daily",
              "int_learner_daily", "+int_learner_daily", "int_kpi_core", "+int_kpi_core", "weekly_kpi", "+weekly_kpi",
              "int_kpi_weeks", "churn_alert", "+churn_alert", "prediction_score", "+prediction_score", "source:app+",
              "source:irt+", "stg_app__exam_answers", "attempt+1", "int_item_first_answers", "int_finished_spans",
              "+int_finished_spans")
SETTINGS = {"metrics_default_target": ("0.0", "0.5"), "goal_horizon_weeks": ("4", "6"),
            "churn_alert_threshold": ("0.7", "0.4"), "kpi_weeks_after_last": ("8", "3"),
            "session_pause_minutes": ("30", "5")}
ROUNDED_TO_TWO_DIGITS = {"rounded": "{% macro rounded(x) %}{{- return('round(cast(' ~ x ~ ' as double precision) "
                                    "* 100.0) / 100.0') -}}{% endmacro %}"}


def selection(walk: Walk) -> list[str]:
    """Some models, or everything."""
    if walk.random.random() < EVERYTHING:
        return []
    chosen = walk.random.sample(SELECTIONS, walk.random.randint(1, 2))
    walk.note(" ".join(chosen))
    return ["--select", *chosen]


def some_models_built(walk: Walk) -> None:
    """A refusal is an answer too: nothing may be lost by it."""
    walk.school.dbt("build", *selection(walk), "--exclude-resource-type", "unit_test", "test")


def full_refresh(walk: Walk) -> None:
    walk.school.dbt("run", "--full-refresh", *selection(walk))


def goals_seen(walk: Walk) -> None:
    walk.school.dbt("snapshot")


def nothing_but_empty_tables(walk: Walk) -> None:
    walk.school.dbt("run", "--empty", *selection(walk))


def look_back(walk: Walk) -> None:
    day = walk.school.as_of - timedelta(days=walk.random.randint(1, 40))
    walk.note(day)
    walk.school.dbt("run", *selection(walk), as_of=day)


def look_back_from_scratch(walk: Walk) -> None:
    day = walk.school.as_of - timedelta(days=walk.random.randint(1, 40))
    walk.school.dbt("run", "--full-refresh", *selection(walk), as_of=day)


def next_days(walk: Walk) -> None:
    walk.school.as_of += timedelta(days=walk.random.randint(1, 9))
    walk.note(walk.school.as_of)
    walk.school.dbt("run", *selection(walk))


def killed(walk: Walk) -> None:
    walk.school.killed_build(walk.random.uniform(0.1, 2))


def setting_changed(walk: Walk) -> None:
    name, values = walk.random.choice(sorted(SETTINGS.items()))
    walk.school.settings[name] = next(v for v in values if v != walk.school.settings.get(name, values[0]))
    walk.note(f"{name} {walk.school.settings[name]}")
    walk.school.dbt("run", *selection(walk))


def code_changed(walk: Walk) -> None:
    """`rounded()` to two digits, or back to what it is."""
    walk.school.macros = {} if walk.school.macros else ROUNDED_TO_TWO_DIGITS
    walk.school.dbt("run", *selection(walk))


def transactions_commit(walk: Walk) -> None:
    walk.finish()


def everything_built(walk: Walk) -> None:
    try:
        walk.school.build()
    except DreamseedError as error:
        raise AssertionError("; ".join(walk.log)) from error


INVOCATIONS: list[Callable[[Walk], None]] = [
    some_models_built, some_models_built, full_refresh, goals_seen, nothing_but_empty_tables, look_back,
    look_back_from_scratch, next_days, killed, setting_changed, code_changed, transactions_commit, everything_built]
