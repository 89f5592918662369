"""The whole dbt project with its unit tests, on the built school."""

from builders import AS_OF

from python_models.warehouse.connection import connect


def test_a_full_build_passes_every_test_and_rewrites_no_week(school):
    def weeks():
        with connect(school.database_url) as connection:
            return connection.execute("select count(*), max(updated_at), max(created_at) from weekly_kpi").fetchone()

    before = weeks()
    built = school.dbt(AS_OF).build(quiet=True)
    assert built.tests > 140 and built.warnings == 0
    assert weeks() == before
