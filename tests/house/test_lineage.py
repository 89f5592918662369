"""Each fit is woven into dbt in one way: exposure, source and folder share one name, and the path is unbroken."""

import re
from pathlib import Path

from orchestration.graph.plan import plan
from orchestration.graph.widen import missing
from orchestration.settings import PROJECT_DIR, Settings
from orchestration.stack.services import R_DIR, short_name


def staging_of(manifest, fit):
    return {uid: node for uid, node in manifest.content["nodes"].items() if node["name"].startswith(f"stg_{fit}__")}


def test_there_is_a_fit_and_an_order(manifest):
    """Every fit has one place in the plan, after all that it waits for."""
    slices = plan(manifest)
    places = {piece.fit: place for place, piece in enumerate(slices)}
    assert len(slices) == len(places) and places.keys() == manifest.fits().keys() and len(places) >= 5
    assert not [(piece.fit, awaited) for piece in slices for awaited in piece.waits_for
                if places[awaited] >= places[piece.fit]]
    assert any(piece.waits_for for piece in slices)


def test_every_fit_has_its_folder_service_and_landing_tables(manifest):
    migrations = "".join(
        p.read_text() for p in (PROJECT_DIR / "python_models/warehouse/migrations/versions").glob("*.py"))
    missing = []
    for name, fit in manifest.fits().items():
        if not Path(PROJECT_DIR, "dbt_project/models/fits", name, f"_{name}.yml").exists():
            missing.append(f"{name}: write dbt_project/models/fits/{name}/_{name}.yml")
        plumber = R_DIR / short_name(fit.service) / "plumber.R"
        if not plumber.exists() or fit.endpoint not in plumber.read_text():
            missing.append(f"{name}: declare {fit.endpoint} in r-services/{short_name(fit.service)}/plumber.R")
        missing += [f"{name}: create table {table.relation.name} in a migration" for table in fit.landing
                    if f"create table {table.relation.name} " not in migrations]
        missing += [f"{name}: {setting} is no setting; add it to orchestration/settings.py"
                    for setting in fit.parameters.values() if setting.lower() not in Settings.model_fields]
    assert not missing, "\n".join(missing)


def test_every_input_is_a_contracted_model_named_after_its_fit(manifest):
    wrong = []
    for name in manifest.fits():
        parents = manifest.content["parent_map"][manifest.exposure_id(name)]
        for uid in parents:
            node = manifest.content["nodes"][uid]
            if not re.fullmatch(rf"{name}_input(__\w+)?", node["name"]) or not node["config"]["contract"]["enforced"]:
                wrong.append(f"{node['name']}: call it {name}_input and enforce its contract")
        if not any(manifest.content["nodes"][uid]["name"] == f"{name}_input" for uid in parents):
            wrong.append(f"exposure {name}: depend on {name}_input")
    assert not wrong, "\n".join(wrong)


def test_staging_of_a_fit_carries_the_hint_that_closes_the_path(manifest):
    open_paths = []
    for name in manifest.fits():
        inputs = set(manifest.content["parent_map"][manifest.exposure_id(name)])
        staged = staging_of(manifest, name)
        assert staged, f"{name}: write a stg_{name}__* model for each landing table"
        for uid, node in staged.items():
            if not inputs & set(manifest.content["parent_map"][uid]):
                open_paths.append(f"{node['name']}: first line `-- depends_on: {{{{ ref('{name}_input') }}}}`")
    assert not open_paths, "\n".join(open_paths)


def test_every_landing_table_has_a_staging_model_and_nothing_but_run_summaries_reads_it_too(manifest):
    wrong = []
    run_summaries = {view.name for fit in manifest.fits() for view in manifest.run_summaries(fit)}
    for uid, source in manifest.content["sources"].items():
        if source["source_name"] not in manifest.fits():
            continue
        children = [c for c in manifest.content["child_map"][uid] if c.startswith("model.")]
        readers = {manifest.content["nodes"][child]["name"] for child in children} - run_summaries
        if len(readers) != 1 or not next(iter(readers)).startswith(f"stg_{source['source_name']}__"):
            wrong.append(f"{source['name']}: read it in exactly one stg_{source['source_name']}__* model, "
                         f"not in {sorted(readers)}")
    assert not wrong, "\n".join(wrong)


def test_the_path_from_answers_to_kpis_is_unbroken(manifest):
    kpi = next(uid for uid, node in manifest.content["nodes"].items() if node["name"] == "weekly_kpi")
    above = manifest.ancestors(kpi)
    assert any(uid.endswith(".app.exam_results") for uid in above)
    assert any(uid.endswith(".app.attempt_log") for uid in above)


def test_every_fit_is_read_by_what_people_decide_by(manifest):
    """Fits of learners end in `weekly_kpi`, fits of the cohort in marts of their own."""
    marts = [uid for uid, node in manifest.content["nodes"].items()
             if node["resource_type"] == "model" and node["fqn"][1] == "kpis" and not node["name"].startswith("int_")]
    above = set().union(*(manifest.ancestors(uid) for uid in marts))
    unread = [f"{name}: let a mart in dbt_project/models/kpis read its staging" for name in manifest.fits()
              if not any(uid.startswith("source.") and f".{name}." in uid for uid in above)]
    assert not unread, "\n".join(unread)


def test_what_a_fit_says_of_replays_is_there(manifest):
    """`measured_by` names a model that has the fit's results above it, `judging` names parameters."""
    wrong = []
    for name, meta in manifest.fit_metas().items():
        measured = [uid for uid, node in manifest.content["nodes"].items() if node["resource_type"] == "model"
                    and node["name"] == meta.get("measured_by")]
        if meta.get("measured_by") and not any(set(staging_of(manifest, name)) & manifest.ancestors(uid)
                                               for uid in measured):
            wrong.append(f"{name}: measured_by must name a model that reads stg_{name}__*")
        wrong += [f"{name}: judging names {judging!r}, which is no parameter" for judging in meta.get("judging", [])
                  if judging not in meta["parameters"]]
    assert not wrong, "\n".join(wrong)


def test_a_selection_is_widened_by_the_snapshots_that_it_reads(manifest):
    """A KPI alone would read goals as the last snapshot saw them; a selection that has everything stays as it is."""
    assert missing(manifest, {"weekly_kpi"})["interest_goal_history"] == "weekly_kpi"
    assert missing(manifest, {node["name"] for node in manifest.content["nodes"].values()}) == {}
