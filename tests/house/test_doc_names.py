"""Names in documents exist: a model, column, setting or metric between backticks is one that the code knows."""

import re

import pytest

from orchestration.settings import PROJECT_DIR

CODE = {".py", ".R", ".sql", ".yml", ".yaml", ".sh", ".toml", ".txt", ".cpp"}
NAME = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z0-9]*(?:_+[A-Za-z0-9]+)+(?!\w)")
ELSEWHERE = {"pg_stat_activity", "dreamseed_reader", "dreamseed_writer"}  # of the database server
EXAMPLES = {"docs/adding-a-fit.md"}  # of a fit that does not exist


@pytest.fixture(scope="module")
def known(files):
    """Every word of the code, and every file's name; settings are known in either case."""
    found = set(ELSEWHERE)
    for file in files:
        if file.suffix in CODE or file.name in ("Makefile", "Dockerfile"):
            found |= {file.stem, *re.findall(r"\w+", file.read_text(encoding="utf-8"))}
    return {word.lower() for word in found}


def unknown(text, known):
    """Return the names between backticks that `known` has not; patterns such as `r-<s>` name nothing."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    said = {word for code in re.findall(r"`([^`]+)`", prose) if not re.search(r"[<*{/]|\.\.\.", code)
            for word in NAME.findall(code)}
    return sorted(word for word in said if word.lower() not in known)


def test_names_in_documents_are_names_in_the_code(files, known):
    wrong = []
    for file in files:
        name = str(file.relative_to(PROJECT_DIR))
        if file.suffix == ".md" and name not in EXAMPLES and (name.startswith("docs/") or name == "README.md"):
            wrong += [f"{name}: `{word}` is nowhere in the code: fix the name, or what it names"
                      for word in unknown(file.read_text(encoding="utf-8"), known)]
    assert not wrong, "\n".join(wrong)


def test_a_misspelt_name_is_found(known):
    text = "`churn_alert`, `CHURN_ALERT_THRESHOLD=0.8`, `chrun_" "alert`, `CHURN_ALERT_TRESH" "OLD`"
    assert unknown(text, known) == ["CHURN_ALERT_TRESH" "OLD", "chrun_" "alert"]
