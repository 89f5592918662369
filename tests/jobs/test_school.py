"""The whole job on a simulated school, compared with the truth it was made from."""

import io
import math

import numpy as np
import pytest
from builders import AS_OF
from rich.console import Console

from orchestration import terminal
from orchestration.cli import run_tables
from python_models.warehouse.connection import connect


@pytest.fixture(scope="module")
def warehouse(school):
    with connect(school.database_url) as connection:
        yield connection


def test_the_fit_was_published_through_its_gates(school):
    assert [outcome.status for outcome in school.outcomes] == ["published"] * len(school.outcomes)
    for outcome in school.outcomes:
        assert outcome.gates and not outcome.reasons


@pytest.fixture(scope="module")
def coefficients(school, warehouse):
    """Of the same fit without the learners who only send unusable answers, because they follow no truth.

    They are 29 of 13,263 gaps, all new in the last weeks, all right or all wrong, and none returns: they alone take .07
    from the effect of accuracy. The fit with the covariates as they were simulated gives .66 in this school, and over
    eight schools .786 (standard error .023) for .8, with no trend over the weeks.
    """
    for table in ("survival_input", "survival_input__at_risk"):
        warehouse.execute(f"delete from public_fits.{table} where user_id not in (select user_id from truth.learner)")
    warehouse.commit()
    outcome = school.fit(school.dbt(AS_OF).parse().fit("survival"), AS_OF)
    query = "select coefficients from survival_fit_meta where run_id = %s"
    return warehouse.execute(query, [outcome.run_id]).fetchone()[0]


def test_coefficients_lie_within_their_standard_errors_of_the_truth(warehouse, coefficients):
    """Of 16 terms tested at once, one beyond 3 is to be expected in every 25th school."""
    truth = dict(warehouse.execute("select term, value from truth.hazard_coefficient").fetchall())
    terms = {entry["term"]: entry for entry in coefficients}
    assert {name for name, value in truth.items() if value} <= set(terms)
    for name, value in truth.items():
        if name in terms:
            error = (terms[name]["estimate"] - float(value)) / terms[name]["robust_se"]
            assert abs(error) < 3.5, f"{name}: {terms[name]['estimate']:.3f} for {value}, {error:.1f} standard errors"
    strong = [name for name, value in truth.items() if name in terms
              and abs(float(value)) > 3 * terms[name]["robust_se"]]
    assert strong, "the school has no effect strong enough to have its sign tested"
    for name in strong:
        assert math.copysign(1, terms[name]["estimate"]) == math.copysign(1, truth[name])


def test_risk_is_calibrated_in_deciles(warehouse):
    """In each tenth of S, those who stayed away must match the mean of S within sampling error."""
    rows = np.array(warehouse.execute("""
        select risk.risk_score, (not truth.returned_within_horizon)::int
        from public_fits.stg_survival__risks as risk join truth.return_risk as truth using (user_id)
        where risk.idle_days = truth.idle_days order by 1""").fetchall(), dtype=float)
    assert len(rows) > 500
    for decile in np.array_split(rows, 10):
        expected, happened = decile.mean(axis=0)
        standard_error = math.sqrt(max(expected * (1 - expected), 0.0025) / len(decile))
        assert abs(happened - expected) < 3.5 * standard_error, f"{expected:.3f} said, {happened:.3f} happened"


def test_risk_follows_the_true_risk(warehouse):
    rows = np.array(warehouse.execute("""
        select risk.risk_score, truth.risk_score
        from public_fits.stg_survival__risks as risk join truth.return_risk as truth using (user_id)
        """).fetchall(), dtype=float)
    assert np.corrcoef(rows.T)[0, 1] > 0.95
    assert np.abs(rows[:, 0] - rows[:, 1]).mean() < 0.05


def active_risks(warehouse):
    """S, true S and outcome of the learners idle for less than 14 days: those S is for."""
    return np.array(warehouse.execute("""
        select risk.risk_score, truth.risk_score, (not truth.returned_within_horizon)::int
        from public_fits.stg_survival__risks as risk join truth.return_risk as truth using (user_id)
        where not risk.is_churned and risk.idle_days = truth.idle_days order by risk.user_id""").fetchall(),
        dtype=float).T


def calibration_slope(score, outcome):
    """Return the slope of logit(outcome) on logit(score), by Newton's method."""
    design = np.column_stack([np.ones_like(score), np.log(score / (1 - score))])
    beta = np.zeros(2)
    for _ in range(25):
        p = 1 / (1 + np.exp(-design @ beta))
        beta += np.linalg.solve(design.T @ (design * (p * (1 - p))[:, None]), design.T @ (outcome - p))
    return beta[1]


