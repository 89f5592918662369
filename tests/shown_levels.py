"""Every level that the reports of a week show, checked against the run's prior; for any school."""

import math
from dataclasses import dataclass

from python_models.warehouse.connection import connect
from reports.content.classroom import class_content
from reports.content.learner import LearnerContent, learner_content
from reports.sources import reader
from reports.sources.records import LearnerRecord

LARGEST_RATIO = 0.6  # level_known_sd_ratio
SENSIBLE = 5  # standard deviations from the group's mean: no group of learners has somebody beyond


@dataclass
class ShownLevels:
    """The contents of all reports of a week, and what the irt run knew of anybody: mean, sd, spread of topics."""

    learners: list[LearnerContent]
    classes: list
    mean: float
    sd: float
    spread: float

    def wrong(self):
        """Return a line for each level shown that is not known well enough, or that no answers support."""
        found = []
        for content in self.learners:
            shown = [("level", content.level.theta, content.level.se, self.sd)] if content.level else []
            shown += [(f"week {week.week_start}", week.theta, week.se, self.sd) for week in content.record.abilities]
            topic_sd = math.hypot(self.sd, math.sqrt(self.spread))
            shown += [(f"topic {one.topic_id}", one.mean, one.sd, topic_sd) for one in content.topics if one.is_known]
            found += [f"{content.record.user_id}: {what} {theta} with SD {se}" for what, theta, se, prior in shown
                      if se > LARGEST_RATIO * prior + 1e-9 or abs(theta - self.mean) > SENSIBLE * prior]
            if content.growth and not content.level:
                found.append(f"{content.record.user_id}: growth without a known level")
        return found

    def withheld_without_reason(self):
        """Return the learners whose level is withheld although it is known well enough."""
        return [content.record.user_id for content in self.learners
                if content.estimate and not content.level and content.estimate.se <= LARGEST_RATIO * self.sd - 1e-9]


def shown_levels(url, week, run_id):
    """Read all reports of `week`; `run_id`: the irt run that the week knew."""
    with connect(url) as connection:
        mean, sd, spread = connection.execute("""
            select (metrics #>> '{group,mean}')::float8, (metrics #>> '{group,sd}')::float8,
                coalesce((metrics #>> '{topics,spread}')::float8, 0) from mirt_fit_meta where run_id = %s""",
            [run_id]).fetchone()
    learners, classes = [], []
    with reader.reader(url, "public", week) as read:
        for record in read.records():
            if isinstance(record, LearnerRecord):
                learners.append(learner_content(record, read.school))
            else:
                classes.append(class_content(record, read.school))
    return ShownLevels(learners, classes, mean, sd, spread)
