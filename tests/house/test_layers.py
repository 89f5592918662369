"""Layers are a law: what each folder may read. Each message gives the remedy."""

import re
from dataclasses import fields

from reports.sources import reader

MAY_READ = {
    "staging": {"source", "snapshot", "staging"},
    "core": {"staging", "core", "fits"},
    "features": {"core", "features", "fits"},
    "fits": {"core", "features", "kpis", "fits", "source", "staging"},
    "kpis": {"core", "features", "fits", "kpis", "staging"},
    "compat": {"core", "features", "fits", "kpis", "compat"},
    "reports": {"core", "features", "fits", "kpis", "reports", "staging"},
}


def layer(node):
    return node["fqn"][1] if node["resource_type"] == "model" else node["resource_type"]


def models(manifest):
    return {uid: node for uid, node in manifest.content["nodes"].items() if node["resource_type"] == "model"}


def test_every_model_reads_only_what_its_layer_may(manifest):
    nodes = manifest.content["nodes"] | manifest.content["sources"]
    wrong = []
    for uid, node in models(manifest).items():
        for parent in manifest.content["parent_map"][uid]:
            if parent not in nodes:
                continue
            read = "seed" if parent.startswith("seed.") else layer(nodes[parent])
            if read != "seed" and read not in MAY_READ[layer(node)]:
                wrong.append(f"{node['name']} ({layer(node)}) reads {nodes[parent]['name']} ({read}): "
                             f"go through {', '.join(sorted(MAY_READ[layer(node)]))}")
    assert not wrong, "\n".join(wrong)


def test_only_reports_read_the_models_of_reports(manifest):
    report = manifest.exposure_id("weekly_report")
    wrong = [f"{child.split('.')[-1]} reads {node['name']}: read the mart that it is made from"
             for uid, node in models(manifest).items() if layer(node) == "reports"
             for child in manifest.content["child_map"][uid]
             if child != report and not child.startswith(("test.", "unit_test."))
             and layer(manifest.content["nodes"][child]) != "reports"]
    assert not wrong, "\n".join(wrong)


def test_the_report_reads_what_its_exposure_says_and_nothing_else(manifest):
    """Columns too: each part's rows have the columns of its model."""
    nodes = manifest.content["nodes"]
    parents = {nodes[uid]["name"] for uid in manifest.content["parent_map"][manifest.exposure_id("weekly_report")]}
    assert parents == set(reader.MODELS), "name in dbt_project/models/reports/_weekly_report.yml what the reader reads"
    parts = [*reader.LEARNER_PARTS.values(), reader.MEMBERS, reader.REVIEW]
    wrong = [f"{part.model} has no column {column.name}: add it, or leave it out of {part.row.__name__}"
             for part in parts for column in fields(part.row)
             if column.name not in nodes[manifest.model_id(part.model)]["columns"]]
    assert not wrong, "\n".join(wrong)


def test_only_staging_and_fit_staging_read_sources(manifest):
    wrong = [f"{node['name']}: read the staging model instead of the source"
             for uid, node in models(manifest).items()
             if not node["name"].startswith("stg_") and not is_run_summary(node)
             and any(p.startswith("source.") for p in manifest.content["parent_map"][uid])]
    assert not wrong, "\n".join(wrong)


def is_run_summary(node):
    """Views for people who ask how a run did. They show rejected runs too, which staging leaves out."""
    return layer(node) == "fits" and re.fullmatch(rf"{node['fqn'][2]}_run_summary(__\w+)?", node["name"])


def test_run_summaries_are_views_of_runs_and_nothing_depends_on_them(manifest):
    wrong = []
    for uid, node in models(manifest).items():
        if not is_run_summary(node):
            continue
        if node["config"]["materialized"] != "view" or next(iter(node["columns"])) != "run_id":
            wrong.append(f"{node['name']}: make it a view whose first column is run_id")
        wrong += [f"{child}: read a staging model instead of {node['name']}"
                  for child in manifest.content["child_map"][uid] if not child.startswith(("test.", "unit_test."))]
    assert not wrong, "\n".join(wrong)


def test_models_are_named_by_their_layer(manifest):
    wrong = []
    for node in models(manifest).values():
        name, at = node["name"], layer(node)
        if at == "staging" and not re.fullmatch(r"stg_[a-z]+__\w+", name):
            wrong.append(f"{name}: call it stg_<source>__<plural>")
        if name.startswith("report_") != (at == "reports"):
            wrong.append(f"{name}: models in models/reports, and only they, are called report_<what>")
        if name.startswith("stg_") and at not in ("staging", "fits"):
            wrong.append(f"{name}: staging models live in models/staging or models/fits")
    assert not wrong, "\n".join(wrong)


def test_nothing_ends_nowhere(manifest):
    """An intermediate model that nobody reads is dead weight."""
    wrong = [f"{node['name']}: delete it, or let something read it" for uid, node in models(manifest).items()
             if node["name"].startswith(("int_", "stg_app__")) and node["name"] not in READ_OTHERWISE
             and not any(child.split(".")[0] in ("model", "exposure") for child in manifest.content["child_map"][uid])]
    assert not wrong, "\n".join(wrong)


# Staged because it belongs to the contract; it is read outside of dbt.
READ_OTHERWISE = {"stg_app__students"}  # by people who look up an id


def test_inputs_of_fits_take_exact_means(files):
    """A mean of binary fractions depends on the order of rows, and a last digit makes the same day another run."""
    wrong = [f"{f.name}: write exact_mean(...) instead of avg(...)" for f in files
             if f.suffix == ".sql" and "_input" in f.stem and re.search(r"\bavg\(", f.read_text(encoding="utf-8"))]
    assert not wrong, "\n".join(wrong)
