"""Records that tests make reports from: a learner of whom everything is known, and one of whom nothing is."""

from datetime import date, timedelta

import numpy as np

from reports.sources.class_records import ClassRecord, Member
from reports.sources.records import (
    AbilityWeek,
    Bank,
    Day,
    Goal,
    Growth,
    KpiWeek,
    LearnerRecord,
    Level,
    ReviewItem,
    School,
    Segment,
    Solved,
    TopicWork,
    Week,
)

WEEK = Week(date(2026, 6, 22))
SUNDAY = WEEK.sunday
AIM = {"target": 0.4, "target_date": date(2026, 7, 26)}
REASONS = [{"feature": "log_mean_gap", "effect": 0.55}, {"feature": "e_t_missing", "effect": 0.74},
           {"feature": "is_unheard_of", "effect": 0.82}]


def learner(user_id="learner-1", **parts):
    """Return a record of whom everything is known, with `parts` in place of its own."""
    weeks = [WEEK.start - timedelta(days=7 * n) for n in range(11, -1, -1)]
    whole = {
        "kpis": (KpiWeek(user_id, weeks[-2], 0.02, 0.1, 0.5, 0.4, 0.5, "bayesian", "survival", "theta", 40, **AIM),
                 KpiWeek(user_id, weeks[-1], 0.21, 0.0, 0.56, 0.55, 0.79, "bayesian", "survival", "theta", 46, **AIM)),
        "abilities": tuple(AbilityWeek(user_id, week, level := -0.5 + 0.1 * n, 0.3, 12, level, 0.3)
                           for n, week in enumerate(weeks)),
        "levels": (Level(user_id, 0.3, 0.2),),
        "growth": (Growth(user_id, SUNDAY, 0.79, 0.3, 0.6, 0.1, 1.1, 0.4, date(2026, 7, 26), 0.05, 0.02),),
        "topics": (TopicWork(user_id, "algebra", 20, 16, 0.9, 0.3, 0.6, 0.3, True),
                   TopicWork(user_id, "дроби", 14, 4, -0.5, 0.3, -0.8, 0.3, True), TopicWork(user_id, "확률", 3, 2)),
        "days": (Day(user_id, WEEK.start - timedelta(days=2), 9, 4, 300), Day(user_id, WEEK.start, 12, 7, 900),
                 Day(user_id, WEEK.start + timedelta(days=3), 5, 3, None)),
        "goals": (Goal(user_id, "algebra", 0.4, date(2026, 7, 26), 2), Goal(user_id, "확률", 1.0, None, None)),
        "solved": (Solved(user_id, ["i1"]),),
        "segments": (Segment(user_id, SUNDAY, 3, 0.2, {"recovery": -1.2, "sessions": 0.9, "attempts": 0.1}),),
    }
    return LearnerRecord(user_id, WEEK, **(whole | parts))


def stranger(user_id="stranger", **parts):
    """Return a record of whom nothing is known but that the week is there."""
    reasons = {"I_t": "no_previous_window", "E_t": "too_few_answers", "R_t": "no_retried_items", "A_t": "no_activity",
               "P": "no_published_fit"}
    bare = {"kpis": (KpiWeek(user_id, WEEK.start, s_source="heuristic", null_reasons=reasons),)}
    return LearnerRecord(user_id, WEEK, **(bare | parts))


def school(**parts):
    """Return a school in which every fit has a run."""
    n = 60
    bank = Bank([f"i{at}" for at in range(n)], [["algebra", "дроби", "확률"][at % 3] for at in range(n)],
                [f"What is {at} + 1?" for at in range(n)], np.linspace(0.6, 1.6, n), np.linspace(-2.5, 2.5, n),
                np.where(np.arange(n) % 4, 0.0, 0.2))
    review = (ReviewItem("i7", "What is 7 + 1?", "algebra", "drift,misfit", True, -0.4, 500),)
    whole = {"week": WEEK, "runs": {fit: SUNDAY - timedelta(days=40 * (fit == "segments"))
                                    for fit in ("irt", "growth", "survival", "segments")},
             "bank": bank, "topic_spread": 0.3, "review": review}
    return School(**(whole | parts))


def empty_school():
    """Return a school in which no fit has run."""
    return school(runs={}, bank=Bank([], [], [], np.zeros(0), np.zeros(0), np.zeros(0)),
                  topic_spread=None, review=(), is_bank_current=False)


def member(user_id, classroom_id="class-1", **parts):
    """Return a learner of a class who needs no attention, with `parts` in place of its own."""
    whole = {"i_t": 0.1, "p": 0.6, "s": 0.2, "s_source": "survival", "theta": 0.1, "se": 0.2, "is_level_known": True,
             "change": 0.1, "change_se": 0.3, "reasons": REASONS, "answers": 10, "correct": 6,
             "last_active": SUNDAY, "target_date": date(2026, 7, 26)}
    return Member(classroom_id, user_id, **(whole | parts))


def classroom(*members, classroom_id="class-1", name="5B"):
    """Return a class of `members`."""
    return ClassRecord(classroom_id, name, 5, WEEK, members)
