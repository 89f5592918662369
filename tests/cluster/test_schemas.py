"""Every object is valid by the cluster's schemas, and a misspelt field is not."""

import copy
import json
from functools import cache
from pathlib import Path
from unittest import mock

import jsonschema
import kubernetes_validate
import pytest
from cluster_objects import name_of


def validator_for(schema):
    """A validator that looks at its own schema once, not for each object."""
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


SCHEMAS = {path.stem: validator_for(json.loads(path.read_text()))
           for path in Path(__file__).parent.glob("schemas/*.json")}
# The oldest version we support, and the newest that the library has.
VERSIONS = ("1.29", kubernetes_validate.latest_version())


@pytest.fixture(autouse=True, scope="module")
def schemas_read_once():
    """The library parses the schemas of a version, some megabytes, for each object."""
    library = kubernetes_validate.utils
    with mock.patch.object(library, "schema_contents", cache(library.schema_contents)):
        yield


def check(one, version):
    if one["kind"] in SCHEMAS:
        SCHEMAS[one["kind"]].validate(one)
    else:
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(objects, version):
    for one in objects:
        try:
            check(one, version)
        except (kubernetes_validate.ValidationError, jsonschema.ValidationError) as error:
            pytest.fail(f"{one['kind']} {name_of(one)}: {error.message} at {'/'.join(map(str, error.path))}")


@pytest.mark.parametrize("kind", [*SCHEMAS, "CronJob", "Deployment", "NetworkPolicy", "HorizontalPodAutoscaler"])
def test_a_misspelt_field_is_refused(prod, kind):
    broken = copy.deepcopy(prod.of(kind)[0])
    broken["spec"]["scheduel"] = "0 3 * * *"
    with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError)):
        check(broken, VERSIONS[-1])


def test_custom_resources_have_the_expected_versions(objects):
    custom = {one["kind"]: one["apiVersion"] for one in objects if one["kind"] in SCHEMAS}
    assert custom == {"SecretStore": "external-secrets.io/v1", "ExternalSecret": "external-secrets.io/v1",
                      "ServiceMonitor": "monitoring.coreos.com/v1", "PrometheusRule": "monitoring.coreos.com/v1"}
