"""The fits that a setting affects, read from the manifest: they receive it or depend on a model that reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.graph.manifest import Manifest
from orchestration.graph.plan import plan
from python_models.errors import UsageError
from python_models.fitting.fit import Fit


@dataclass(frozen=True)
class AffectedFits:
    """The fits to run again for some settings, in the plan's order, and the model that measures the effect."""

    refits: tuple[Fit, ...]
    measure: str


def affected_fits(manifest: Manifest, settings: Sequence[str]) -> AffectedFits:
    """Return the fits that the settings (upper-case names) affect together, and the model that measures them.

    Raises UsageError, naming it, for a setting whose effect no model measures, or if several models do.
    """
    measured = {fit: model for fit, meta in manifest.fit_metas().items() if (model := meta.get("measured_by"))}
    refits: set[str] = set()
    measures: set[str] = set()
    for name in settings:
        hit = refitted_for(manifest, name)
        known = {measured[fit] for fit in hit if fit in measured} if hit else {
            model for model in measured.values() if is_read_by(manifest, manifest.model_id(model), name)}
        if not known:
            what = f"{', '.join(hit)}, whose results are not graded" if hit else "nothing that is graded"
            raise UsageError(f"{name} affects {what}: a replay cannot measure it.",
                             "choose a setting of a fit that declares `measured_by`; see docs/parameter-tuning.md.")
        refits |= set(hit)
        measures |= known
    if len(measures) > 1:
        raise UsageError(f"{', '.join(settings)} are measured by different models.", "replay one after the other.")
    fits = manifest.fits()
    return AffectedFits(tuple(fits[piece.fit] for piece in plan(manifest) if piece.fit in refits), measures.pop())


def refitted_for(manifest: Manifest, setting: str) -> list[str]:
    """Return the fits whose result the setting may change; parameters that only judge a result do not count.

    Fits with a command of their own are left out: they use the stored models of others.
    """
    judging = {name: meta.get("judging", []) for name, meta in manifest.fit_metas().items()}
    return sorted(
        name for name, fit in manifest.fits().items() if not fit.job and (
            any(value == setting for parameter, value in fit.parameters.items() if parameter not in judging[name])
            or is_read_by(manifest, manifest.exposure_id(name), setting)))


def is_read_by(manifest: Manifest, unique_id: str, setting: str) -> bool:
    """Return whether a model or macro that `unique_id` depends on reads the setting."""
    reads = re.compile(rf"\bsetting\(\s*['\"]{re.escape(setting.lower())}['\"]")
    nodes = manifest.content["nodes"]
    return any(reads.search(text) for uid in needed(manifest, unique_id) for text in _texts(manifest, nodes[uid]))


def needed(manifest: Manifest, unique_id: str) -> set[str]:
    """Return the models and seeds that must be built for `unique_id`, itself included if it is one.

    The hint that links a fit's staging to its input is not followed: the fit's landing tables are sources.
    """
    parents, nodes = manifest.content["parent_map"], manifest.content["nodes"]
    inputs = {fit: set(parents[manifest.exposure_id(fit)]) for fit in manifest.fits()}
    seen: set[str] = set()
    waiting = [unique_id]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        landed = {manifest.source_name(parent) for parent in parents.get(here, [])}
        hints = set().union(*(inputs[fit] for fit in landed if fit in inputs))
        waiting += [parent for parent in parents.get(here, []) if parent not in hints]
    return {uid for uid in seen if uid in nodes and nodes[uid]["resource_type"] in ("model", "seed")}


def _texts(manifest: Manifest, node: dict[str, Any]) -> list[str]:
    """Return the node's code and that of the macros it calls, directly or through others."""
    macros, seen = manifest.content["macros"], set[str]()
    waiting = list(node["depends_on"].get("macros", []))
    while waiting:
        here = waiting.pop()
        if here not in seen and here in macros and macros[here]["package_name"] == node["package_name"]:
            seen.add(here)
            waiting += macros[here]["depends_on"]["macros"]
    return [node["raw_code"], *(macros[uid]["macro_sql"] for uid in seen)]
