"""Every object is valid by the cluster's schemas, and a misspelt field is not."""

import copy
import json
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
from cluster_objects import name_of

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in Path(__file__).parent.glob("schemas/*.json")}
# The oldest version we support, and the newest that the library has.
VERSIONS = ("1.29", kubernetes_validate.latest_version())


def check(one, version):
    if one["kind"] in SCHEMAS:
        jsonschema.validate(one, SCHEMAS[one["kind"]])
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
