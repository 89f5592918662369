"""Which sentence holds, over every combination of what may be known of a learner."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from reports.content import sentences
from reports.content.sentences import MISSED_DAYS, Situation
from reports.pages.words import LANGUAGES, catalogue

IDLE = (None, 0, 6, 7, 13, 14, 40)
AGES = (None, 0, 7, 14, 42)
FLAGS = (False, True)
CHANGES = ("", "up", "down", "same")
EVERY = [Situation(*state) for state in product(IDLE, FLAGS, FLAGS, FLAGS, CHANGES, FLAGS, AGES, FLAGS)]
PROMISES = ("level_new",)  # sentences about what can be said later
OF_THOSE_WHO_ANSWERED = ("steady", "practised")


def said(now):
    """All that a page says in one situation."""
    return {"activity": sentences.activity(now), "level": sentences.level(now),
            "two_weeks": sentences.two_weeks(now), "keeping": sentences.keeping_at_it(now),
            "practise": sentences.advises_practice(now)}


@pytest.fixture(scope="module")
def pages():
    return [(now, said(now)) for now in EVERY]


def test_the_product_holds_thousands_of_situations():
    assert len(EVERY) == 7 * 2**3 * 4 * 2 * 5 * 2 == len(set(EVERY))


def test_only_those_without_an_answer_in_two_weeks_who_are_not_finished_are_missed(pages):
    for now, page in pages:
        away = now.idle_days is None or now.idle_days >= MISSED_DAYS
        assert (page["keeping"] == "missed") == (away and not now.is_finished), now
        if page["activity"] == "missed":
            assert away and not now.is_finished and not now.is_active, now


def test_who_answered_this_week_reads_nothing_of_an_absence(pages):
    for now, page in pages:
        assert (page["activity"] == "") == (now.is_active or now.is_finished), now
        if now.is_active:
            assert page["keeping"] in (*OF_THOSE_WHO_ANSWERED, "finished"), now
        else:
            assert page["keeping"] not in OF_THOSE_WHO_ANSWERED, now


def test_a_good_rhythm_is_two_weeks_in_a_row(pages):
    assert all(now.is_active and now.answered_before for now, page in pages if page["keeping"] == "steady")


def test_whoever_is_finished_is_congratulated_and_nothing_else(pages):
    for now, page in pages:
        assert (page["keeping"] == "finished") == now.is_finished, now
        if now.is_finished:
            assert not page["practise"] and page["activity"] != "missed" and page["level"] not in PROMISES, now


def test_no_promise_to_the_inactive_nor_beside_a_change_that_is_stated(pages):
    for now, page in pages:
        if page["level"] in PROMISES:
            assert now.is_active and not now.is_finished and now.point_age_days == 0, now
            assert not now.change and not now.is_improvement_known, now


def test_nothing_is_said_of_a_level_that_is_not_known(pages):
    for now, page in pages:
        if not now.is_level_known:
            assert not page["level"] and not page["two_weeks"] and not page["practise"], now
        else:
            assert page["level"], now


def test_a_change_is_named_where_it_is_known_and_only_there(pages):
    for now, page in pages:
        if now.is_level_known and now.change:
            assert page["level"] == f"level_{now.change}", now
        else:
            assert page["level"] not in ("level_up", "level_down", "level_same"), now


def test_growth_is_stated_only_of_those_who_practise_and_only_beyond_its_error(pages):
    for now, _ in pages:
        for slope, sd in ((0.0, 0.1), (0.1, 0.1), (-0.1, 0.1), (0.1, 0.01), (-0.1, 0.01)):
            found = sentences.pace(now, slope, sd)
            assert (found == "") == (now.is_missed or now.is_finished), now
            if found in ("pace_up", "pace_down"):
                assert slope * (1 if found == "pace_up" else -1) - 1.645 * sd > 0


def test_two_weeks_are_the_last_with_answers_only_if_none_came_since(pages):
    for now, page in pages:
        answers_since = (now.idle_days is not None and now.point_age_days is not None
                         and now.idle_days < now.point_age_days)
        if page["two_weeks"] == "old":
            assert not answers_since and now.point_age_days > 0, now
        if page["two_weeks"] == "overtaken":
            assert answers_since and now.point_age_days > 0, now
        if page["two_weeks"] == "now":
            assert now.point_age_days == 0, now


def test_the_page_points_to_questions_only_if_it_lists_some(pages):
    assert all(now.has_practice and now.change == "down" for now, page in pages if page["practise"])


def test_every_name_has_words_and_all_words_are_said_somewhere(pages):
    keys = {f"{prefix}.{page[part]}" for _, page in pages
            for part, prefix in (("activity", "summary"), ("level", "summary"), ("two_weeks", "level"),
                                 ("keeping", "keeping")) if page[part]}
    for language in LANGUAGES:
        assert keys <= set(catalogue(language))
    families = {key for key in catalogue("en") if key.startswith(("summary.", "keeping."))}
    assert families - keys == {"summary.heading", "keeping.heading", "summary.practise", "summary.closed"}


def test_a_teacher_reads_of_an_absence_only_where_there_is_one():
    sources = (None, "survival", "heuristic", "churned", "finished")
    for answered, s, source in product(FLAGS, (None, 0.0, 0.69, 0.7, 1.0), sources):
        found = sentences.absence(answered, s, source)
        assert not found or f"attention.kind.{found}" in catalogue("en")
        assert not (answered and found in ("away", "risk_heuristic"))
        assert not (source == "finished" and found)
        assert (found == "away") == (source == "churned" and not answered)
        if found in ("risk", "risk_heuristic"):
            assert s >= 0.7 and (found == "risk_heuristic") == (source == "heuristic")


GOALS = [(ahead, dated, target, level) for ahead, dated, target in product(FLAGS, FLAGS, (-1.0, 0.4, 2.0))
         for level in (None, (0.4, 0.01), (0.5, 0.2), (0.0, 3.0), (-2.0, 0.1), (1.9, 0.1))]


def test_a_goal_ahead_is_open_and_a_passed_one_is_passed():
    for ahead, dated, target, level in GOALS:
        found = sentences.goal(ahead, dated, target, level)
        assert f"growth.goal.{found}" in catalogue("en")
        assert ahead == (found in ("ahead", "open"))
        if ahead:
            assert (found == "ahead") == dated


def test_a_passed_goal_was_reached_or_missed_only_beyond_the_levels_error():
    for _, dated, target, level in GOALS:
        found = sentences.goal(False, dated, target, level)
        assert (found == "over_unknown") == (level is None)
        if found == "reached":
            assert level[0] - 1.645 * level[1] >= target
        if found == "missed":
            assert level[0] + 1.645 * level[1] <= target
        if found == "over":
            assert abs(level[0] - target) < 1.645 * level[1]


def test_the_reason_for_no_growth_is_the_one_that_holds():
    for has_run, is_old, in_use in product(FLAGS, FLAGS, FLAGS):
        found = sentences.growth_reason(has_run, is_old, in_use)
        assert f"missing.why.{found}" in catalogue("en")
        assert (found == "no_run.growth") == (not has_run)
        assert (found == "fit_too_old") == (has_run and is_old)
        assert (found == "unknown_to_model") == (has_run and not is_old and in_use)


METHODS = (None, "theta", "accuracy", "normal", "bayesian")


def test_numbers_stand_side_by_side_only_if_method_and_aim_are_the_same():
    for one, other, aim, aim_before in product(METHODS, METHODS, (None, (0.4, None)), (None, (0.4, None), (0.5, None))):
        assert sentences.is_comparable(one, other, aim, aim_before) == (one == other and aim == aim_before)


def test_nobody_is_missed_while_the_school_is_closed():
    for now in EVERY:
        closed = replace(now, closed_until=date(2024, 8, 31))
        assert not closed.is_missed
        quiet = not (now.is_active or now.is_finished)
        assert sentences.activity(closed) == ("closed" if quiet else sentences.activity(now))
