"""The ConfigMap of settings: it has every setting, with its default unless this file names another value."""

import pytest

from orchestration.settings import Settings

# Paths come from the pod and secrets from Secrets, not from the ConfigMap.
PLACES_AND_SECRETS = {"DREAMSEED_HOME", "DATABASE_URL", "REPORT_URI", "R_IRT_INTERNAL_TOKEN", "R_BRMS_INTERNAL_TOKEN",
                      "R_FORECAST_INTERNAL_TOKEN", "R_CLUSTER_INTERNAL_TOKEN"}
DEPLOYED = {"METRICS_USE_BAYESIAN": True, "LOCK_WAIT_SECS": 900}
OVERRIDES = {"dev": {}, "staging": {}, "prod": {"BRMS_ITER": 2000, "BRMS_CHAINS": 4, "DBT_THREADS": 4}}
# Read by libpq, so by dbt and by the runner.
LIBPQ = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/dreamseed/database/ca.crt"}


def test_every_setting_is_there_and_nothing_else(objects):
    given = set(objects.data("dreamseed-settings"))
    known = {name.upper() for name in Settings.model_fields} - PLACES_AND_SECRETS
    missing, unknown = known - given, given - known - set(LIBPQ)
    assert not missing, f"add to k8s/base/settings.yaml, with their defaults: {sorted(missing)}"
    assert not unknown, f"not a setting in orchestration/settings.py: {sorted(unknown)}"


@pytest.mark.parametrize("overlay", sorted(OVERRIDES))
def test_settings_have_their_defaults_or_the_values_named_here(overlays, overlay, monkeypatch):
    text = overlays[overlay].data("dreamseed-settings")
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in text.items():
        monkeypatch.setenv(name, value)
    read, meant, wrong = Settings(), DEPLOYED | OVERRIDES[overlay], []
    for name in text.keys() - LIBPQ.keys():
        if name.endswith("_BASE_URL"):
            continue
        wanted = meant.get(name, Settings.model_fields[name.lower()].default)
        if read.value(name) != wanted:
            wrong.append(f"{overlay}: {name} is {read.value(name)!r}, not {wanted!r}: fix it, or name the value here")
    assert not wrong, "\n".join(wrong)


def test_the_bayesian_goal_probability_is_on_in_every_overlay(objects):
    assert objects.data("dreamseed-settings")["METRICS_USE_BAYESIAN"] == "true"


def test_connections_to_the_database_are_encrypted_and_its_name_is_checked(objects):
    """Every pod with a DATABASE_URL has libpq's variables and the file that they name."""
    data = objects.data("dreamseed-settings")
    assert {name: data[name] for name in LIBPQ} == LIBPQ
    for pod in objects.pods():
        for one in pod.containers():
            if any(e["name"] == "DATABASE_URL" for e in one.get("env", [])):
                mounts = {mount["mountPath"]: mount["name"] for mount in one["volumeMounts"]}
                volume = next(v for v in pod.spec["volumes"] if v["name"] == mounts["/etc/dreamseed/database"])
                assert volume["secret"]["secretName"] == "seedtest-db-ca", pod.owner
                assert {"configMapRef": {"name": "dreamseed-settings"}} in one["envFrom"], pod.owner
