"""Measure segments: seconds and memory, noise that must stay one segment, groups to find, stable numbers, schools.

    .venv/bin/python bench/segments.py [--learners 100000] [--seeds 20] [--schools 3]

For speed, the clock runs from the table in R's memory to the complete answer with automatic k, in a separate R process.
Noise is 400 learners of one population, and groups are found among 400. A school has 400 learners with three planted
ways of learning and goes through the warehouse and the service.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import machine

from orchestration import terminal
from orchestration.graph.plan import Slice
from orchestration.jobs.pipeline import Pipeline
from orchestration.settings import PROJECT_DIR, read_settings
from python_models.warehouse.connection import connect
from simulated_school import School, simulate

SCRIPT = Path(__file__).parent / "segments" / "measure.R"
NOISES = ("gaussian", "uniform", "correlated", "two_factors", "skewed", "heavy_tails", "many_zeros", "counts",
          "one_rate", "one_rate_and_single_days", "one_rate_beside_noise")
GROUPS = ("two_at_2", "two_at_3", "two_at_4", "two_at_6", "two_at_6_opposite", "four_at_1.5", "four_at_2", "four_at_3",
          "four_at_3_of_15_percent", "seven_at_1", "seven_at_1.5", "seven_at_2", "seven_at_3_correlated",
          "one_of_two_at_6", "three_groups_at_3")
AS_OF = date(2026, 6, 28)

ADJUSTED_RAND = """
    with pairs as (
        select learner_type as a, segment_id as b, count(*) as n
        from segment_assignments join truth.learner_type using (user_id) where run_id = %s group by 1, 2),
    sums as (
        select (select sum(n * (n - 1) / 2) from pairs) as both, (select sum(n) from pairs) as n,
            (select sum(n * (n - 1) / 2) from (select sum(n) as n from pairs group by a) as x) as a,
            (select sum(n * (n - 1) / 2) from (select sum(n) as n from pairs group by b) as x) as b)
    select ((both - a * b / (n * (n - 1) / 2)) / ((a + b) / 2 - a * b / (n * (n - 1) / 2)))::float from sums"""


def measure(*arguments: object) -> dict[str, float]:
    """Run measure.R in a separate process; return what it prints."""
    answer = subprocess.run(["Rscript", "--vanilla", str(SCRIPT), *map(str, arguments)], stdout=subprocess.PIPE,
                            text=True, check=True, cwd=PROJECT_DIR,
                            env=os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library")})
    return json.loads(answer.stdout.splitlines()[-1])


def school(seed: int) -> list[object]:
    """Build and fit one planted school; return the line of the table."""
    with tempfile.TemporaryDirectory() as home:
        pipeline = Pipeline(read_settings(dreamseed_home=Path(home), database_url=""))
        try:
            pipeline.init()
            with connect(pipeline.database_url) as connection:
                simulate(connection, School(learners=400, weeks=26, seed=seed, as_of=AS_OF, learner_types=3))
            pipeline.build("before", Slice("segments", ()).before, AS_OF)
            outcome = pipeline.fit(pipeline.dbt(AS_OF).parse().fit("segments"), AS_OF)
            with connect(pipeline.database_url) as connection:
                found = connection.execute(ADJUSTED_RAND, [outcome.run_id]).fetchone()
                k = connection.execute("select n_clusters from segment_meta").fetchone()
        finally:
            pipeline.stack.down()
    return [seed, outcome.status, k[0] if k else None, round(float(str(found[0])), 3) if found else None]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--schools", type=int, default=3)
    options = parser.parse_args()
    terminal.out.print(machine.describe())
    took = measure("speed", options.learners)
    terminal.print_table("Segments, 9 features, automatic k (bar 60 s, 2,048 MB)",
                        ["learners", "s", "of which CPU", "peak MB", "k", "adjusted Rand index"],
                        [[f"{options.learners:,}", round(took["seconds"], 1), round(took["cpu"], 1),
                          round(took["peak_mb"]), took["k"], round(took["ari"], 3)]])
    lines = [[kind, round(found["one"], 3), found["largest"]] for kind in NOISES
             for found in [measure("noise", kind, options.seeds)]]
    terminal.print_table(f"One population, {options.seeds} seeds (bar 0.95)",
                         ["noise", "share with k = 1", "largest k"], lines)
    lines = [[cell, *(round(found[key], 3) for key in ("found", "right", "ari", "given"))] for cell in GROUPS
             for found in [measure("power", cell, options.seeds)]]
    terminal.print_table(f"Groups in seven features, {options.seeds} seeds (bars 0.8; within 0.05 of the last column)",
                         ["informative features, SDs apart", "k > 1", "k right", "ARI where k > 1", "ARI of given k"],
                         lines)
    kept = measure("identity", options.seeds)
    terminal.print_table(f"Lowest share that keeps its number, {options.seeds} seeds (bar 0.95)",
                        ["numbers permuted, another seed", "and 10% of learners removed"],
                        [[round(kept["seed"], 3), round(kept["removed"], 3)]])
    terminal.print_table("Planted schools (bar 0.8)", ["seed", "status", "k", "adjusted Rand index"],
                        [school(seed) for seed in range(101, 101 + options.schools)])


if __name__ == "__main__":
    main()
