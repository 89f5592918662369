"""Commands and queries in the documents run on a copy of the school."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from document_blocks import FENCE, blocks, documents

from python_models.warehouse.connection import connect


@pytest.fixture(scope="module")
def copy(school, tmp_path_factory):
    """The environment of a copy of the school, for commands that may write."""
    home = tmp_path_factory.mktemp("docs")
    settings = {f"R_{name.upper()}_{what}": str(school.settings.value(f"R_{name}_{what}")) for name in
                ("irt", "brms", "forecast", "cluster") for what in ("BASE_URL", "INTERNAL_TOKEN")}
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(home),
            "DREAMSEED_HOME": str(home), "DATABASE_URL": school.database_url, **settings}


@pytest.mark.parametrize("block", [block for block in blocks() if block.runs], ids=lambda block: block.lines[0][:50])
def test_what_can_run_does_run(block, copy, tmp_path):
    for line in block.lines:
        answer = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=copy, capture_output=True, text=True,
                                check=False)
        assert answer.returncode == 0, f"{block.file}: {line}\n{answer.stdout[-1000:]}{answer.stderr[-2000:]}"


def test_queries_in_sentences_are_queries(school):
    """`select ...` between backticks is planned by Postgres, so tables and columns exist."""
    wrong = []
    with connect(school.database_url) as connection:
        connection.execute("set search_path to public, public_staging, public_fits")
        for name, text in documents().items():
            for query in re.findall(r"`(select [^`]+)`", FENCE.sub("", text)):
                try:
                    with connection.transaction():
                        connection.execute(f"explain {query}")
                except psycopg.Error as error:
                    wrong.append(f"{name}: `{query}`: {str(error).splitlines()[0]}")
    assert not wrong, "\n".join(wrong)
