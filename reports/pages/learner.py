"""A learner's page in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from reports.charts import report_charts
from reports.content import sentences
from reports.content.learner import LearnerContent
from reports.content.praise import Headline, number, praise
from reports.content.sentences import Z_90
from reports.content.topics import Belief
from reports.content.weeks import UsualDays, usual_days
from reports.pages.base import PageBase
from reports.sources.records import AbilityWeek

TOPICS_SHOWN = 10
WORTH_A_WORD = 0.3  # robust standard deviations from the median, as for the labels of the segments fit


@dataclass
class LearnerPage(PageBase):
    """A learner's report in one language."""

    content: LearnerContent

    @property
    def title(self) -> str:
        """The page's title; it names nobody."""
        week = self.content.record.week
        return self.words("page.title", week=self.words.span(week.start, week.sunday))

    @property
    def summary(self) -> list[str]:
        """The sentences of the summary."""
        content, w, now = self.content, self.words, self.content.situation
        values = {"day": self._day(now.closed_until if sentences.activity(now) == "closed" else content.last_active),
                  "level": w.points(content.level.theta) if content.level else ""}
        names = [sentences.activity(now), sentences.level(now), "practise" if sentences.advises_practice(now) else ""]
        worked = [w.counted("worked", content.answers, days=content.active_days,
                            share=w.percent(content.right / content.answers))] if content.answers else []
        return worked + [w(f"summary.{name}", **values) for name in names if name]

    @property
    def two_weeks(self) -> str:
        """The sentence about the newest two weeks with a level; empty without such weeks."""
        name, ability = sentences.two_weeks(self.content.situation), self.content.ability
        return self.words(f"level.{name}", **self._measured(ability)) if name and ability else ""

    @property
    def keeping(self) -> str:
        """The encouragement to go on."""
        return self.words(f"keeping.{sentences.keeping_at_it(self.content.situation)}")

    @property
    def goals(self) -> list[tuple[str, str]]:
        """The goals ahead: topic, and what is to be reached by when."""
        return [(goal.topic_id, self.words(
            f"growth.goal.{sentences.goal(True, goal.target_date is not None, goal.target_level, None)}",
            target=self.words.points(goal.target_level), day=self._day(goal.target_date)))
            for goal in self.content.goals]

    @property
    def passed_goals(self) -> list[tuple[str, str]]:
        """The goals whose date has passed: topic, and what became of them."""
        return [(one.goal.topic_id, self.words(
            f"growth.goal.{one.verdict}", **self._measured(one.ability) | {
                "target": self.words.points(one.goal.target_level), "day": self._day(one.goal.target_date)}))
            for one in self.content.passed_goals]

    def _day(self, day: date | None) -> str:
        return self.words.date(day) if day else ""

    def _measured(self, ability: AbilityWeek | None) -> dict[str, str]:
        """Return the values of a sentence about the level of two weeks."""
        if ability is None:
            return {}
        points, half = self.words.points, Z_90 * ability.se
        return {"day": self._day(ability.week_start), "level": points(ability.theta),
                "lower": points(ability.theta - half), "upper": points(ability.theta + half)}

    @property
    def pace(self) -> str:
        """The sentence about growth by week; empty where none holds."""
        growth = self.content.growth
        if growth is None or growth.slope_mean is None or growth.slope_sd is None:
            return ""
        name = sentences.pace(self.content.situation, growth.slope_mean, growth.slope_sd)
        return self.words(f"growth.{name}", points=self.words.step(growth.slope_mean)) if name else ""

    @property
    def traits(self) -> list[str]:
        """Up to three traits of the learner's segment, clearest first: features with `low` or `high`.

        None where there is one segment: its centre may lie beside the median, but no learner differs by that.
        """
        segment = self.content.segment
        scaled = segment.scaled if segment and segment.n_segments > 1 else {}
        marked = sorted(((abs(z), feature, "high" if z > 0 else "low") for feature, z in scaled.items()), reverse=True)
        named = [f"{feature}.{side}" for size, feature, side in marked if size >= WORTH_A_WORD]
        return [trait for trait in named if self.words.has(f"segment.trait.{trait}")][:3]

    @property
    def advice(self) -> str:
        """The clearest trait for which there is advice that the page can keep; empty where there is none.

        Also empty for a learner of whom a feature is not known: the trait may be the one that is not.
        """
        if self.content.segment and self.content.segment.is_assigned_only:
            return ""
        needs_practice = () if self.content.practice else ("improvement.low",)  # it points to the questions to practise
        return next((trait for trait in self.traits if self.words.has(f"segment.advice_for.{trait}")
                     and trait not in needs_practice), "")

    @property
    def topics(self) -> Sequence[Belief]:
        """The topics to show: all, or the weakest and the strongest; the most practised where no order is known."""
        every, half = self.content.topics, TOPICS_SHOWN // 2
        if not self.content.topics_differ:
            return sorted(every, key=lambda belief: -belief.work.attempts)[:TOPICS_SHOWN]
        return every if len(every) <= TOPICS_SHOWN else [*every[:half], *every[-half:]]

    @property
    def busiest(self) -> int:
        """Answers of the week's busiest day, at least 1."""
        return max(1, *(day.attempts for day in self.content.days))

    @property
    def missing(self) -> list[tuple[str, str]]:
        """What is not known, each once: the parts that share a reason, and the reason."""
        by_reason: dict[str, list[str]] = {}
        for one in self.content.missing:
            by_reason.setdefault(self.why(one.reason), []).append(self._part_name(one.part))
        return [(", ".join(parts), why) for why, parts in by_reason.items()]

    def _part_name(self, part: str) -> str:
        return self.words(f"{part}.name" if part.startswith("kpi.") else f"missing.part.{part}")

    @property
    def number(self) -> Headline | None:
        """The one number to show large."""
        return number(self.content.facts)

    @property
    def praise_words(self) -> str:
        """The sentence that the report begins with."""
        first = praise(self.content.facts)
        return self.words(f"praise.{first.key}", **{name: self.words.whole(n) for name, n in first.values.items()})

    @property
    def ability_legend(self) -> str:
        """What each kind of mark means that the chart of the level has, in words."""
        rows, growth = report_charts.ability_rows(self.content), self.content.growth
        day = self.words.date(growth.goal_date) if growth else ""
        joined = len(rows["weeks"]) > len(rows["alone"])
        marks = {"line": joined, "alone": rows["alone"], "withheld": rows["withheld"],
                 "goal": rows["goal"], "target": rows["target"]}
        return " ".join(self.words(f"level.legend.{mark}", day=day) for mark, is_drawn in marks.items() if is_drawn)

    @property
    def ability_chart(self) -> Markup:
        """The level over the weeks."""
        drawn = report_charts.ability(self.content, self.axes("week", "level"))
        return self.figure(drawn, self.words("level.chart"), self.ability_legend)

    @property
    def usual(self) -> UsualDays | None:
        """The days of practice in a usual week."""
        return usual_days(self.content.weeks)

    @property
    def weeks_chart(self) -> Markup:
        """The days of practice in each week."""
        drawn = report_charts.practice_weeks(self.content.weeks, self.usual, self.axes("week", "days"))
        return self.figure(drawn, self.words("weeks.chart"), self.words("weeks.read"))
