"""A learner's page in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import report_charts
from reports.content.learner import Z_90, LearnerContent
from reports.content.praise import Headline, number, praise
from reports.content.topics import Belief
from reports.content.weeks import UsualDays, usual_days
from reports.pages.base import PageBase, sentence

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
    def level_key(self) -> str:
        """The key of the summary's sentence about the level."""
        if self.content.level is None:
            return "level_soon" if self.content.estimate else "level_unknown"
        return f"level_{self.content.change.verdict}" if self.content.change else "level_new"

    @property
    def pace_key(self) -> str:
        """The key of the sentence about growth by week."""
        growth = self.content.growth
        if growth is None or growth.slope_mean is None or growth.slope_sd is None or \
                abs(growth.slope_mean) < Z_90 * growth.slope_sd:
            return "pace_same"
        return "pace_up" if growth.slope_mean > 0 else "pace_down"

    @property
    def traits(self) -> list[str]:
        """Up to three traits of the learner's segment, clearest first: features with `low` or `high`."""
        scaled = self.content.segment.scaled if self.content.segment else {}
        marked = sorted(((abs(z), feature, "high" if z > 0 else "low") for feature, z in scaled.items()), reverse=True)
        named = [f"{feature}.{side}" for size, feature, side in marked if size >= WORTH_A_WORD]
        return [trait for trait in named if self.words.has(f"segment.trait.{trait}")][:3]

    @property
    def advice(self) -> str:
        """The clearest trait for which there is advice; empty where there is none."""
        return next((trait for trait in self.traits if self.words.has(f"segment.advice_for.{trait}")), "")

    @property
    def topics(self) -> Sequence[Belief]:
        """The topics to show: all, or the weakest and the strongest; the most practised where no order is known."""
        every, half = self.content.topics, TOPICS_SHOWN // 2
        if not self.topics_differ:
            return sorted(every, key=lambda belief: -belief.work.attempts)[:TOPICS_SHOWN]
        return every if len(every) <= TOPICS_SHOWN else [*every[:half], *every[-half:]]

    @property
    def topics_differ(self) -> bool:
        """Whether a topic's level is known that differs from the learner's; else there is no order to show."""
        return any(belief.is_known and belief.deviation for belief in self.content.topics)

    @property
    def busiest(self) -> int:
        """Answers of the week's busiest day, at least 1."""
        return max(1, *(day.attempts for day in self.content.days))

    def part_name(self, part: str) -> str:
        """Return the name of a KPI or of a part of the page."""
        return self.words(f"{part}.name" if part.startswith("kpi.") else f"missing.part.{part}")

    def part_why(self, part: str) -> str:
        """Return why a part is missing, as a sentence."""
        return sentence(self.why(next(missing.reason for missing in self.content.missing if missing.part == part)))

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
