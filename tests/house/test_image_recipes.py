"""Rules for the images that can be read from their Dockerfiles; tests/e2e/test_images.py builds and runs them."""

import json
import re
import subprocess

import dockerfile
import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.stack.services import service_names

RECIPES = ("Dockerfile", "r-services/Dockerfile")
LABELS = {"title", "description", "licenses", "version", "revision"}


@pytest.fixture(scope="module", params=RECIPES)
def recipe(request):
    return dockerfile.read(PROJECT_DIR / request.param)


def last(recipe, name):
    found = [instruction for instruction in recipe.stages[-1].instructions if instruction.name == name]
    assert found, f"the last stage has no {name}"
    return found[-1]


def packages(*parts):
    answer = subprocess.run(["scripts/apt_packages.sh", *parts], cwd=PROJECT_DIR, capture_output=True, text=True,
                            check=False)
    return answer.returncode, answer.stdout.split(), answer.stderr


def test_the_base_is_pinned_by_tag_and_digest(recipe):
    bases = {stage.base for stage in recipe.stages} - {stage.name for stage in recipe.stages}
    assert len(bases) == 1
    assert re.fullmatch(r"debian:bookworm-\d{8}-slim@sha256:[0-9a-f]{64}", bases.pop()), "pin an immutable base"


def test_both_images_rest_on_the_same_base():
    assert len({dockerfile.read(PROJECT_DIR / path).arguments["BASE"] for path in RECIPES}) == 1


def test_an_image_runs_as_a_number_that_kubernetes_can_check(recipe):
    assert last(recipe, "USER").text == "10001:10001"


def test_an_image_has_an_init_a_health_check_and_labels(recipe):
    assert json.loads(last(recipe, "ENTRYPOINT").text)[:3] == ["tini", "-g", "--"]
    assert " CMD [" in last(recipe, "HEALTHCHECK").text
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", last(recipe, "LABEL").text))
    assert labels >= LABELS


def test_packages_come_from_the_lists_and_from_nowhere_else(recipe):
    for stage in recipe.stages:
        for step in (one.text for one in stage.instructions if one.name == "RUN"):
            if "apt-get install" in step:
                assert "$(scripts/apt_packages.sh " in step and "--no-install-recommends $packages" in step
            if "pip install" in step:
                assert "--require-hashes -r requirements-runtime.lock" in step or "--no-deps" in step
            assert not re.search(r"\b(curl|wget|git clone|install\.packages)\b|https?:", step), step


def test_the_last_stage_compiles_nothing(recipe):
    assert not [one for one in recipe.stages[-1].instructions if one.name == "RUN"]


def test_what_is_copied_is_in_the_build_context(recipe, files):
    listed = [str(file.relative_to(PROJECT_DIR)) for file in files]
    context = dockerfile.context(PROJECT_DIR, listed)
    values = {"SERVICE": "irt"}
    for stage in recipe.stages:
        for step in (one for one in stage.instructions if one.name == "COPY" and "--from" not in one.text):
            for source in dockerfile.expand(step.text, values).split()[:-1]:
                assert any(path == source or path.startswith(f"{source}/") for path in context), \
                    f".dockerignore leaves {source} outside, or it is not there"


def test_the_build_context_has_no_tests_but_dbts_and_nothing_hidden(files):
    context = dockerfile.context(PROJECT_DIR, [str(file.relative_to(PROJECT_DIR)) for file in files])
    assert "dbt_project/tests/core/assert_every_answer_is_accounted_for.sql" in context
    assert not [path for path in context if "/tests/" in path and not path.startswith("dbt_project/tests/")]
    for outside in (".env", ".git/config", ".venv/bin/python", "tests/conftest.py", "bench/irt.py", "secrets/token"):
        assert dockerfile.context(PROJECT_DIR, [outside]) == []


def test_every_service_has_its_part_of_the_package_list():
    everything = set(packages()[1])
    for service in service_names():
        code, found, _ = packages("r-service", service)
        assert code == 0 and set(found) <= everything
    assert "r-cran-rstan" in packages("brms")[1] and "r-cran-rstan" not in packages("irt", "cluster")[1]
    assert "tini" not in everything  # only containers need it
    assert "podman" in packages("test-slow")[1] and "podman" not in everything


def test_an_unknown_part_is_one_clear_line():
    code, found, said = packages("nonsense")
    assert (code, found) == (2, []) and "'nonsense'" in said and len(said.splitlines()) == 1
