"""Plain English: the words that CONTRIBUTING.md's word list rules out. Each message names the words to write instead.

Reads files only, so it needs no manifest. Fenced blocks and words in backticks of documents are skipped, because they
quote commands and names. In code everything counts: comments, messages and names.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKED = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "Dockerfile", "pyproject.toml",
           "dbt_project.yml", "docs", "bench", "scripts", "dbt_project", "orchestration", "python_models",
           "simulated_school", "reports", "r-services", "k8s", "tests")
# Labels of segments are published. "we can tell" is to know, not to give information.
NAMES = re.compile(r"mending_errors|we can tell")
SUFFIXES = {".md", ".py", ".R", ".sql", ".yml", ".yaml", ".sh", ".toml", ".cpp", ".h", ".html", ""}
ROW = re.compile(r"^\| (?P<write>[^|]+?) \| (?P<ruled_out>[^|]*?) ?\| [^|]*\|$", re.M)


def word_list():
    """Map each ruled-out word of CONTRIBUTING.md to the words to write instead."""
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("\n### Word list\n")[1].split("\n## ")[0]
    return {word.lower(): row["write"] for row in ROW.finditer(table)
            for word in re.findall(r"`([^`]+)`", row["ruled_out"])}


WORDS = word_list()
BETWEEN = r"[\s#*/-]+"  # an expression may continue on the next line of a comment


def pattern(word):
    """Match `word` alone or beside a `_`, so that a name such as `was_<word>` is found too.

    The look back comes after the first letter: a pattern that begins with letters is searched five times as fast.
    """
    first, rest = word[0], BETWEEN.join(map(re.escape, word.split()))[1:]
    return rf"{first}(?<![a-z]{first}){rest}(?![a-z])"


FORBIDDEN = re.compile("|".join(map(pattern, WORDS)))


def prose(text):
    """Return a document without fenced blocks and words in backticks; line numbers stay."""
    fenced = re.sub(r"^ *```.*?^ *```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]+`", "``", fenced)


def findings(text):
    """Return (line number, ruled-out word) for each find in `text`, in small or capital letters."""
    small = text.lower()
    return [(small.count("\n", 0, hit.start()) + 1, re.sub(BETWEEN, " ", hit[0])) for hit in FORBIDDEN.finditer(small)]


def checked_files():
    for name in CHECKED:
        start = ROOT / name
        for file in sorted(start.rglob("*")) if start.is_dir() else [start]:
            skipped = "__pycache__" in file.parts or file == Path(__file__)
            if file.is_file() and file.suffix in SUFFIXES and not skipped:
                yield file


def test_text_is_plain_english():
    wrong = []
    for file in checked_files():
        text = file.read_text(encoding="utf-8")
        wrong += [f"{file.relative_to(ROOT)}:{line}: {word!r}; write: {WORDS[word]}"
                  for line, word in findings(prose(text) if file.suffix == ".md" else NAMES.sub("", text))]
    assert not wrong, "\n".join(wrong)


def test_everything_that_is_named_exists():
    missing = [name for name in CHECKED if not (ROOT / name).exists()]
    assert not missing, f"{missing}: name the new place in {Path(__file__).name}"


def test_the_word_list_is_read():
    assert len(WORDS) > 15
    assert WORDS["in force"] == "current"


@pytest.mark.parametrize(("text", "found"), [
    ("It was told.", [(1, "told")]), ("first line\nthe run in\n# force", [(2, "in force")]),
    ("def was_told(): ...", [(1, "told")]),
    ("NEVER\nTell A. Who\n# Reads it?", [(2, "tell"), (2, "who reads it")]), ("It is reinforced, tellers shout.", [])])
def test_a_ruled_out_word_is_found_with_its_line(text, found):
    assert findings(text) == found


def test_quoted_commands_and_names_are_no_prose():
    assert findings(prose("```sh\ntold\n```\n`int_weeks_to_tell` is a table.")) == []
