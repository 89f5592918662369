"""Rules of dbt projects, each a function from the graph to its findings: {resource: what to do about it}.

They are those of dbt-labs/dbt-project-evaluator, which has them as models of a package; here they read dbt's manifest.
A model's name has its type: `stg_` is staging, `int_` is intermediate, all others are marts. test_layers.py has the
rules of names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Node = dict[str, Any]
Findings = dict[str, str]
Rule = Callable[["Graph"], Findings]

FANOUT, JOINS, VIEW_CHAIN = 3, 7, 5  # from so many on: final children of a model, parents of a model, views in a chain
# Two tests, or one, that prove a key; a unique index does the same when a row is written.
KEY_TESTS = ({"unique", "not_null"}, {"unique", "no_nulls"}, {"unique_combination"})


@dataclass(frozen=True)
class Graph:
    """dbt's manifest, as the questions that the rules ask. All nodes are named by unique ids."""

    content: dict[str, Any]

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Every resource with parents or children: models, seeds, snapshots, sources and exposures."""
        kinds = ("model", "seed", "snapshot", "source", "exposure")
        found = self.content["nodes"] | self.content["sources"] | self.content["exposures"]
        return {uid: node for uid, node in found.items() if node["resource_type"] in kinds}

    def of(self, *kinds: str) -> dict[str, Node]:
        """Return the resources of some types."""
        return {uid: node for uid, node in self.nodes.items() if node["resource_type"] in kinds}

    def parents(self, uid: str, *kinds: str) -> list[str]:
        """Return the direct parents (of some types)."""
        return self._those(self.content["parent_map"][uid], kinds)

    def children(self, uid: str, *kinds: str) -> list[str]:
        """Return the direct children (of some types), tests left out."""
        return self._those(self.content["child_map"][uid], kinds)

    def _those(self, uids: Iterable[str], kinds: tuple[str, ...]) -> list[str]:
        return sorted({uid for uid in uids if uid in self.nodes and (not kinds or self.kind(uid) in kinds)})

    def kind(self, uid: str) -> str:
        """Return a model's type by its name, the resource type of anything else."""
        node = self.nodes[uid]
        if node["resource_type"] != "model":
            return str(node["resource_type"])
        return {"stg_": "staging", "int_": "intermediate"}.get(node["name"][:4], "mart")

    def name(self, uid: str) -> str:
        """Return a resource's name; a source's has its source in front."""
        node = self.nodes[uid]
        return f"{node['source_name']}.{node['name']}" if node["resource_type"] == "source" else str(node["name"])

    def names(self, uids: Iterable[str]) -> str:
        """Return the names of resources for a message."""
        return ", ".join(sorted(map(self.name, uids)))

    def is_view(self, uid: str) -> bool:
        """Return whether reading a model runs its query."""
        return self.nodes[uid].get("config", {}).get("materialized") in ("view", "ephemeral")

    @cached_property
    def tests(self) -> dict[str, list[Node]]:
        """The data tests declared at a resource, and singular tests of it."""
        found = defaultdict(list)
        for test in self.content["nodes"].values():
            if test["resource_type"] == "test":
                for uid in [test["attached_node"]] if test.get("attached_node") else test["depends_on"]["nodes"]:
                    found[uid].append(test)
        return found


MODELS = ("staging", "intermediate", "mart")


def found(graph: Graph, findings: Iterator[tuple[str, str]]) -> Findings:
    """Return findings by the resource's name."""
    return {graph.name(uid): remedy for uid, remedy in findings}


# How models depend on each other


def direct_join_to_source(graph: Graph) -> Findings:
    return found(graph, ((uid, "read a staging model instead of the source") for uid in graph.of("model")
                         if graph.parents(uid, "source") and graph.parents(uid, *MODELS)))


def downstream_of_source(graph: Graph) -> Findings:
    return found(graph, ((uid, "read a staging model instead of the source") for uid in graph.of("model")
                         if graph.kind(uid) != "staging" and graph.parents(uid, "source")))


