"""What a setting affects, read from the manifest: the fits that receive it or have a model above them that reads it."""

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
class Affected:
    """The fits to make again for some settings, in the plan's order, and the model that measures the effect."""

    refits: tuple[Fit, ...]
    measured_by: str


def affected_by(manifest: Manifest, settings: Sequence[str]) -> Affected:
    """Return what the settings (upper-case names) affect together.

    Raises UsageError, naming it, for a setting whose effect no model measures.
    """
    graded = {fit: model for fit, meta in manifest.fit_metas().items() if (model := meta.get("measured_by"))}
    refits: set[str] = set()
    measures: set[str] = set()
    for name in settings:
        affected = affected_fits(manifest, name)
        found = {graded[fit] for fit in affected if fit in graded} if affected else {
            model for model in graded.values() if is_read_above(manifest, manifest.model_id(model), name)}
        if not found:
            what = f"{', '.join(affected)}, whose results no later outcome grades" if affected else "nothing graded"
            raise UsageError(f"{name} affects {what}: no replay can show its effect.",
                             "choose a setting of a fit that declares `measured_by`; see docs/parameter-tuning.md.")
        refits |= set(affected)
        measures |= found
    if len(measures) > 1:
        raise UsageError(f"{', '.join(settings)} are measured by different models.", "ask about one setting at a time.")
    fits = manifest.fits()
    return Affected(tuple(fits[piece.fit] for piece in plan(manifest) if piece.fit in refits), measures.pop())


def affected_fits(manifest: Manifest, setting: str) -> list[str]:
    """Return the fits whose results the setting may change; parameters that only judge a result do not count.

    Fits of a command of their own are left out: they score with the model of another fit.
    """
    judging = {name: meta.get("judging", []) for name, meta in manifest.fit_metas().items()}
    return sorted(
        name for name, fit in manifest.fits().items() if not fit.job and (
            any(source == setting for parameter, source in fit.parameters.items() if parameter not in judging[name])
            or is_read_above(manifest, manifest.exposure_id(name), setting)))


def is_read_above(manifest: Manifest, unique_id: str, setting: str) -> bool:
    """Return whether a model that `unique_id` needs reads the setting."""
    reads = re.compile(rf"\bsetting\(\s*['\"]{re.escape(setting.lower())}['\"]")
    nodes = manifest.content["nodes"]
    return any(reads.search(code) for uid in needed_models(manifest, unique_id)
               for code in code_of(manifest, nodes[uid]))


def needed_models(manifest: Manifest, unique_id: str) -> set[str]:
    """Return the models, seeds and snapshots that must be built for `unique_id`, itself included if it is one.

    A fit's staging names the fit's input as a parent; that hint is no need, because the landing tables are sources.
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
    return {uid for uid in seen if uid in nodes and nodes[uid]["resource_type"] in ("model", "seed", "snapshot")}


def code_of(manifest: Manifest, node: dict[str, Any]) -> list[str]:
    """Return the node's code and that of the macros it calls, directly or through others."""
    macros, seen = manifest.content["macros"], set[str]()
    waiting = list(node["depends_on"].get("macros", []))
    while waiting:
        here = waiting.pop()
        if here not in seen and here in macros and macros[here]["package_name"] == node["package_name"]:
            seen.add(here)
            waiting += macros[here]["depends_on"]["macros"]
    return [node["raw_code"], *(macros[uid]["macro_sql"] for uid in seen)]
