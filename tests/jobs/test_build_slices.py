"""`dreamseed build --before FIT` and `--after FIT`: what a job in three containers builds around its fit."""

import json

import pytest
from builders import AS_OF
from click.testing import CliRunner

from orchestration.cli.jobs import build
from orchestration.dbt import Dbt
from orchestration.graph.plan import plan
from orchestration.settings import read_settings
from python_models.errors import UsageError

pytestmark = pytest.mark.data_tests


def built(school):
    """The models and tests of the last build."""
    results = json.loads((school.settings.home / "target" / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[2] for result in results}


def fit_read_by(school, fit):
    """A model that the fit reads, and one that reads it."""
    manifest = school.dbt(AS_OF).parse()
    names = [node["name"] for node in manifest.content["nodes"].values() if node["resource_type"] == "model"]
    return f"{fit}_input", next(name for name in names if name.startswith(f"stg_{fit}__"))


def test_before_builds_what_the_fit_reads_and_nothing_that_reads_it(school):
    fit = plan(school.dbt(AS_OF).parse())[0].fit
    reads, read_by = fit_read_by(school, fit)
    result = school.build_before(fit, AS_OF)
    assert reads in built(school) and read_by not in built(school) and result.nodes > 0


def test_after_tests_the_landing_tables_and_builds_what_reads_the_fit(school):
    fit = plan(school.dbt(AS_OF).parse())[0].fit
    reads, read_by = fit_read_by(school, fit)
    result = school.build_after(fit, AS_OF)
    nodes = built(school)
    assert read_by in nodes and reads not in nodes and any(name.startswith("source_") for name in nodes)
    assert result.tests > 0


@pytest.mark.parametrize("side", ["build_before", "build_after"])
def test_an_unknown_fit_is_answered_with_those_there_are(school, side):
    with pytest.raises(UsageError, match="There is no fit 'nonsense'.*use one of"):
        getattr(school, side)("nonsense", AS_OF)


@pytest.mark.parametrize("arguments", [["--before", "irt", "--after", "irt"],
                                       ["--after", "irt", "--select", "attempt"]])
def test_one_kind_of_selection_at_a_time(arguments):
    answer = CliRunner().invoke(build, arguments, obj=read_settings())
    assert isinstance(answer.exception, UsageError) and "exclude each other" in str(answer.exception)


@pytest.mark.parametrize(("query", "wanted"), [
    ("", {}), ("?sslmode=verify-full&sslrootcert=/etc/ca.crt",
               {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/ca.crt"})])
def test_dbt_meets_the_database_as_encrypted_as_the_url_asks(tmp_path, query, wanted):
    """profiles.yml knows host, user and password only; libpq reads the rest from the environment."""
    given = Dbt(read_settings(dreamseed_home=tmp_path), f"postgresql://u:p@db.example/d{query}", AS_OF).environment()
    assert {name: value for name, value in given.items() if name.startswith("PGSSL")} == wanted
    assert given["PGOPTIONS"] == "-c lock_timeout=60000"
    assert given["DBT_HOST"] == "db.example"
