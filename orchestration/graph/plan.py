"""The order of fits and their slices of the warehouse, read from dbt's graph alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from orchestration.graph.manifest import Manifest
from python_models.errors import ContractError

BUILT_LAST = "built_last"  # tag of views that no fit waits for: one build after all slices is enough


@dataclass(frozen=True)
class Slice:
    """One fit's place in the plan: what it waits for, what dbt builds before and after it, which command runs it."""

    fit: str
    waits_for: tuple[str, ...]
    job: str = ""

    @property
    def before(self) -> tuple[str, ...]:
        """dbt arguments for everything upstream of the fit, and upstream of the models downstream of it.

        Without the second part a first run would stop after the fit: downstream models have other parents, too.
        """
        return ("--select", f"+exposure:{self.fit}", f"@source:{self.fit}",
                "--exclude", f"source:{self.fit}+", f"tag:{BUILT_LAST}")

    @property
    def after(self) -> tuple[str, ...]:
        """dbt arguments for everything downstream of the fit; the landing tables' tests come first."""
        return "--select", f"source:{self.fit}+", "--exclude", f"tag:{BUILT_LAST}"

    def before_excluding(self, done: Sequence[Slice]) -> tuple[str, ...]:
        """Return `before` without what this job has already built for the slices `done`."""
        return *self.before, *_covered(done)


def still_to_build(manifest: Manifest, piece: Slice, done: Sequence[Slice]) -> set[str]:
    """Return what `piece.before_excluding(done)` selects: unique ids of models to build and of sources to test."""
    landing = manifest.source_ids(piece.fit)
    selected = _around(manifest, piece.fit) - landing - manifest.descendants(*landing)
    selected = selected.difference(*(_around(manifest, one.fit) for one in done)) - manifest.tagged(BUILT_LAST)
    return {uid for uid in selected if uid.split(".")[0] in ("model", "seed", "snapshot", "source")}


def outside_of_fits(slices: Sequence[Slice]) -> tuple[str, ...]:
    """Return the dbt arguments for what is neither upstream nor downstream of a fit."""
    return "--exclude", *_covered(slices), f"tag:{BUILT_LAST}"


def last() -> tuple[str, ...]:
    """Return the dbt arguments for what is built once, after all slices and what is outside of fits."""
    return "--select", f"tag:{BUILT_LAST}"


def plan(manifest: Manifest) -> list[Slice]:
    """Return the fits in order: B waits for A when a table of source A is upstream of exposure B.

    Raises ContractError for fits that wait for each other.
    """
    fits = manifest.fits()
    waits = {fit: sorted(_sources_above(manifest, fit) & fits.keys()) for fit in sorted(fits)}
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError as error:
        raise ContractError(f"These fits wait for each other: {' -> '.join(error.args[1])}.",
                            "let one of them read something that does not depend on the other.") from error
    return [Slice(fit, tuple(waits[fit]), fits[fit].job) for fit in order]


def _covered(slices: Sequence[Slice]) -> list[str]:
    return [part for piece in slices for part in (f"+exposure:{piece.fit}", f"@source:{piece.fit}")]


def _around(manifest: Manifest, fit: str) -> set[str]:
    """Return what `+exposure:fit @source:fit` selects."""
    landing = manifest.source_ids(fit)
    downstream = landing | manifest.descendants(*landing)
    return downstream | manifest.ancestors(*downstream, manifest.exposure_id(fit))


def _sources_above(manifest: Manifest, fit: str) -> set[str]:
    above = manifest.ancestors(manifest.exposure_id(fit))
    return {name for name in map(manifest.source_name, above) if name is not None}
