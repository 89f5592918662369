"""A seeded school whose truth is known: learners, items, visits and answers, for tests, the demo and benches.

`school` holds the parameters and the law of returning, `population` who learns what, `answering` a day of
answers, `returning` who comes back, `history` the days in order; `staging`, `application`, `attempts`, `dirty`
and `truth` bring it into Postgres, `writing` guards what is already there.
"""

from simulated_school.school import Disturbance, School
from simulated_school.writing import simulate

__all__ = ["Disturbance", "School", "simulate"]
