"""What a selection of models must be widened by, so that every incremental model in it can be built."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.graph.manifest import Manifest

SELECTING = ("--select", "-s", "--models", "-m", "--model")
CHOOSING = (*SELECTING, "--exclude", "--selector", "--state")


def missing(manifest: Manifest, names: set[str]) -> dict[str, str]:
    """Return models, seeds and snapshots outside of `names` that an incremental model in it reads, and which one does.

    An incremental model is built together with all that lies between it and the incremental models and sources it
    reads: some of these tables hold only what one build computes.
    """
    nodes = manifest.content["nodes"]
    found: dict[str, str] = {}
    for uid, node in nodes.items():
        if node["name"] in names and is_incremental(node):
            for other in manifest.between(uid):
                if nodes[other]["name"] not in names and nodes[other]["config"]["materialized"] != "ephemeral":
                    found[nodes[other]["name"]] = node["name"]
    return found


def is_incremental(node: dict[str, object]) -> bool:
    """Return whether a node of the manifest is an incremental model."""
    config = node.get("config")
    return isinstance(config, dict) and config.get("materialized") == "incremental"


def choosing(arguments: Sequence[str]) -> list[str]:
    """Return the part of dbt's arguments that says which nodes are meant."""
    kept: list[str] = []
    is_value = False
    for argument in arguments:
        is_value = argument.split("=")[0] in CHOOSING or (is_value and not argument.startswith("-"))
        if is_value:
            kept.append(argument)
    return kept


def widened(arguments: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return dbt's arguments with more names selected."""
    place = next(index for index, argument in enumerate(arguments) if argument.split("=")[0] in SELECTING)
    first, *value = arguments[place].split("=", 1)
    return [*arguments[:place], first, *value, *names, *arguments[place + 1:]]
