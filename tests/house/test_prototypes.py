"""The R service's zero-row prototype is the dbt contract: the same columns, the same types."""

import json
import os
import subprocess

import pytest

from orchestration.settings import PROJECT_DIR
from orchestration.stack.services import R_DIR, short_name

R_TYPE = {"text": "character", "integer": "integer", "int": "integer", "bigint": "double", "boolean": "logical",
          "double precision": "double", "date": "Date", "jsonb": "object"}


@pytest.fixture(scope="session")
def prototypes(manifest):
    """{fit: {wire table or `parameters`: {column: {type, required}}}}, as the services declare them."""
    endpoints = ", ".join(f'{name} = list("{R_DIR / short_name(fit.service)}", "{fit.endpoint}")'
                          for name, fit in manifest.fits().items())
    script = f"""
        types <- function(table) lapply(attr(table, "rules")$columns, `[`, c("type", "required"))
        facts <- function(place) {{
            endpoint <- fitservice::load_service(place[[1]])$endpoints[[place[[2]]]]
            parameters <- lapply(endpoint$parameters, `[`, c("type", "required"))
            c(lapply(endpoint$tables, types), list(parameters = parameters))
        }}
        cat(jsonlite::toJSON(lapply(list({endpoints}), facts), auto_unbox = TRUE))"""
    answer = subprocess.run(["Rscript", "--vanilla", "-e", script], capture_output=True, text=True, check=True,
                            env=os.environ | {"R_LIBS": str(PROJECT_DIR / ".r-library")})
    return json.loads(answer.stdout)


def test_prototypes_equal_contracts(manifest, prototypes):
    """Every column that dbt sends is known with its type, and none that the fit requires is missing."""
    wrong = []
    for name in manifest.fits():
        for uid in manifest.content["parent_map"][manifest.exposure_id(name)]:
            node = manifest.content["nodes"][uid]
            sent = {column: R_TYPE[facts["data_type"]] for column, facts in node["columns"].items()}
            meta = node["config"]["meta"]
            are_parameters = bool(meta.get("wire_parameters"))
            expected = prototypes[name].get("parameters" if are_parameters else meta["wire_table"], {})
            wrong += [f"{node['name']}.{column} is sent as {kind}, the service takes {expected.get(column)}"
                      for column, kind in sent.items() if expected.get(column, {}).get("type") != kind]
            wrong += [f"{node['name']} does not send {column}" for column, rule in expected.items()
                      if rule["required"] and column not in sent and not are_parameters]
    assert not wrong, "\n".join(wrong)
