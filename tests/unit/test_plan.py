"""The order of fits comes from the graph; a synthetic manifest shows each case."""

import pytest

from orchestration.graph.manifest import Manifest
from orchestration.graph.plan import outside_of_fits, plan, still_to_build
from orchestration.graph.widen import choosing
from orchestration.jobs.pipeline import _chosen
from python_models.errors import ContractError, UsageError
from python_models.warehouse.tables import ParameterTable, Relation


def manifest(*edges: tuple[str, str]) -> Manifest:
    """Two fits a and b: each reads model <fit>_input and lands in source <fit>; `edges` are (child, parent)."""
    nodes, exposures, sources, parents = {}, {}, {}, {}
    for fit in ("a", "b"):
        model, exposure, source = f"model.p.{fit}_input", f"exposure.p.{fit}", f"source.p.{fit}.{fit}_risk"
        nodes[model] = {"name": f"{fit}_input", "schema": "fits", "alias": f"{fit}_input",
                        "columns": {"user_id": {}}, "config": {"meta": {"wire_table": "rows"}}}
        exposures[exposure] = {"name": fit, "depends_on": {"nodes": [model]}, "config": {"meta": {"fit": {
            "service": f"r-{fit}-plumber", "endpoint": f"/{fit}/fit", "deadline_seconds": 60,
            "parameters": {"horizon_days": "SURVIVAL_EVENT_THRESHOLD_DAYS"}}}}}
        sources[source] = {"source_name": fit, "name": f"{fit}_risk", "schema": "public", "identifier": f"{fit}_risk",
                           "columns": {"run_id": {}, "fitted_at": {}, "user_id": {}}}
        parents |= {exposure: [model], model: [], source: []}
    exposures["exposure.p.dashboard"] = {"name": "dashboard", "depends_on": {"nodes": []}, "config": {"meta": {}}}
    for child, parent in edges:
        parents.setdefault(child, []).append(parent)
    return Manifest({"nodes": nodes, "exposures": exposures, "sources": sources, "parent_map": parents})


def test_independent_fits_are_in_the_order_of_their_names():
    assert [piece.fit for piece in plan(manifest())] == ["a", "b"]


def test_a_fit_waits_for_the_fit_whose_landing_table_is_among_its_ancestors():
    slices = plan(manifest(("model.p.a_input", "model.p.stg_b"), ("model.p.stg_b", "source.p.b.b_risk")))
    assert [piece.fit for piece in slices] == ["b", "a"]
    assert slices[1].waits_for == ("b",)
    assert slices[0].before == ("--select", "+exposure:b", "@source:b", "--exclude", "source:b+", "tag:built_last")
    assert slices[0].after == ("--select", "source:b+", "--exclude", "tag:built_last")


def test_a_later_slice_does_not_build_again_what_an_earlier_one_built():
    a, b = plan(manifest())
    assert a.before_excluding([]) == a.before
    assert b.before_excluding([a]) == (*b.before, "+exposure:a", "@source:a")


def test_a_slice_with_nothing_left_is_known_without_asking_dbt():
    shared = manifest(("model.p.a_input", "model.p.core"), ("model.p.b_input", "model.p.core"),
                      ("model.p.core", "source.p.app.answers"), ("model.p.stg_a", "source.p.a.a_risk"),
                      ("test.p.core_is_right", "model.p.core"))
    a, b = plan(shared)
    assert still_to_build(shared, a, []) == {"model.p.a_input", "model.p.core", "source.p.app.answers"}
    assert still_to_build(shared, b, [a]) == {"model.p.b_input"}
    read_by_a = manifest(("model.p.stg_a", "source.p.a.a_risk"), ("model.p.stg_a", "model.p.b_input"))
    assert still_to_build(read_by_a, plan(read_by_a)[1], plan(read_by_a)[:1]) == set()


def test_the_rest_is_what_no_slice_covers():
    assert outside_of_fits(plan(manifest())) == (
        "--exclude", "+exposure:a", "@source:a", "+exposure:b", "@source:b", "tag:built_last")
    assert outside_of_fits([]) == ("--exclude", "tag:built_last")


def test_fits_that_wait_for_each_other_are_named():
    with pytest.raises(ContractError, match="wait for each other"):
        plan(manifest(("model.p.a_input", "source.p.b.b_risk"), ("model.p.b_input", "source.p.a.a_risk")))


def test_the_fit_is_read_without_the_columns_that_the_runner_writes():
    fit = manifest().fit("a")
    assert fit.landing[0].columns == ("user_id",)
    assert fit.inputs[0].wire_table == "rows"
    assert fit.parameters == {"horizon_days": "SURVIVAL_EVENT_THRESHOLD_DAYS"}


def test_an_unknown_fit_is_answered_with_those_there_are():
    with pytest.raises(UsageError, match="use one of: a, b"):
        manifest().fit("c")


def test_an_exposure_without_deadline_is_refused():
    content = manifest()
    del content.content["exposures"]["exposure.p.a"]["config"]["meta"]["fit"]["deadline_seconds"]
    with pytest.raises(ContractError, match="lacks 'deadline_seconds'"):
        content.fits()


def test_what_a_job_runs_has_its_name_in_the_plan_and_only_the_job_runs_it():
    content = manifest()
    content.content["exposures"]["exposure.p.b"]["config"]["meta"]["fit"]["job"] = "detect-inactivity"
    slices = plan(content)
    assert [(piece.fit, piece.job) for piece in slices] == [("a", ""), ("b", "detect-inactivity")]
    assert [piece.fit for piece in _chosen(slices, (), "")] == ["a"]
    assert [piece.fit for piece in _chosen(slices, (), "detect-inactivity")] == ["b"]
    assert [piece.fit for piece in _chosen(slices, ("b", "a"), "")] == ["a", "b"]


def test_a_model_of_parameters_is_no_table_on_the_wire():
    content = manifest()
    content.content["nodes"]["model.p.a_input__model"] = {
        "name": "a_input__model", "schema": "fits", "alias": "a_input__model", "columns": {"model": {}},
        "config": {"meta": {"wire_parameters": True}}}
    content.content["exposures"]["exposure.p.a"]["depends_on"]["nodes"].append("model.p.a_input__model")
    fit = content.fit("a")
    assert [table.wire_table for table in fit.inputs] == ["rows"]
    assert fit.stored == (ParameterTable(Relation("fits", "a_input__model"), ("model",)),)


@pytest.mark.parametrize("kept", [
    ["--select", "a", "b"], ["-s=a"], ["--select", "a", "--exclude", "b"], ["--selector", "nightly"],
    ["--select", "state:modified+", "--state", "folder"]])
def test_what_a_selection_means_is_asked_with_all_that_it_needs(kept):
    assert choosing(["--full-refresh", *kept, "--vars", "{}", "--defer"]) == kept
