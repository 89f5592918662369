"""Documentation coverage is a gate."""

import re

from orchestration.dbt import RELEASE


def described(text):
    return bool(text and text.strip())


def own(manifest, kind):
    project = manifest.content["metadata"]["project_name"]
    return [node for node in manifest.content[kind].values() if node["package_name"] == project]


def test_the_overview_has_a_place_for_the_release(manifest):
    """`dreamseed docs` replaces these words."""
    overviews = [doc["block_contents"] for doc in manifest.content["docs"].values() if doc["name"] == "__overview__"]
    assert sum(text.count(RELEASE) for text in overviews) == 1


def test_every_model_and_column_is_described_with_its_type(manifest):
    wrong = []
    for node in own(manifest, "nodes"):
        if node["resource_type"] not in ("model", "seed", "snapshot"):
            continue
        if not described(node["description"]):
            wrong.append(f"{node['name']}: describe it")
        wrong += [f"{node['name']}.{name}: describe it" for name, column in node["columns"].items()
                  if not described(column["description"])]
        wrong += [f"{node['name']}.{name}: give its data_type" for name, column in node["columns"].items()
                  if not column.get("data_type")]
        if not node["columns"]:
            wrong.append(f"{node['name']}: list its columns")
    assert not wrong, "\n".join(wrong)


def test_every_models_description_ends_with_its_grain(manifest):
    wrong = [f"{node['name']}: end the description with `One row per ...`" for node in own(manifest, "nodes")
             if node["resource_type"] in ("model", "snapshot")
             and not re.search(r"One row per [^.]+\.?$", node["description"].strip())]
    assert not wrong, "\n".join(wrong)


def test_every_source_and_exposure_is_described(manifest):
    wrong = []
    for source in own(manifest, "sources"):
        if not described(source["description"]) or not described(source["source_description"]):
            wrong.append(f"source {source['source_name']}.{source['name']}: describe it")
        wrong += [f"source {source['name']}.{name}: describe it and give its data_type"
                  for name, column in source["columns"].items()
                  if not described(column["description"]) or not column.get("data_type")]
    for exposure in own(manifest, "exposures"):
        if not described(exposure["description"]) or not exposure["owner"].get("name"):
            wrong.append(f"exposure {exposure['name']}: describe it and name its owner")
    assert not wrong, "\n".join(wrong)


def test_every_primary_table_has_a_tested_key(manifest):
    """Each table that readers use is unique at its grain, by a test or an index; a view inherits its table's key."""
    tested = {tuple(sorted(node["depends_on"]["nodes"])) for node in own(manifest, "nodes")
              if node["resource_type"] == "test" and "unique" in node["name"]}
    wrong = [f"{node['name']}: add a uniqueness test or a unique index at its grain"
             for uid, node in manifest.content["nodes"].items()
             if node["resource_type"] == "model" and node["config"]["materialized"] != "view"
             and not node["name"].startswith("int_")
             and node["fqn"][1] in ("core", "features", "kpis", "fits", "reports") and (uid,) not in tested
             and not any(index.get("unique") for index in node["config"].get("indexes") or [])]
    assert not wrong, "\n".join(wrong)
