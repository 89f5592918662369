"""A seeded school whose truth is known: learners, items, visits and answers, for tests, the demo and benches.

`school` holds the parameters and the true law of returning, `population` learners and items, `answering` a day of
answers, `returning` who comes back, `history` the days in order. `staging`, `application`, `attempts`, `dirty` and
`truth` write it to Postgres; `writing` protects rows that are already there.
"""

from simulated_school.school import Closure, Disturbance, School
from simulated_school.writing import simulate

__all__ = ["Closure", "Disturbance", "School", "simulate"]
