"""What the pages of learners and of classes share: the words of one language, codes put into words, the forecast."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import report_charts
from reports.charts.style import labelled
from reports.pages.words import Words
from reports.sources.records import ForecastWeek, School

WEEKS_BACK = 12  # older unusual weeks are not shown


@dataclass
class PageBase:
    """A page in one language; templates call its methods."""

    words: Words
    school: School

    def why(self, reason: str) -> str:
        """Return the words for a reason's code; an unknown code is shown as it is."""
        key = f"missing.why.{reason}"
        return self.words(key) if self.words.has(key) else self.words("missing.why.other", reason=reason)

    def reason(self, feature: str) -> str:
        """Return the words for a covariate that lowers the rate of returning."""
        for key in (feature, feature.removesuffix("_missing")):
            if self.words.has(f"reason.{key}"):
                return self.words(f"reason.{key}")
        return self.words("reason.other", feature=feature)

    def around(self, key: str, name: str, inner: Markup) -> Markup:
        """Return the words under `key` with our own markup in the place of {name}."""
        before, after = self.words(key, **{name: "\x00"}).split("\x00")
        return Markup("{}{}{}").format(before, inner, after)

    def figure(self, drawn: str, title: str, description: str) -> Markup:
        """Return a drawing (safe: we made it from numbers only) with its title and description."""
        return Markup(labelled(drawn, title, description))

    @property
    def forecast_next(self) -> ForecastWeek | None:
        """The first week that lies ahead."""
        return next((week for week in self.school.forecast if week.week_start > self.school.week.start), None)

    @property
    def unusual(self) -> list[ForecastWeek]:
        """The weeks flagged as unusual among those that ended lately."""
        return [week for week in self.school.forecast
                if week.is_unusual and 0 <= (self.school.week.start - week.week_start).days < 7 * WEEKS_BACK]

    @property
    def forecast_chart(self) -> Markup:
        """The forecast that all learners share."""
        return self.figure(report_charts.forecast(self.school.forecast), self.words("forecast.chart"),
                           self.words("forecast.read", certainty=self.words.percent(0.9)))
