"""Measure how right S was: fits at month-ends by backfill, each scored on the 14 following days.

    .venv/bin/python bench/churn.py ANSWERS [--from 2017-01-31 --to 2017-12-31] [--markdown]

--markdown prints the table of docs/churn-on-real-answers.md. The script scores learners idle for less than 14 days (the
others count as churned). Every fit sees only answers up to its day; the outcomes come from the same file afterwards.
AUC is computed by ranks, Brier is compared with the base rate of the month. Calibration slope and intercept come from a
logistic regression of the outcome on logit(S).
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

import machine
import numpy as np
from scipy.stats import rankdata

from orchestration import terminal
from orchestration.graph.plan import plan
from orchestration.jobs.backfill import days
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import read_settings
from python_models import answers
from python_models.warehouse.connection import connect

COLUMNS = ["as of", "learners", "AUC", "AUC of days idle", "Brier", "Brier of the base rate", "slope", "intercept",
           "stayed away", "mean S", "run"]

SCORED = """
    select risk.risk_score, risk.idle_days,
        (not exists (select from attempt where attempt.user_id = risk.user_id
            and completed_at >= %(day)s::date + 1 and completed_at < %(day)s::date + 15))::int
    from survival_risk as risk join fit_run using (run_id)
    where fit_run.as_of = %(day)s and fit_run.status in ('published', 'rejected') and risk.idle_days < 14"""


def auc(score: np.ndarray, outcome: np.ndarray) -> float:
    """Return the area under the ROC curve (Mann-Whitney, ties count half)."""
    ones = outcome.sum()
    return float((rankdata(score)[outcome == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(outcome) - ones)))


def calibration(score: np.ndarray, outcome: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of logit(outcome) on logit(score), by Newton's method."""
    design = np.column_stack([np.ones_like(score), np.log(score / (1 - score))])
    beta = np.zeros(2)
    for _ in range(25):
        p = 1 / (1 + np.exp(-design @ beta))
        beta += np.linalg.solve(design.T @ (design * (p * (1 - p))[:, None]), design.T @ (outcome - p))
    return float(beta[1]), float(beta[0])


def month(pipeline: Pipeline, day: date) -> list[object]:
    """Fit as of `day`, score the days after it, and return the line of the table."""
    manifest = pipeline.dbt(day).parse()
    piece = next(piece for piece in plan(manifest) if piece.fit == "survival")
    pipeline.build(f"before {piece.fit}", piece.before, day)
    outcome = pipeline.fit(manifest.fit(piece.fit), day)
    with connect(pipeline.database_url) as connection:
        rows = np.array(connection.execute(SCORED, {"day": day}).fetchall(), dtype=float)
    score, idle, stayed = rows.T
    slope, intercept = calibration(score, stayed)
    base = stayed.mean()
    return [str(day), len(rows), *np.round([
        auc(score, stayed), auc(idle, stayed), np.mean((score - stayed) ** 2), base * (1 - base), slope, intercept,
        base, score.mean()], 3).tolist(), outcome.status]


def main() -> None:
    """Print one line per month-end and their mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answers", type=Path)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2017, 1, 31))
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date(2017, 12, 31))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""))
        try:
            pipeline.init()
            with connect(pipeline.database_url) as connection:
                answers.load(connection, arguments.answers)
            lines = [month(pipeline, day) for day in days(arguments.first, arguments.last, "month")]
        finally:
            pipeline.stack.down()
    means = np.array([line[1:-1] for line in lines], dtype=float).mean(axis=0).round(3).tolist()
    means[0] = round(means[0])
    terminal.out.print(machine.describe())
    lines.append(["mean", *means, ""])
    if arguments.markdown:
        for cells in (COLUMNS, ["---"] * len(COLUMNS), *lines):
            print("|", " | ".join(map(str, cells)), "|")
    else:
        terminal.print_table("S compared with the outcomes", COLUMNS, lines)


if __name__ == "__main__":
    main()