def duplicate_sources(graph: Graph) -> Findings:
    places = defaultdict(list)
    for uid, node in graph.of("source").items():
        places[node["database"], node["schema"], node["identifier"]].append(uid)
    return found(graph, ((uid, f"declare the table once, not also as {graph.names(set(same) - {uid})}")
                         for same in places.values() if len(same) > 1 for uid in same))


def hard_coded_references(graph: Graph) -> Findings:
    name = r"""["`]?\w+["`]?"""
    table = re.compile(rf"""\b(?:from|join)\s+(?:["`]\w+["`]|{name}(?:\.{name})+)(?=\s|$)""", re.IGNORECASE)
    return found(graph, ((uid, "use ref() or source()") for uid, node in graph.of("model").items()
                         if table.search(re.sub(r"--.*|\{#.*?#\}", "", node["raw_code"]))))


def model_fanout(graph: Graph) -> Findings:
    ends = {uid: [child for child in graph.children(uid, *MODELS) if not graph.children(child, *MODELS)]
            for uid in graph.of("model", "source")}
    return found(graph, ((uid, f"move what {graph.names(last)} have in common upstream")
                         for uid, last in ends.items() if len(last) >= FANOUT))


def multiple_sources_joined(graph: Graph) -> Findings:
    return found(graph, ((uid, "stage each source by itself, then join") for uid in graph.of("model")
                         if len(graph.parents(uid, "source")) > 1))


def rejoined_concepts(graph: Graph) -> Findings:
    """A model that reads both a parent and a child of it, where nothing else reads that child."""
    return found(graph, ((uid, f"put {graph.name(between)} into it: nothing else reads it, and both read "
                               f"{graph.names(set(graph.parents(between)) & set(graph.parents(uid)))}")
                         for uid in graph.of("model") for between in graph.parents(uid, *MODELS)
                         if len(graph.children(between)) == 1
                         and set(graph.parents(between)) & set(graph.parents(uid))))


def root_models(graph: Graph) -> Findings:
    return found(graph, ((uid, "let it read a source or a model") for uid in graph.of("model")
                         if not graph.parents(uid)))


def source_fanout(graph: Graph) -> Findings:
    return found(graph, ((uid, f"read it in one staging model, not in {graph.names(graph.children(uid, *MODELS))}")
                         for uid in graph.of("source") if len(graph.children(uid, *MODELS)) > 1))


def staging_downstream_of_marts(graph: Graph) -> Findings:
    return found(graph, ((uid, f"read no {graph.names(graph.parents(uid, 'intermediate', 'mart'))} in staging")
                         for uid in graph.of("model")
                         if graph.kind(uid) == "staging" and graph.parents(uid, "intermediate", "mart")))


def staging_on_staging(graph: Graph) -> Findings:
    return found(graph, ((uid, f"join {graph.names(graph.parents(uid, 'staging'))} further downstream")
                         for uid in graph.of("model")
                         if graph.kind(uid) == "staging" and graph.parents(uid, "staging")))


def too_many_joins(graph: Graph) -> Findings:
    return found(graph, ((uid, f"join a part of its {len(graph.parents(uid))} parents in a model of its own")
                         for uid in graph.of("model") if len(graph.parents(uid)) >= JOINS))


def unused_sources(graph: Graph) -> Findings:
    return found(graph, ((uid, "remove it, or read it") for uid in graph.of("source") if not graph.children(uid)))


# What is tested, documented and governed


def missing_primary_key_tests(graph: Graph) -> Findings:
    def has_key(uid: str, node: Node) -> bool:
        names = {(test.get("test_metadata") or {}).get("name") for test in graph.tests[uid]}
        return any(proof <= names for proof in KEY_TESTS) \
            or any(index.get("unique") for index in node["config"].get("indexes") or [])

    return found(graph, ((uid, "test its key by unique_combination, or by unique and no_nulls")
                         for uid, node in graph.of("model").items() if not has_key(uid, node)))


