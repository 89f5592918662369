"""The first sentence and the one number: for all combinations of facts, what is said is true."""

import itertools
from datetime import timedelta

from report_builders import WEEK, learner, stranger

from reports.content.praise import WeekFacts, number, praise, week_facts
from reports.content.sentences import MISSED_DAYS
from reports.content.weeks import past_weeks, usual_days
from reports.pages.words import LANGUAGES, Words, catalogue
from reports.sources.records import Day

COUNTS = (0, 1, 2, 4, 5, 7, 40)


def every_combination():
    """Yield all facts that can be: no more right than answers, no more days than answers, and what follows."""
    for answers, right, days, before, away, risen, finished, earlier in itertools.product(
            COUNTS, COUNTS, range(8), (0, 1, 5, 40), (0, 2, 9), (False, True), (False, True), (0, 1, 3)):
        if right > answers or days > answers or (days == 0) != (answers == 0):
            continue
        if away and (before or not answers or not earlier):
            continue
        for days_before in range(1, min(before, 7) + 1) if before else (0,):
            weeks = (answers > 0) + (before > 0) + earlier
            shown = answers + before + 3 * earlier
            yield WeekFacts(answers, right, days, before, days_before, away, risen, finished, weeks, shown)


TRUE = {
    "finished": lambda f, v: f.is_finished,
    "risen": lambda f, v: f.has_risen and f.answers > 0,
    "back": lambda f, v: f.answers > 0 and v["weeks"] == f.weeks_away >= 2,
    "often": lambda f, v: v["days"] == f.active_days >= 4,
    "accurate": lambda f, v: v == {"answers": f.answers, "right": f.right} and 0.8 * f.answers <= f.right >= 4,
    "more": lambda f, v: v["answers"] == f.answers > v["before"] == f.answers_before > 0,
    "one_right": lambda f, v: f.answers == 1 and f.right == 1,
    "right": lambda f, v: v == {"answers": f.answers, "right": f.right} and f.answers > 1 and 2 * f.right >= f.answers,
    "one_tried": lambda f, v: f.answers == 1 and f.right == 0,
    "tried": lambda f, v: v["answers"] == f.answers > 1 and 2 * f.right < f.answers,
    "week_before": lambda f, v: f.answers == 0 and v["days"] == f.active_days_before > 0,
    "weeks": lambda f, v: f.answers == f.answers_before == 0 and v["weeks"] == f.active_weeks > 0,
    "start": lambda f, v: f.answers == f.answers_shown == 0}


def test_every_sentence_is_true_and_each_is_used():
    seen = set()
    for facts in every_combination():
        first = praise(facts)
        assert TRUE[first.key](facts, first.values), (facts, first)
        seen.add(first.key)
    assert seen == set(TRUE) == {key.removeprefix("praise.") for key in catalogue("en") if key.startswith("praise.")}


def test_every_sentence_has_its_numbers_in_every_language():
    for facts in every_combination():
        first = praise(facts)
        for language in LANGUAGES:
            said = Words(language)(f"praise.{first.key}", **first.values)
            assert "{" not in said
            plural = [f"1 {word}" for word in ("questions", "answers", "weeks", "days") if f" 1 {word}" in f" {said}"]
            assert not plural, said


def test_the_number_is_of_the_week_else_of_all_weeks_else_none():
    for facts in every_combination():
        shown = number(facts)
        if facts.answers:
            assert (shown.key, shown.values) == ("week", {"answers": facts.answers})
        elif facts.answers_shown:
            assert (shown.key, shown.values) == ("weeks", {"answers": facts.answers_shown})
        else:
            assert shown is None


def facts_of(record):
    return week_facts(record, past_weeks(record), has_risen=False, is_finished=False)


def test_facts_are_counted_from_the_days():
    assert facts_of(learner()) == WeekFacts(17, 10, 2, 9, 1, 0, False, False, 2, 26)
    assert facts_of(stranger()) == WeekFacts(0, 0, 0, 0, 0, 0, False, False, 0, 0)


def test_a_break_is_counted_in_whole_weeks_without_an_answer():
    """From the day after the last answer to the day before the next."""
    for gap in range(1, 60):
        record = learner(days=(Day("learner-1", WEEK.start - timedelta(days=gap), 3, 1, None),
                               Day("learner-1", WEEK.start, 3, 1, None)))
        assert facts_of(record).weeks_away == ((gap - 1) // 7 if gap - 1 >= MISSED_DAYS else 0)


def test_usual_days_hold_at_least_half_of_the_weeks_and_need_a_few():
    for days in itertools.product((0, 1, 3, 7), repeat=5):
        weeks = past_weeks(learner(abilities=(), days=tuple(
            Day("learner-1", WEEK.start - timedelta(days=7 * (5 - at) - day), 2, 1, None)
            for at, n in enumerate(days) for day in range(n))))
        usual = usual_days(weeks)
        counted = list(itertools.dropwhile(lambda n: n == 0, days))
        if len(counted) < 4:
            assert usual is None
            continue
        inside = sum(usual.lower <= n <= usual.upper for n in counted)
        assert usual.n_weeks == len(counted) and 2 * inside >= len(counted)
        assert usual.lower in counted and usual.upper in counted
        assert usual.since == WEEK.start - timedelta(days=7 * len(counted))
