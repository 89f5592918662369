"""A class's page in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from markupsafe import Markup

from reports.charts import report_charts
from reports.content.classroom import Attention, ClassContent
from reports.pages.base import PageBase
from reports.sources.class_records import Member
from reports.sources.records import ReviewItem

LEARNERS_SHOWN, ITEMS_SHOWN = 30, 20


@dataclass
class ClassPage(PageBase):
    """A class's report in one language."""

    content: ClassContent

    @property
    def title(self) -> str:
        """The page's title; it names nobody."""
        week = self.content.record.week
        return self.words("class.title", week=self.words.span(week.start, week.sunday))

    @property
    def quarters(self) -> tuple[float, float, float] | None:
        """The levels at a quarter, half and three quarters of the class; None for fewer than two."""
        if len(self.content.levels) < 2:
            return None
        low, middle, high = quantiles(self.content.levels, n=4, method="inclusive")
        return low, middle, high

    @property
    def attention(self) -> Sequence[Attention]:
        """The learners to show."""
        return self.content.attention[:LEARNERS_SHOWN]

    @property
    def review(self) -> Sequence[ReviewItem]:
        """The items to show."""
        return self.school.review[:ITEMS_SHOWN]

    def kind(self, one: Attention, kind: str) -> str:
        """Return the words for one reason why a learner needs attention."""
        member = one.member
        chance = member.p if kind == "goal" else member.s
        return self.words(f"attention.kind.{kind}", chance=self.words.chance(chance or 0),
                          points=self.words.step(member.change or 0))

    def because(self, one: Attention) -> str:
        """Return the main reasons where a break is likely; else nothing."""
        if not one.reasons or not {"risk", "risk_heuristic"} & set(one.kinds):
            return ""
        return self.words("attention.because.some", reasons=", ".join(self.reason(name) for name, _ in one.reasons))

    def last(self, member: Member) -> str:
        """Return when a learner last answered; of those who did not answer in the week, since when they are away."""
        if member.last_active is None:
            return self.words("roster.never")
        day = self.words.date(member.last_active)
        return day if member.answers else self.words("roster.away", day=day)

    @property
    def distribution_chart(self) -> Markup:
        """Learners by level."""
        drawn = report_charts.distribution(self.content.bars, self.axes("level", "learners"))
        return self.figure(drawn, self.words("distribution.chart"), self.words("distribution.read"))