def untested_models(graph: Graph) -> Findings:
    unit_tested = {uid for test in graph.content["unit_tests"].values() for uid in test["depends_on"]["nodes"]}
    return found(graph, ((uid, "add a data test or a unit test") for uid in graph.of("model")
                         if not graph.tests[uid] and uid not in unit_tested))


def sources_without_freshness(graph: Graph) -> Findings:
    return found(graph, ((uid, "give loaded_at_field and freshness") for uid, node in graph.of("source").items()
                         if not ((node.get("freshness") or {}).get("warn_after") or {}).get("count")))


def undocumented(graph: Graph) -> Findings:
    return found(graph, ((uid, "describe it") for uid, node in graph.nodes.items()
                         if not node["description"] or not node.get("source_description", "none is needed")))


def exposures_of_models_that_are_not_public(graph: Graph) -> Findings:
    return found(graph, ((uid, f"give it `access: public`: {graph.names(graph.children(uid, 'exposure'))} reads it")
                         for uid, node in graph.nodes.items()
                         if graph.children(uid, "exposure") and node.get("access") != "public"))


def public_models_without_contract(graph: Graph) -> Findings:
    return found(graph, ((uid, "enforce its contract") for uid, node in graph.of("model").items()
                         if node["access"] == "public" and not node["config"]["contract"]["enforced"]))


def undocumented_public_models(graph: Graph) -> Findings:
    return found(graph, ((uid, "describe it and each of its columns") for uid, node in graph.of("model").items()
                         if node["access"] == "public" and not all(
                             [node["description"], *(column["description"] for column in node["columns"].values())])))


# Where files lie and what models cost


def model_directories(graph: Graph) -> Findings:
    """Staging lies in a folder named after its source."""
    return found(graph, ((uid, f"move it to a folder named {source}") for uid, node in graph.of("model").items()
                         if graph.kind(uid) == "staging"
                         and (source := node["name"].removeprefix("stg_").split("__")[0]) not in node["fqn"][:-1]))


def source_directories(graph: Graph) -> Findings:
    return found(graph, ((uid, f"declare it in a folder named {node['source_name']}")
                         for uid, node in graph.of("source").items() if node["source_name"] not in node["fqn"][:-2]))


def test_directories(graph: Graph) -> Findings:
    """The yml of a model lies beside it."""
    def folder(path: str) -> str:
        return path.rpartition("://")[2].rpartition("/")[0]

    return found(graph, ((uid, "move its yml beside it") for uid, node in graph.of("model", "seed").items()
                         if folder(node.get("patch_path") or "") != folder(node["original_file_path"])))


test_directories.__test__ = False  # type: ignore[attr-defined]  # a rule, no test of pytest


def chained_views(graph: Graph) -> Findings:
    def chain(uid: str) -> int:
        return 1 + max(map(chain, views), default=0) if (
            views := [parent for parent in graph.parents(uid, *MODELS) if graph.is_view(parent)]) else 0

    return found(graph, ((uid, f"make a table of one of the {length} views above it") for uid in graph.of("model")
                         if (length := chain(uid)) > VIEW_CHAIN))


def exposed_views(graph: Graph) -> Findings:
    return found(graph, ((uid, f"make it a table: {graph.names(graph.children(uid, 'exposure'))} reads it")
                         for uid in graph.nodes if graph.children(uid, "exposure") and graph.is_view(uid)))


RULES: dict[str, Rule] = {rule.__name__: rule for rule in (
    direct_join_to_source, downstream_of_source, duplicate_sources, hard_coded_references, model_fanout,
    multiple_sources_joined, rejoined_concepts, root_models, source_fanout, staging_downstream_of_marts,
    staging_on_staging, too_many_joins, unused_sources, missing_primary_key_tests, untested_models,
    sources_without_freshness, undocumented, exposures_of_models_that_are_not_public, public_models_without_contract,
    undocumented_public_models, model_directories, source_directories, test_directories, chained_views, exposed_views)}
