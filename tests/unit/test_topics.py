"""What is known about topics, and what is chosen to practise: against integrals, simulated truth and by hand."""

import numpy as np
import pytest
from report_builders import learner, school
from scipy import integrate, stats

from reports.content.topics import EASIEST, HARDEST, N_ITEMS, PER_TOPIC, SURE, beliefs, chances, practice
from reports.sources.records import Bank, Level, TopicWork


def bank(a, b, c):
    n = len(a)
    return Bank([str(at) for at in range(n)], [None] * n, [None] * n, np.array(a, float), np.array(b, float),
                np.array(c, float))


@pytest.mark.parametrize("sd", [0.0, 0.2, 0.8, 1.5])
def test_the_chance_of_success_is_the_integral_over_what_is_believed_of_the_level(sd):
    items = bank([0.5, 1.0, 2.0, 3.0], [-1.0, 0.5, 1.0, 0.0], [0.0, 0.2, 0.0, 0.25])
    found = chances(items, np.full(4, 0.3), np.full(4, sd))
    for at in range(4):
        def curve(theta, at=at):
            return items.c[at] + (1 - items.c[at]) / (1 + np.exp(-items.a[at] * (theta - items.b[at])))
        expected = curve(0.3) if sd == 0 else integrate.quad(
            lambda theta, f=curve: f(theta) * stats.norm.pdf(theta, 0.3, sd), -12, 12, limit=200)[0]
        assert found[at] == pytest.approx(expected, abs=2e-3)


def test_uncertainty_about_the_level_draws_chances_to_the_middle():
    items = bank([1.5, 1.5], [-1.0, 1.0], [0.0, 0.0])
    sure, unsure = (chances(items, np.zeros(2), np.full(2, sd)) for sd in (0.0, 1.0))
    assert 0.5 < unsure[0] < sure[0] and sure[1] < unsure[1] < 0.5


@pytest.mark.parametrize("deviation", [-1.5, -0.3, 0.0, 0.3, 1.5])
@pytest.mark.parametrize("sd", [0.0, 0.2, 0.25, 1.0])
def test_a_verdict_is_a_deviation_that_is_probably_not_by_chance(deviation, sd):
    found = beliefs(Level("u", 0.2, 0.1), [TopicWork("u", "t", 9, 0, 0.2 + deviation, 0.2, deviation, sd, True)], 0.09)
    above = stats.norm.cdf(deviation, scale=sd) if sd else 0.5
    assert found[0].verdict == ("strong" if above > SURE else "weak" if above < 1 - SURE else "")
    assert (found[0].mean, found[0].sd) == (0.2 + deviation, 0.2)


def test_topics_come_weakest_first_and_those_without_scored_answers_between():
    works = [TopicWork("u", "few", 1, 1), TopicWork("u", "strong", 1, 1, 0.5, 0.3, 0.3, 0.3, True),
             TopicWork("u", "many", 9, 1), TopicWork("u", "weak", 1, 1, -0.1, 0.3, -0.3, 0.3, False)]
    found = beliefs(Level("u", 0.2, 0.1), works, 0.09)
    assert [(one.topic_id, one.mean, one.is_known) for one in found] == [
        ("weak", -0.1, False), ("many", 0.2, False), ("few", 0.2, False), ("strong", 0.5, True)]
    assert found[1].sd == pytest.approx(np.sqrt(0.01 + 0.09))


def test_where_topics_do_not_differ_none_stands_out_and_the_most_practised_come_first():
    works = [TopicWork("u", f"t{n:02}", n, 0, 0.21, 0.2, 0.0, 0.0, True) for n in range(14)]
    found = beliefs(Level("u", 0.2, 0.1), works, 0.0)
    assert [belief.verdict for belief in found] == [""] * 14
    assert [belief.topic_id for belief in found] == [f"t{n:02}" for n in range(13, -1, -1)]


def test_practice_is_of_moderate_difficulty_not_lately_solved_and_from_weak_topics_first():
    record, whole = learner(), school()
    level, solved = record.levels[0], [f"i{at}" for at in range(0, 60, 2)]
    believed = beliefs(level, record.topics, whole.topic_spread)
    chosen = practice(whole.bank, level, believed, solved)
    assert 0 < len(chosen) <= N_ITEMS
    assert all(HARDEST <= item.chance <= EASIEST for item in chosen)
    assert not {item.item_id for item in chosen} & set(solved)
    assert believed[0].topic_id == "дроби" and believed[0].verdict == "weak"
    assert [item.topic_id for item in chosen][:PER_TOPIC] == ["дроби"] * PER_TOPIC and chosen[0].is_weak_topic
    assert max(sum(item.topic_id == topic for item in chosen) for topic in ("algebra", "дроби", "확률")) <= PER_TOPIC


def test_without_a_bank_or_a_fitting_item_nothing_is_chosen():
    level = Level("u", 0.0, 0.1)
    assert practice(bank([], [], []), level, [], []) == []
    assert practice(bank([1.0], [9.0], [0.0]), level, [], []) == []
