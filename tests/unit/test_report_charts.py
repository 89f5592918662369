"""Charts of the reports: lines and bands break where weeks are missing or withheld, and axes say what they show."""

import itertools
import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from report_builders import WEEK, classroom, empty_school, learner, member, school

from reports.charts import report_charts
from reports.charts.stretches import alone, stretches
from reports.content.classroom import Bar
from reports.content.learner import learner_content
from reports.pages.render import page
from reports.sources.records import AbilityWeek, Day

MONDAYS = [WEEK.start - timedelta(days=7 * age) for age in range(11, -1, -1)]
DAY_MS = 24 * 3600 * 1000
PATTERNS = ["s" * 12, "w" * 12, "." * 11 + "s", "s" + "." * 10 + "s", "sw" * 6, "ssws.sss.wws",
            *("".join(random.Random(seed).choices("sw.", (3, 1, 1), k=12)) for seed in range(60))]
AXES = report_charts.Axes("Week", "Level", "%Y-%m-%d")


def content_of(pattern):
    """Return the content of a learner whose weeks are shown (s), withheld (w) or without answers (.)."""
    weeks = list(zip(MONDAYS, pattern, strict=True))
    return learner_content(learner(
        abilities=tuple(AbilityWeek("learner-1", monday, 0.1 * at, 0.3, 9, 0.1 * at, 0.3)
                        for at, (monday, state) in enumerate(weeks) if state == "s"),
        days=tuple(Day("learner-1", monday + timedelta(days=2), 5, 3, 60) for monday, state in weeks if state != ".")),
        school())


@pytest.mark.parametrize("kept", [kept for n in range(7) for kept in itertools.combinations(range(6), n)])
def test_two_weeks_are_joined_exactly_if_no_week_between_is_missing(kept):
    numbers = stretches([WEEK.start + timedelta(days=7 * at) for at in kept])
    for (one, week), (other, later) in itertools.combinations(zip(numbers, kept, strict=True), 2):
        assert (one == other) == all(between in kept for between in range(week, later))
    lonely = [at - 1 not in kept and at + 1 not in kept for at in kept]
    assert alone(numbers) == lonely


@pytest.mark.parametrize("pattern", PATTERNS)
def test_marks_of_the_level_are_those_of_the_weeks(pattern):
    rows = report_charts.ability_rows(content_of(pattern))
    first = report_charts._ms(MONDAYS[0])
    places = [round((row["day"] - first) / (7 * DAY_MS)) for row in rows["weeks"]]
    assert places == [place for place, state in enumerate(pattern) if state == "s"]
    for (one, place), (other, later) in itertools.combinations(zip(rows["weeks"], places, strict=True), 2):
        assert (one["stretch"] == other["stretch"]) == (set(pattern[place:later + 1]) == {"s"})
    assert [round((row["day"] - first) / (7 * DAY_MS)) for row in rows["withheld"]] == [
        place for place, state in enumerate(pattern) if state == "w"]
    padded = f".{pattern}."
    assert len(rows["alone"]) == sum(padded[place] == "s" and "s" not in padded[place - 1] + padded[place + 1]
                                     for place in range(1, 13))


@pytest.mark.parametrize("pattern", PATTERNS[:12])
def test_the_drawing_has_one_line_for_each_stretch(pattern):
    svg = report_charts.ability(content_of(pattern), AXES)
    drawn = [path for group in re.findall(r'<g class="mark-line role-mark[^"]*"[^>]*>(.*?)</g>', svg)
             for path in re.findall(r' d="([^"]*)"', group)]
    joined = [run for run in re.findall("s+", pattern) if len(run) > 1]
    assert sorted(path.count("L") for path in drawn if "L" in path) == sorted(len(run) - 1 for run in joined)


def test_every_kind_of_mark_that_is_drawn_is_in_the_legend_and_no_other():
    kinds = {"line": "Line and dots", "alone": "Dot with a bar", "withheld": "Cross", "goal": "Diamond",
             "target": "Dashed"}
    for pattern in PATTERNS[:20]:
        content = content_of(pattern)
        if not content.ability:
            continue
        rows, markup = report_charts.ability_rows(content), page(content.record, school(), ["en"])
        drawn = {kind for kind in ("alone", "withheld", "goal", "target") if rows[kind]}
        drawn |= {"line"} if len(rows["weeks"]) > len(rows["alone"]) else set()
        legend = re.search(r"<figcaption>(.*?)</figcaption>", markup, re.S)[1]
        assert {kind for kind, words in kinds.items() if words in legend} == drawn, pattern
    no_goal = page(learner(goals=()), school(), ["en"])
    assert "Dashed:" not in no_goal and "stroke-dasharray" not in no_goal.split("Your level over")[1].split("</svg>")[0]


@pytest.mark.parametrize(("language", "titles"), [
    ("en", {"Week beginning on", "Level in points", "Days with practice"}),
    ("ko", {"주의 시작일", "실력(점)", "공부한 날"})])
def test_axes_have_titles_and_days_have_their_year(language, titles):
    markup = page(learner(), school(), [language])
    drawings = re.findall(r"<svg.*?</svg>", markup, re.S)
    assert len(drawings) == 2
    said = [re.findall(r"<text[^>]*>([^<]+)</text>", drawing) for drawing in drawings]
    assert titles == titles & {text for texts in said for text in texts}
    for texts in said:
        days = [text for text in texts if re.search(r"\d{4}", text)]
        assert 2 <= len(days) <= 3 and all("2026" in day for day in days), texts
    of_class = page(classroom(member("a"), member("b")), school(), ["en"])
    assert ">Level in points</text>" in of_class and ">Learners</text>" in of_class


def test_what_was_expected_of_a_day_that_has_passed_is_not_drawn():
    growth = learner().growth[0]
    for days, n in ((-100, 0), (-1, 0), (6, 0), (7, 1), (28, 1), (400, 1)):
        past = learner(growth=(replace(growth, goal_date=WEEK.start + timedelta(days=days)),))
        assert len(report_charts.ability_rows(learner_content(past, school()))["goal"]) == n


def test_labelled_days_are_mondays_and_the_newest_week_is_one():
    svg = report_charts.practice_weeks(content_of("s" * 12).weeks, None, AXES)
    assert re.findall(r">(\d{4}-\d\d-\d\d)</text>", svg) == [day.isoformat() for day in MONDAYS[3::4]]


def test_a_picture_has_one_name_and_none_of_its_marks_is_announced():
    for markup in (page(learner(), school(), ["en"]), page(classroom(member("a")), school(), ["en"])):
        assert markup.count('role="img"') == markup.count("<svg ") > 0
        assert "graphics-" not in markup and "aria-roledescription" not in markup


def test_no_report_shows_the_mean_of_the_school():
    for record in (learner(), classroom(member("a"))):
        markup = page(record, school(), ["en", "ko"])
        assert "next weeks may bring" not in markup and "Forecast" not in markup and "앞으로 몇 주" not in markup
    assert "No levels are known" in page(classroom(member("a", theta=None)), empty_school(), ["en"])


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30])
def test_learners_are_counted_in_whole_numbers_each_once(n):
    svg = report_charts.distribution([Bar(0.0, n)], AXES)
    ends = re.findall(r'text-anchor="end"[^>]*>([^<]+)</text>', svg)
    labels = [text for text in ends if int(text) < 400]  # the last label of the levels is one, too
    assert len(set(labels)) == len(labels) >= 2 and labels[0] == "0" and int(labels[-1]) == n
