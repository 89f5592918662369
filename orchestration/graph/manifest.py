"""Reads dbt's manifest: the fits and what they depend on. Knows no fit by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from python_models.errors import ContractError, UsageError
from python_models.fitting.fit import Caution, Fit, require_known
from python_models.warehouse.releases import Marts
from python_models.warehouse.tables import RUNNER_COLUMNS, InputTable, LandingTable, ParameterTable, Relation


@dataclass(frozen=True)
class WatchedSource:
    """A source table, the column with the time at which rows arrived, and the age from which it is stale."""

    relation: Relation
    loaded_at: str
    warn_after: timedelta


@dataclass(frozen=True)
class Manifest:
    """dbt's manifest.json as a dictionary, and what we look up in it."""

    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read `path`; raise UsageError when dbt has not written it yet."""
        if not path.exists():
            raise UsageError(f"There is no dbt manifest at {path}.", "run `dreamseed plan` or `dbt parse` first.")
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def fits(self) -> dict[str, Fit]:
        """Return every exposure that has `meta.fit`, by name."""
        exposures = self.content["exposures"].values()
        return {exposure["name"]: self._fit(exposure) for exposure in exposures if _fit_meta(exposure)}

    def fit(self, name: str) -> Fit:
        """Return one fit; raise UsageError, listing all fits, for an unknown name."""
        fits = self.fits()
        require_known(name, fits)
        return fits[name]

    def fit_metas(self) -> dict[str, dict[str, Any]]:
        """Return the `meta.fit` of every exposure that has one, by name."""
        exposures = self.content["exposures"].values()
        return {exposure["name"]: _fit_meta(exposure) for exposure in exposures if _fit_meta(exposure)}

    def model_id(self, name: str) -> str:
        """Return the unique id of the model called `name`."""
        return next(str(uid) for uid, node in self.content["nodes"].items()
                    if node["resource_type"] == "model" and node["name"] == name)

    def tagged(self, tag: str) -> set[str]:
        """Return the unique ids of the models that have `tag`."""
        return {uid for uid, node in self.content["nodes"].items() if tag in node.get("tags", ())}

    def schemas(self) -> set[str]:
        """Return every schema that dbt builds in."""
        return {node["schema"] for node in self.content["nodes"].values()
                if node["resource_type"] in ("model", "seed", "snapshot")}

    def source_tables(self) -> set[str]:
        """Return the names of all source tables."""
        return {_relation(source).name for source in self.content["sources"].values()}

    def snapshots(self) -> set[str]:
        """Return the names of all snapshots: tables with the history of what people edit."""
        return {_relation(node).name for node in self.content["nodes"].values()
                if node["resource_type"] == "snapshot"}

    def ancestors(self, *unique_ids: str) -> set[str]:
        """Return every node upstream of one of `unique_ids`."""
        return _reached(self.content["parent_map"], unique_ids)

    def between(self, unique_id: str) -> set[str]:
        """Return the models, seeds and snapshots between a model and the incremental models or sources it reads.

        A fit's staging names the fit's input as a parent; that is a hint, because it reads the landing tables.
        """
        nodes, parents = self.content["nodes"], self.content["parent_map"]
        inputs = {fit: set(parents[self.exposure_id(fit)]) for fit in self.fits()}
        found: set[str] = set()
        waiting = [unique_id]
        while waiting:
            above = parents[waiting.pop()]
            landed = {self.source_name(parent) for parent in above}
            hints = set().union(*(inputs[fit] for fit in landed if fit in inputs))
            for parent in set(above) - hints - found:
                if parent in nodes and nodes[parent]["config"]["materialized"] != "incremental":
                    found.add(parent)
                    waiting.append(parent)
        return found

    def descendants(self, *unique_ids: str) -> set[str]:
        """Return every node downstream of one of `unique_ids`."""
        children: dict[str, list[str]] = {}
        for child, parents in self.content["parent_map"].items():
            for parent in parents:
                children.setdefault(parent, []).append(child)
        return _reached(children, unique_ids)

    def exposure_id(self, name: str) -> str:
        """Return the unique id of the exposure called `name`."""
        return next(str(uid) for uid, exposure in self.content["exposures"].items() if exposure["name"] == name)

    def source_ids(self, name: str) -> set[str]:
        """Return the unique ids of the tables of the source called `name`."""
        return {uid for uid, source in self.content["sources"].items() if source["source_name"] == name}

    def source_name(self, unique_id: str) -> str | None:
        """Return the source's name if `unique_id` is a source table."""
        source = self.content["sources"].get(unique_id)
        return source["source_name"] if source else None

    def owned_tables(self) -> set[Relation]:
        """Return the tables that the warehouse writes: those dbt builds, landing tables, sources marked as owned.

        A source without the mark belongs to the application and is never written to.
        """
        built = [node for node in self.content["nodes"].values()
                 if node["resource_type"] in ("model", "seed", "snapshot")
                 and node.get("config", {}).get("materialized") != "ephemeral"]
        fits = set(self.fits())
        landed = [source for source in self.content["sources"].values() if source["source_name"] in fits
                  or source.get("config", {}).get("meta", {}).get("owned_by") == "warehouse"]
        return {_relation(node) for node in [*built, *landed]}

    def marts(self, schema: str) -> Marts:
        """Return what dbt builds for readers in the target schema `schema`, and how."""
        models = [node for node in self.content["nodes"].values()
                  if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"]
        facts = {_relation(node) for node in models if node["config"]["meta"].get("is_fact")}
        landed = {table.relation for fit in self.fits().values() for table in fit.landing}
        return Marts(
            shown={_relation(node) for node in models if node["schema"] == schema},
            lasting={_relation(node) for node in models if node["config"]["materialized"] == "incremental"} - facts,
            facts=facts | landed)

    def watched_sources(self) -> list[WatchedSource]:
        """Return the sources that declare a freshness, by name; if two declare one table, the stricter."""
        found: dict[Relation, WatchedSource] = {}
        for source in self.content["sources"].values():
            after = (source.get("freshness") or {}).get("warn_after") or {}
            if source.get("loaded_at_field") and after.get("count"):
                watched = WatchedSource(_relation(source), source["loaded_at_field"], _span(after))
                other = found.setdefault(watched.relation, watched)
                found[watched.relation] = min(watched, other, key=lambda one: one.warn_after)
        return sorted(found.values(), key=lambda source: source.relation.name)

    def run_summaries(self, fit: str) -> list[Relation]:
        """Return the views that summarize each run of `fit`: `<fit>_run_summary` and `<fit>_run_summary__<part>`."""
        name = re.compile(rf"{re.escape(fit)}_run_summary(__\w+)?")
        found = [_relation(node) for node in self.content["nodes"].values()
                 if node["resource_type"] == "model" and name.fullmatch(node["name"])]
        return sorted(found, key=lambda relation: relation.name)

    def test_names(self) -> dict[str, str]:
        """Return {unique id: readable name} of data tests; dbt shortens the names of generic ones and adds a hash."""
        names = {}
        for uid, node in self.content["nodes"].items():
            if node["resource_type"] == "test":
                generic = (node.get("test_metadata") or {}).get("name")
                on = ", ".join(parent.split(".")[-1] for parent in node["depends_on"]["nodes"])
                column = f".{node['column_name']}" if node.get("column_name") else ""
                names[uid] = f"{generic} {on}{column}" if generic else node["name"]
        return names

    def explanation(self, unique_id: str) -> str:
        """Return the description of a data test, or of the generic test that it applies."""
        node = self.content["nodes"].get(unique_id, {})
        generic = (node.get("test_metadata") or {}).get("name")
        macro = self.content["macros"].get(f"macro.{node.get('package_name')}.test_{generic}", {})
        return str(node.get("description") or macro.get("description") or "").strip()

    def _fit(self, exposure: dict[str, Any]) -> Fit:
        name, meta = exposure["name"], _fit_meta(exposure)
        try:
            inputs = [self._input(uid) for uid in sorted(exposure["depends_on"]["nodes"])]
            return Fit(
                name=name, service=meta["service"], endpoint=meta["endpoint"],
                parameters=dict(meta.get("parameters", {})), deadline_seconds=float(meta["deadline_seconds"]),
                inputs=tuple(table for table in inputs if isinstance(table, InputTable)),
                stored=tuple(table for table in inputs if isinstance(table, ParameterTable)),
                landing=self._landing(name), description=exposure.get("description", ""), job=meta.get("job", ""),
                cautions=tuple(Caution(one["gate"], float(one["lower"]), one["meaning"])
                               for one in meta.get("cautions", [])))
        except KeyError as error:
            raise ContractError(f"Exposure {name!r} lacks {error} in meta.fit, or it depends on something "
                                "that is not a model.", "declare it as docs/adding-a-fit.md shows.") from error

    def _input(self, unique_id: str) -> InputTable | ParameterTable:
        node = self.content["nodes"][unique_id]
        meta, columns = node["config"]["meta"], tuple(node["columns"])
        if meta.get("wire_parameters"):
            return ParameterTable(_relation(node), columns)
        return InputTable(_relation(node), meta["wire_table"], columns)

    def _landing(self, source_name: str) -> tuple[LandingTable, ...]:
        sources = [node for node in self.content["sources"].values() if node["source_name"] == source_name]
        if not sources:
            raise ContractError(f"Fit {source_name!r} has no source of the same name to land in.",
                                "declare the landing tables as a source named like the exposure.")
        return tuple(
            LandingTable(_relation(node), tuple(c for c in node["columns"] if c not in RUNNER_COLUMNS),
                         bool(node.get("config", {}).get("meta", {}).get("may_be_empty", False)))
            for node in sorted(sources, key=lambda node: node["name"]))


def _reached(neighbours: Mapping[str, Sequence[str]], start: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        new = set(neighbours.get(waiting.pop(), ())) - seen
        seen |= new
        waiting += new
    return seen


def _fit_meta(exposure: dict[str, Any]) -> dict[str, Any]:
    meta = exposure.get("config", {}).get("meta") or exposure.get("meta") or {}
    return meta.get("fit") or {}


def _relation(node: dict[str, Any]) -> Relation:
    return Relation(node["schema"], node.get("identifier") or node.get("alias") or node["name"])


def _span(after: dict[str, Any]) -> timedelta:
    return timedelta(**{f"{after['period']}s": after["count"]})
