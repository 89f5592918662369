"""Every setting, read from the environment once; options of the command line win over it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from python_models.errors import UsageError

PROJECT_DIR = Path(os.environ.get("DREAMSEED_PROJECT", Path(__file__).resolve().parents[1]))


class Settings(BaseSettings):
    """The settings of contracts.md section 7, under the same names in lower case."""

    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore")

    dreamseed_home: Path = Path(".dreamseed")
    database_url: str = ""
    dbt_schema: str = Field("public", pattern=r"^[a-z_][a-z0-9_]{0,40}$")
    dbt_threads: int = Field(2, ge=1, le=64)
    lock_wait_secs: float = Field(60, ge=0)

    kpi_lookback_days: int = Field(30, ge=1)
    metrics_use_bayesian: bool = False
    metrics_use_irt_theta: bool = True
    metrics_default_target: float = Field(0.0, ge=-6, le=6)
    goal_horizon_weeks: int = Field(4, ge=1, le=104)
    mirt_lookback_days: int = Field(30, ge=1)
    mirt_model: Literal["Rasch", "2PL", "3PL"] = "2PL"
    mirt_max_obs: int = Field(0, ge=0)
    mirt_rapid_guess_ms: int = Field(300, ge=0)
    irt_update_question_meta: bool = False
    lookback_weeks: int = Field(12, ge=1)
    brms_iter: int = Field(1000, ge=100, le=20000)
    brms_chains: int = Field(2, ge=1, le=16)
    brms_family: Literal["gaussian", "student"] = "gaussian"
    brms_engine: Literal["marginal", "brms"] = Field("marginal", validate_default=True)
    brms_min_answers: int = Field(3, ge=1)
    brms_score: Literal["eap", "wle"] = "eap"
    brms_update_kpi: bool = True
    prophet_lookback_weeks: int = Field(12, ge=1)
    prophet_forecast_weeks: int = Field(4, ge=1, le=52)
    prophet_anomaly_threshold: float = Field(2.5, ge=0.1, le=10)
    prophet_evaluate_weeks: int = Field(156, ge=8)
    survival_lookback_days: int = Field(90, ge=15)
    survival_event_threshold_days: int = Field(14, ge=1, le=365)
    survival_update_kpi: bool = True
    churn_alert_threshold: float = Field(0.7, gt=0, lt=1)
    churn_alert_top: float = Field(0, ge=0, lt=1)
    inactivity_threshold_days: int = Field(7, ge=1)
    cluster_lookback_weeks: int = Field(12, ge=1)
    cluster_n_clusters: Annotated[int, Field(ge=1, le=20)] | Literal[""] = ""  # empty: chosen by the fit
    cluster_method: Literal["kmeans"] = "kmeans"
    report_uri: str = ""

    r_irt_base_url: str = ""
    r_brms_base_url: str = ""
    r_forecast_base_url: str = ""
    r_cluster_base_url: str = ""
    r_irt_internal_token: str = ""
    r_brms_internal_token: str = ""
    r_forecast_internal_token: str = ""
    r_cluster_internal_token: str = ""
    r_irt_timeout_secs: float = Field(600, gt=0)
    r_brms_timeout_secs: float = Field(600, gt=0)
    r_forecast_timeout_secs: float = Field(600, gt=0)
    r_cluster_timeout_secs: float = Field(600, gt=0)

    @field_validator("churn_alert_top", mode="before")
    @classmethod
    def _share_of_percent(cls, given: object) -> object:
        return share(given) if isinstance(given, str) and given.endswith("%") else given

    @field_validator("brms_engine")
    @classmethod
    def _engine_knows_family(cls, engine: str, info: ValidationInfo) -> str:
        if engine == "marginal" and info.data.get("brms_family") == "student":
            raise ValueError("BRMS_FAMILY=student needs BRMS_ENGINE=brms")
        return engine

    @property
    def home(self) -> Path:
        """The folder with this warehouse's state; two homes are two warehouses."""
        return self.dreamseed_home.expanduser().absolute()

    def value(self, name: str) -> object:
        """Return one setting by its upper-case environment name."""
        field = name.lower()
        if field not in type(self).model_fields:
            known = ", ".join(sorted(f.upper() for f in type(self).model_fields))
            raise UsageError(f"There is no setting {name!r}.", f"use one of {known}.")
        return getattr(self, field)

    def only_reading(self) -> Settings:
        """Return these settings without the one that lets a build write to the application's tables."""
        return self.model_copy(update={"irt_update_question_meta": False})

    def dbt_environment(self) -> dict[str, str]:
        """Return the settings that models read, as environment variables of their upper-case names."""
        secret_or_place = ("_base_url", "_internal_token", "_timeout_secs")
        skip = {"dreamseed_home", "database_url", "dbt_schema", "dbt_threads", "lock_wait_secs", "report_uri"}
        return {name.upper(): str(getattr(self, name)) for name in type(self).model_fields
                if name not in skip and not name.endswith(secret_or_place)}


def share(percent: str) -> float:
    """Return the share of a `percent` such as 5%; raise ValueError if it is not a number."""
    return float(percent.removesuffix("%")) / 100


def read_settings(**flags: object) -> Settings:
    """Read the environment; `flags` (those that are not None) win over it.

    Raises UsageError with the variable's name, its value and what is allowed.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        shown = "(hidden)" if "TOKEN" in name or "URL" in name else repr(first["input"])
        raise UsageError(f"{name} holds {shown}: {first['msg']}.",
                         f"set {name} to an allowed value, or unset it.") from None
