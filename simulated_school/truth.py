"""Schema `truth`: the parameters behind the simulated school, for tests that recover them. No model may read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, LiteralString

import numpy as np
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from simulated_school.binary_copy import fill_table
from simulated_school.school import (
    BETA,
    HORIZON_DAYS,
    WEEKDAY_HAZARD,
    School,
    baseline_rates,
)

TABLES = ("school", "learner", "learner_type", "item", "hazard_coefficient", "baseline", "weekday_effect",
          "return_risk", "weekly_theta", "dirty_row", "disturbance")

STATEMENTS: list[LiteralString] = [
    "create table truth.school (parameters jsonb not null, counts jsonb not null)",
    """create table truth.dirty_row (
        kind text, source text, row_key text, position int,
        expected text check (expected in ('kept', 'rejected', 'no_attempt')), detail text)""",
    # theta in a week = theta0 + slope * ISO weeks since the week of start_date
    """create table truth.learner as
        select name as user_id, theta0, slope, %(first_day)s::date + start_day::int as start_date
        from simulated_learner join simulated_id on number = learner""",
    "alter table truth.learner add primary key (user_id)",
    # 1 to n, the types planted; 0 in a school of one kind
    """create table truth.learner_type as
        select name as user_id, kind::int as learner_type
        from simulated_learner join simulated_id on number = learner""",
    """create table truth.item as
        select item_id::text as item_id, name as topic_id, a, b, c
        from simulated_item join simulated_topic on number = topic""",
    "alter table truth.item add primary key (item_id)",
    # risk_score: probability of no answer in the 14 days after as_of, given the days idle
    """create table truth.return_risk as
        select name as user_id, idle_days::int as idle_days, risk_score, returned as returned_within_horizon
        from simulated_learner join simulated_id on number = learner""",
    "alter table truth.return_risk add primary key (user_id)",
    """create table truth.weekly_theta as
        select user_id, monday::date as week_start,
               theta0 + slope * ((monday::date - date_trunc('week', start_date::timestamp)::date) / 7) as theta
        from truth.learner
        cross join lateral generate_series(
            date_trunc('week', start_date::timestamp), date_trunc('week', %(as_of)s::date::timestamp),
            interval '7 days') as monday""",
    # chance to return u days after an active day, not having been back before, at x = 0 and weekday factor 1
    """create table truth.baseline as
        select day::int as day, 1 - exp(-rate) as hazard, rate from simulated_baseline""",
    # weekday: 1 Monday to 7 Sunday, of the day of return; multiplies the rate
    "create table truth.weekday_effect as select weekday::int as weekday, factor from simulated_weekday",
    # what was planted: size multiplies answers and active_learners, and is added to accuracy on the logit scale
    "create table truth.disturbance (what text, week_start date, weeks int, size double precision)",
    "create table truth.hazard_coefficient (term text primary key, value double precision not null)"]


def write_truth(cursor: psycopg.Cursor[Any], school: School) -> None:
    """Rebuild the truth tables from the staged history; `dirty_row` and `school` stay empty for now."""
    cursor.execute("create schema if not exists truth")
    for table in TABLES:
        cursor.execute(sql.SQL("drop table if exists truth.{}").format(sql.Identifier(table)))
    rates = baseline_rates(school.days + HORIZON_DAYS)
    fill_table(cursor, "simulated_baseline", {"day": np.arange(1, rates.size), "rate": rates[1:]})
    fill_table(cursor, "simulated_weekday", {"weekday": np.arange(1, 8), "factor": np.array(WEEKDAY_HAZARD)})
    for statement in STATEMENTS:
        cursor.execute(statement, {"first_day": school.first_day, "as_of": school.as_of})
    cursor.executemany("insert into truth.hazard_coefficient values (%s, %s)", list(BETA.items()))
    monday = school.first_day - timedelta(days=school.first_day.weekday())
    cursor.executemany("insert into truth.disturbance values (%s, %s, %s, %s)", [
        (one.what, monday + timedelta(weeks=one.week), one.weeks, one.size) for one in school.disturbances])


def record_school(cursor: psycopg.Cursor[Any], parameters: dict[str, Any], counts: dict[str, int]) -> None:
    """Write the row by which a later run recognizes this school and its numbers of rows."""
    cursor.execute("insert into truth.school values (%s, %s)", [Jsonb(parameters), Jsonb(counts)])
