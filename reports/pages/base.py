"""What the pages of learners and of classes share: the words of one language, codes put into words."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.charts.report_charts import Axes
from reports.charts.style import labelled
from reports.content.models import Model
from reports.pages.words import Words
from reports.sources.records import School


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

    def age(self, model: Model) -> str:
        """Return the age of a model that has a run, with a warning where it is old."""
        if not model.age_days:
            return self.words("models.today")
        days = self.words.counted("day", model.age_days)
        return self.words("models.old", days=days) if model.is_old else days

    def axes(self, x: str, y: str) -> Axes:
        """Return the words of a chart: the titles under the keys `x` and `y`, and how days are written."""
        return Axes(self.words(f"axis.{x}"), self.words(f"axis.{y}"), self.words("axis.day"))
