"""R_t and the reasons of a whole school, each against an implementation of its own; `finished` is in tests/e2e."""

import csv
import json
import math
from functools import cache
from itertools import product

import pandas as pd
import pytest

from orchestration.settings import PROJECT_DIR
from python_models.warehouse.connection import connect

COVARIATES = ("is_all_solved", "log_items_left", "is_first_day", "log_tenure", "log_mean_gap", "log_active_days")
NOTHING = "days without an answer"


@pytest.fixture(scope="module")
def warehouse(small_school):
    with connect(small_school.database_url) as connection:
        yield connection


def table(warehouse, query):
    cursor = warehouse.execute(query)
    return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])


def test_every_recovery_equals_one_computed_from_the_text(warehouse):
    """Of the items tried again in 28 days after a wrong answer at most 180 days before, the share then right."""
    answers = table(warehouse, """
        select user_id, item_id, attempt_no, correct, date_trunc('day', completed_at at time zone 'UTC') as day
        from attempt order by user_id, item_id, attempt_no""")
    weeks = table(warehouse, "select user_id, as_of, r_t, null_reasons ->> 'R_t' as why from weekly_kpi_flat")
    before = answers.groupby(["user_id", "item_id"])[["correct", "day"]].shift()
    wait = (answers.day - before.day).dt.days
    retries = answers[(before["correct"] == False) & (wait <= 180)]  # noqa: E712 - null is not False
    weeks["as_of"] = pd.to_datetime(weeks.as_of)
    judged = weeks[["user_id", "as_of"]].merge(retries[["user_id", "item_id", "attempt_no", "day"]], on="user_id")
    judged = judged[(judged.day <= judged.as_of) & (judged.as_of - judged.day < pd.Timedelta(days=28))]
    first = judged.groupby(["user_id", "as_of", "item_id"]).attempt_no.min().reset_index()
    later = first.merge(answers[answers.correct], on=["user_id", "item_id"], suffixes=("", "_right"))
    recovered = later[(later.attempt_no_right >= later.attempt_no) & (later.day <= later.as_of)]
    keys = ["user_id", "as_of"]
    counts = pd.DataFrame({
        "retried": first.groupby(keys).item_id.nunique(),
        "recovered": recovered.groupby(keys).item_id.nunique()}).reindex(
            pd.MultiIndex.from_frame(weeks[keys]), fill_value=0).fillna(0)
    retried, share = counts.retried.to_numpy(), (counts.recovered / counts.retried).to_numpy()
    known = weeks.r_t.notna().to_numpy()
    assert known.sum() > 500 and (~known).sum() > 500
    assert (known == (retried >= 3)).all()
    assert abs(weeks.r_t.astype(float).to_numpy()[known] - share[known]).max() < 1e-6
    why = ["no_retried_items" if n == 0 else "too_few_retried_items" if n < 3 else None for n in retried]
    assert weeks.why.where(weeks.why.notna(), None).tolist() == why


@cache
def words():
    with (PROJECT_DIR / "dbt_project" / "seeds" / "covariate_words.csv").open(encoding="utf-8") as file:
        return {row["feature"]: row for row in csv.DictReader(file)}


def reasons_by_hand(contributions):
    """(feature, label, effect) of up to three facts, most first."""
    facts = {}
    for term in contributions:
        row = words().get(term["feature"], {"fact": term["feature"], "is_indicator": "false"})
        facts.setdefault(row["fact"], []).append((term, row))
    found = []
    for terms in facts.values():
        total = sum(term["contribution"] for term, _ in terms)
        holding = [(row["is_indicator"] != "true", term["contribution"], term["feature"], term, row)
                   for term, row in terms if row["is_indicator"] != "true" or term["value"] == 1]
        if total < math.log(0.95) and holding:
            *_, feature, term, row = min(holding, key=lambda one: one[:3])
            missing = term["value"] is None
            label = (missing and row.get("label_when_missing")) or row.get("label") or feature
            found.append((total, feature + "_missing" * missing, label))
    return [(feature, label, math.exp(total)) for total, feature, label in sorted(found)[:3]]


def in_words(reasons):
    """Percents as SQL rounds them: half away from zero."""
    return "; ".join(f"{label} (-{math.floor(100 * (1 - effect) + 0.5)}%)" for _, label, effect in reasons) or NOTHING


def test_watchlist_alerts_and_reports_give_every_learner_the_same_reasons(warehouse):
    terms = {(run, user): reasons_by_hand(contributions) for run, user, contributions in warehouse.execute(
        "select run_id, user_id, contributions from survival_risk").fetchall()}
    newest, = warehouse.execute("select run_id from public_fits.stg_survival__risks where is_newest").fetchone()
    shown = warehouse.execute("select user_id, reasons from churn_watchlist").fetchall()
    alerted = warehouse.execute("select run_id, user_id, reasons from churn_alert").fetchall()
    reported = warehouse.execute("""
        select user_id, reasons from report_risk where report_week = (select max(report_week) from report_risk)
        """).fetchall()
    assert len(shown) > 100 and alerted and len(reported) > 100
    assert not [user for user, text in shown if text != in_words(terms[newest, user])]
    assert not [user for run, user, text in alerted if text != in_words(terms[run, user])]
    wrong = [user for user, reasons in reported
             if [(one["feature"], round(one["effect"], 9)) for one in reasons]
             != [(feature, round(effect, 9)) for feature, _, effect in terms[newest, user]]]
    assert not wrong
    assert len({text for _, text in shown}) > 50  # the comparison is of many different reasons


def test_no_two_reasons_code_one_fact_whatever_the_terms_are(warehouse):
    """All combinations of signs of six covariates that code three facts, of both indicators and of a missing gap."""
    cases = {}
    for number, (signs, solved, first, gap) in enumerate(product(
            product((-0.7, 0.0, 0.3), repeat=len(COVARIATES)), (0, 1), (0, 1), (None, 1.5))):
        values = {"is_all_solved": solved, "is_first_day": first, "log_mean_gap": gap}
        cases[f"case {number}"] = [{"feature": feature, "contribution": sign, "value": values.get(feature, 1.0)}
                                   for feature, sign in zip(COVARIATES, signs, strict=True)]
    facts = {row["label"]: row["fact"] for row in words().values()} | {
        row["label_when_missing"]: row["fact"] for row in words().values() if row["label_when_missing"]}
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("create temporary table cases (user_id text, contributions jsonb)")
        with warehouse.cursor().copy("copy cases from stdin") as copy:
            for user, contributions in cases.items():
                copy.write_row((user, json.dumps(contributions)))
        warehouse.execute("""
            insert into fit_run (run_id, fit, as_of, status, params, started_at)
            select 'cases', 'survival', max(as_of), 'published', '{}', clock_timestamp() from fit_run
            where fit = 'survival'""")
        warehouse.execute("""
            insert into survival_risk (run_id, fitted_at, user_id, risk_score, idle_days, status, contributions)
            select 'cases', now(), user_id, 0.5, 3, 'active', contributions from cases""")
        shown = dict(warehouse.execute("select user_id, reasons from churn_watchlist").fetchall())
    assert shown.keys() == cases.keys()
    assert not [user for user in cases if shown[user] != in_words(reasons_by_hand(cases[user]))]
    for user, text in shown.items():
        labels = [] if text == NOTHING else [part.rsplit(" (", 1)[0] for part in text.split("; ")]
        values = {term["feature"]: term["value"] for term in cases[user]}
        assert len({facts[label] for label in labels}) == len(labels), text
        assert "all items solved" not in labels or values["is_all_solved"] == 1
        assert "items not solved yet" not in labels or values["is_all_solved"] == 0
