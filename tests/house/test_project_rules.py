"""The rules of dbt projects hold, or stand in project_rule_exceptions.csv with the reason."""

import csv
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from project_rules import RULES, Graph

EXCEPTIONS = Path(__file__).with_name("project_rule_exceptions.csv")
CONTROL_TABLE = re.compile(r"control_table\('(\w+)'\)")


@pytest.fixture(scope="module")
def graph(manifest):
    return Graph(manifest.content)


def exceptions():
    with EXCEPTIONS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds_or_its_exceptions_say_why(graph, rule):
    patterns = [row["resource"] for row in exceptions() if row["rule"] == rule]
    wrong = [f"{resource}: {remedy}, or explain it in {EXCEPTIONS.name}"
             for resource, remedy in sorted(RULES[rule](graph).items())
             if not any(fnmatch(resource, pattern) for pattern in patterns)]
    assert not wrong, "\n".join(wrong)


def test_every_exception_is_needed_and_has_a_reason(graph):
    wrong = []
    for row in exceptions():
        found = RULES[row["rule"]](graph)
        if not any(fnmatch(resource, row["resource"]) for resource in found):
            wrong.append(f"{row['rule']}, {row['resource']}: remove it, the rule finds no such resource")
        if len(row["reason"].split()) < 5:
            wrong.append(f"{row['rule']}, {row['resource']}: give the reason")
    assert not wrong, "\n".join(wrong)


def test_everything_that_writes_holds_the_build_lock(graph):
    wrong = [f"{node['name']}: give it the pre-hook hold_build_lock(), in dbt_project.yml for all of its kind"
             for node in graph.of("model", "seed", "snapshot").values()
             if not any("hold_build_lock" in hook["sql"] for hook in node["config"]["pre-hook"])]
    assert not wrong, "\n".join(wrong)


def named(text, macros):
    """Return the project's macros that a text names, and those they name."""
    found, queue = set(), [text]
    while queue:
        words = set(re.findall(r"\w+", queue.pop())) & macros.keys() - found
        found |= words
        queue += [macros[word] for word in words]
    return found


def test_what_a_model_reads_through_a_macro_is_above_it_in_the_lineage(manifest, graph):
    """`dbt ls --select source:runs.build_scope+` names every model that depends on what a build decided."""
    macros = {macro["name"]: macro["macro_sql"] for macro in manifest.content["macros"].values()
              if macro["package_name"] == manifest.content["metadata"]["project_name"]}
    wrong, n_reading = [], 0
    for uid, node in graph.of("model").items():
        texts = [node["raw_code"], *(macros[name] for name in named(node["raw_code"], macros))]
        tables = {table for text in texts for table in CONTROL_TABLE.findall(text)}
        n_reading += bool(tables)
        above = {graph.nodes[parent]["name"] for parent in manifest.ancestors(uid) if parent in graph.of("source")}
        wrong += [f"{node['name']}: add `-- depends_on:` a model that reads {table}" for table in tables - above]
    assert not wrong, "\n".join(wrong)
    assert n_reading > 5
