"""Settings: contract names, defaults, and one clear line for a bad value."""

import pytest

from orchestration.jobs.demo import demo_settings
from orchestration.settings import Settings, read_settings
from python_models.errors import UsageError

DEFAULTS = {
    "KPI_LOOKBACK_DAYS": 30, "METRICS_USE_BAYESIAN": False, "METRICS_USE_IRT_THETA": True,
    "METRICS_DEFAULT_TARGET": 0.0, "GOAL_HORIZON_WEEKS": 4, "MIRT_LOOKBACK_DAYS": 30, "MIRT_MODEL": "2PL",
    "MIRT_MAX_OBS": 0, "MIRT_RAPID_GUESS_MS": 300, "IRT_UPDATE_QUESTION_META": False,
    "LOOKBACK_WEEKS": 12, "BRMS_ITER": 1000, "BRMS_CHAINS": 2, "BRMS_FAMILY": "gaussian",
    "BRMS_ENGINE": "marginal", "BRMS_MIN_ANSWERS": 3, "BRMS_SCORE": "eap",
    "BRMS_UPDATE_KPI": True, "PROPHET_LOOKBACK_WEEKS": 12, "PROPHET_FORECAST_WEEKS": 4,
    "PROPHET_ANOMALY_THRESHOLD": 2.5, "SURVIVAL_LOOKBACK_DAYS": 90, "SURVIVAL_EVENT_THRESHOLD_DAYS": 14,
    "SURVIVAL_UPDATE_KPI": True, "CHURN_ALERT_THRESHOLD": 0.7, "CHURN_ALERT_TOP": 0, "INACTIVITY_THRESHOLD_DAYS": 7,
    "CLUSTER_LOOKBACK_WEEKS": 12, "CLUSTER_N_CLUSTERS": "", "CLUSTER_METHOD": "kmeans",
    "R_IRT_TIMEOUT_SECS": 600, "R_BRMS_TIMEOUT_SECS": 600, "R_FORECAST_TIMEOUT_SECS": 600,
    "R_CLUSTER_TIMEOUT_SECS": 600,
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_the_contracts_settings_have_the_contracts_defaults(name, default):
    assert read_settings().value(name) == default


@pytest.mark.parametrize(("name", "bad"), [
    ("SURVIVAL_LOOKBACK_DAYS", "ninety"), ("CHURN_ALERT_THRESHOLD", "1.5"), ("CHURN_ALERT_TOP", "few%"),
    ("CHURN_ALERT_TOP", "1"), ("MIRT_MODEL", "4PL"),
    ("BRMS_ENGINE", "magic"), ("BRMS_SCORE", "map"), ("BRMS_FAMILY", "cauchy"), ("BRMS_ITER", "99"),
    ("BRMS_CHAINS", "17"), ("BRMS_MIN_ANSWERS", "0"),
    ("CLUSTER_N_CLUSTERS", "many"), ("METRICS_USE_BAYESIAN", "perhaps"), ("DBT_SCHEMA", 'x"; drop table')])
def test_a_bad_value_is_one_line_naming_variable_and_value(monkeypatch, name, bad):
    monkeypatch.setenv(name, bad)
    with pytest.raises(UsageError) as caught:
        read_settings()
    line = str(caught.value)
    assert name in line and bad in line and "Fix:" in line and "\n" not in line
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("given", "share"), [("5%", 0.05), ("0.05", 0.05), ("0", 0)])
def test_the_capacity_of_alerts_is_a_share_or_a_percentage(monkeypatch, given, share):
    monkeypatch.setenv("CHURN_ALERT_TOP", given)
    assert read_settings().churn_alert_top == share


def test_a_family_that_the_engine_cannot_fit_is_refused(monkeypatch):
    monkeypatch.setenv("BRMS_FAMILY", "student")
    with pytest.raises(UsageError, match="BRMS_FAMILY=student needs BRMS_ENGINE=brms"):
        read_settings()
    assert read_settings(brms_engine="brms").brms_family == "student"


def test_a_bad_secret_is_not_shown(monkeypatch):
    monkeypatch.setenv("R_FORECAST_TIMEOUT_SECS", "-1")
    with pytest.raises(UsageError, match="R_FORECAST_TIMEOUT_SECS"):
        read_settings()


def test_flags_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("SURVIVAL_LOOKBACK_DAYS", "60")
    assert read_settings(survival_lookback_days=45).survival_lookback_days == 45
    assert read_settings(survival_lookback_days=None).survival_lookback_days == 60


def test_no_place_and_no_secret_reaches_dbt():
    names = set(read_settings(r_forecast_internal_token="canary").dbt_environment())
    assert "SURVIVAL_LOOKBACK_DAYS" in names
    assert not {name for name in names if "TOKEN" in name or "URL" in name}


def test_an_unknown_setting_is_answered_with_those_there_are():
    with pytest.raises(UsageError, match="SURVIVAL_LOOKBACK_DAYS"):
        read_settings().value("SURVIVAL_LOOK_BACK")


@pytest.mark.parametrize(("environment", "expected"), [(None, True), ("false", False), ("true", True)])
def test_the_demo_takes_p_from_the_growth_fit_unless_the_environment_says_otherwise(monkeypatch, environment, expected):
    monkeypatch.delenv("METRICS_USE_BAYESIAN", raising=False)
    if environment is not None:
        monkeypatch.setenv("METRICS_USE_BAYESIAN", environment)
    settings = read_settings()
    assert demo_settings(settings).metrics_use_bayesian is expected
    assert settings.metrics_use_bayesian is (environment == "true")