def test_risk_is_as_good_as_the_true_hazards(warehouse):
    """Slope 0.8 to 1.2, and a Brier score within 5% of the one that the true hazards have on the same outcomes."""
    said, true, stayed = active_risks(warehouse)
    assert len(said) > 500
    assert 0.8 < calibration_slope(said, stayed) < 1.2
    assert np.mean((said - stayed) ** 2) < 1.05 * np.mean((true - stayed) ** 2)


def test_the_run_holds_its_validation_and_shows_it(school, warehouse, monkeypatch):
    found = warehouse.execute("select diagnostics from survival_fit_meta order by fitted_at desc limit 1").fetchone()[0]
    landmarks = found["validation"]
    assert [one["landmark_days"] for one in landmarks] == [14, 28, 42, 56]
    assert {one["lookback_days"] for one in landmarks} == {90}
    assert all(one["brier_skill"] > 0 and one["brier_skill_idle"] > 0 and one["reason"] is None for one in landmarks)
    assert found["folds"]["integrated_brier_skill"] > 0 and found["folds"]["concordance"] > 0.55
    screen = Console(file=io.StringIO(), width=80)
    monkeypatch.setattr(terminal, "out", screen)
    run_tables.print_runs(run_tables.read_runs(school.settings, "survival", 3))
    shown = screen.file.getvalue()
    for words in ("survival_run_summary__landmarks", "landmark_days", "calibration_slope", "precision",
                  "integrated_brier_skill", "log_active_days", "remedy"):
        assert words in shown, shown


def test_no_answer_is_lost(warehouse):
    for source, rows_in, attempts, rejected, duplicates, left_out in warehouse.execute("""
            select source, rows_in, attempts, rejected, duplicates, left_out
            from attempt_reconciliation""").fetchall():
        assert rows_in == attempts + rejected + duplicates + left_out, source


def test_every_dirty_row_ends_as_it_must(warehouse):
    """Each planted row is kept, found among the rejected, or no answer at all; never lost and never in the way."""
    astray = warehouse.execute("""
        select planted.kind, planted.row_key, planted.position, planted.expected,
            exists (select from attempt where exam_result_id::text = planted.row_key
                    and (planted.position is null or attempt.position = planted.position)) as kept,
            exists (select from attempt_rejected as rejected where rejected.source_key = planted.row_key
                    and (planted.position is null or rejected.position in (0, planted.position))) as rejected
        from truth.dirty_row as planted where planted.source = 'exam_results'""").fetchall()
    assert len(astray) > 30
    wrong = [row for row in astray
             if (row[4], row[5]) != {"kept": (True, False), "rejected": (False, True)}.get(row[3], (False, False))]
    assert not wrong


def test_values_of_dirty_rows_are_read_as_planned(warehouse):
    """Where the plan says `hints is 1` or `response_time_ms is null`, the attempt says so too."""
    planned = warehouse.execute("""
        select planted.kind, to_jsonb(attempt) ->> split_part(detail, ' is ', 1), split_part(detail, ' is ', 2)
        from truth.dirty_row as planted
        join attempt on attempt.exam_result_id::text = planted.row_key and attempt.position = planted.position
        where detail ~ '^(item_id|hints|response_time_ms|topic_id) is '""").fetchall()
    assert len(planned) > 8
    assert not [row for row in planned if (row[1] or "null") != row[2]]


def test_kpis_of_the_last_week_come_from_the_fit(warehouse):
    sources = dict(warehouse.execute("""
        select kpis ->> 'S_source', count(*) from weekly_kpi
        where week_start = (select max(week_start) from weekly_kpi) group by 1""").fetchall())
    assert sources.get("survival", 0) > 300
    outside = warehouse.execute("""
        select count(*) from weekly_kpi where (kpis ->> 'S')::numeric not between 0 and 1
            or (kpis ->> 'I_t')::numeric not between -1 and 1 or (kpis ->> 'A_t')::numeric not between 0 and 1""")
    assert outside.fetchone() == (0,)


def test_every_null_has_its_reason(warehouse):
    unexplained = warehouse.execute("""
        select count(*) from weekly_kpi, jsonb_each(kpis) as part
        where part.value = 'null' and not kpis -> 'null_reasons' ? part.key""").fetchone()
    assert unexplained == (0,)
