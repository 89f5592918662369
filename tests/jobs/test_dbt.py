"""The whole dbt project with its unit tests, on the built school."""

import pytest
from builders import AS_OF

from python_models.warehouse.connection import connect

pytestmark = pytest.mark.data_tests


def test_a_full_build_passes_every_test_and_rewrites_no_week(school):
    def weeks():
        with connect(school.database_url) as connection:
            return connection.execute("select count(*), max(updated_at), max(created_at) from weekly_kpi").fetchone()

    before = weeks()
    built = school.dbt(AS_OF).build(quiet=True)
    assert built.tests > 140 and built.warnings == 0
    assert weeks() == before


def test_documented_columns_are_the_real_columns(school):
    """What the page says must be what the table has, column by column."""
    content = school.dbt(AS_OF).parse().content
    described = [node for node in [*content["nodes"].values(), *content["sources"].values()]
                 if node["resource_type"] in ("model", "snapshot", "source")
                 and node["package_name"] == content["metadata"]["project_name"]
                 and node.get("config", {}).get("materialized") != "ephemeral"]
    with connect(school.database_url) as connection:
        real = {}
        for schema, table, column in connection.execute(
                "select table_schema, table_name, column_name from information_schema.columns"):
            real.setdefault((schema, table), set()).add(column)
    wrong = []
    for node in described:
        name, columns = node.get("identifier") or node.get("alias"), set(node["columns"])
        found = real.get((node["schema"], name), set())
        if found != columns:
            wrong.append(f"{name}: documented only {sorted(columns - found)}, real only {sorted(found - columns)}")
    assert not wrong, "\n".join(wrong)
