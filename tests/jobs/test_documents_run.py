"""Commands and queries in the documents run on a copy of the school."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from commands import clean_environment
from document_blocks import FENCE, blocks, documents

from orchestration.cli import cli
from orchestration.settings import PROJECT_DIR
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


README = next(block for block in blocks() if block.file == "README.md" and block.lines[0].startswith("export "))


def test_the_readme_goes_on_in_the_home_of_the_demo_on_its_days():
    makefile = (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"DREAMSEED_HOME \?= \.dreamseed/\$\(if .*,demo\)", makefile)
    assert README.lines[0].split("#")[0].strip() == "export DREAMSEED_HOME=$PWD/.dreamseed/demo"
    assert not [line for line in README.lines if re.search(r"\b20\d\d-\d\d", line)], "its days are those of `$day`"
    for line in README.lines:
        name = next((word for word in line.split()[1:2] if line.startswith("dreamseed")), "")
        takes_a_day = name and any("--as-of" in one.opts for one in cli.commands[name].params)
        assert not takes_a_day or "$day" in line or name in ("plan", "docs", "prune") or "--release" in line, line


@pytest.mark.slow(reason="a demo and every command of README's block after it: 15 minutes",
                  concerns=["README.md", "Makefile", "orchestration/cli/*", "orchestration/jobs/*"])
def test_the_commands_of_the_readme_run_after_the_demo(tmp_path):
    (tmp_path / ".venv").symlink_to(PROJECT_DIR / ".venv")
    environment = clean_environment() | {"PYTHONPATH": str(PROJECT_DIR)}
    home = {"DREAMSEED_HOME": str(tmp_path / ".dreamseed" / "demo")}

    def shell(text, **more):
        return subprocess.run(["bash", "-c", text], cwd=tmp_path, env=environment | more, capture_output=True,
                              text=True, check=False)
    try:
        demo = shell("source .venv/bin/activate; dreamseed demo", **home)
        assert demo.returncode == 0, demo.stdout[-3000:] + demo.stderr[-3000:]
        assert Path(re.search(r"^A report to open: (.+)$", demo.stdout, re.M)[1]).exists()
        n_settings = next(at for at, line in enumerate(README.lines) if line.startswith("day=")) + 1
        settings = "\n".join(README.lines[:n_settings])
        for line in README.lines[n_settings:]:
            done = shell(f"{settings}\n{line}")
            assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            assert done.stdout.strip() or "> answers.csv" in line, line
            if "verify" in line:
                assert "FAIL" not in done.stdout and "not run yet" not in done.stdout
    finally:
        shell("source .venv/bin/activate; dreamseed down", **home)
