"""Data tests explain themselves: what they find, when it matters, how to resolve. Each message gives the remedy."""

import re
from pathlib import Path

from orchestration.settings import PROJECT_DIR

TESTS = Path(PROJECT_DIR, "dbt_project", "tests")
SAYS = re.compile(r"What it finds: \S.{15,}[.!] When it matters: \S.{10,}[.!] How to resolve: \S.{20,}[.!]$", re.DOTALL)


def words(text):
    return " ".join(re.sub(r"^\s*(--|\{#|#\})", " ", text, flags=re.M).replace("#}", " ").split())


def comment(file):
    text = file.read_text(encoding="utf-8")
    if file.parent.name == "generic":
        found = re.match(r"\{#.*?#\}", text, re.DOTALL)
        return words(found.group(0)) if found else ""
    return words("\n".join(re.match(r"(--.*\n)*", text).group(0).splitlines()))


def test_every_data_test_says_what_it_finds_when_it_matters_and_how_to_resolve():
    wrong = [f"{file.relative_to(PROJECT_DIR)}: begin with a comment `What it finds: ... When it matters: ... "
             "How to resolve: ...`" for file in sorted(TESTS.rglob("*.sql")) if not SAYS.match(comment(file))]
    assert not wrong, "\n".join(wrong)


def test_dbt_knows_the_same_words(manifest):
    """The description (which `dreamseed status` shows when a test fails) is the comment, word for word."""
    described = {node["name"]: node["description"] for node in
                 [*manifest.content["nodes"].values(), *manifest.content["macros"].values()]
                 if node["resource_type"] in ("test", "macro")}
    wrong = []
    for file in sorted(TESTS.rglob("*.sql")):
        name = f"test_{file.stem}" if file.parent.name == "generic" else file.stem
        if words(described.get(name, "")) != comment(file):
            wrong.append(f"{file.with_suffix('.yml').relative_to(PROJECT_DIR)}: describe {name} in the comment's words")
    assert not wrong, "\n".join(wrong)


def test_every_singular_test_is_named_by_what_holds():
    wrong = [f"{file.name}: call it assert_<what_holds>" for file in TESTS.rglob("*.sql")
             if file.parent.name != "generic" and not file.name.startswith("assert_")]
    assert not wrong, "\n".join(wrong)


def test_every_source_that_fills_up_says_when_it_is_stale(manifest):
    """Missing data only warns: a fit that is late must not stop the night's build."""
    sources = manifest.content["sources"].values()
    fits = manifest.fits()
    wrong = [f"{source['name']}: give loaded_at_field and freshness.warn_after" for source in sources
             if (source["source_name"] in fits or source["name"] in ("exam_results", "attempt_log"))
             and not (source.get("loaded_at_field") and source["freshness"]["warn_after"]["count"])]
    wrong += [f"{source['name']}: only warn, leave out error_after" for source in sources
              if ((source.get("freshness") or {}).get("error_after") or {}).get("count")]
    assert not wrong, "\n".join(wrong)
