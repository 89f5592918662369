"""The catalogues: the same keys and fields in every language, all used, and words for every code there is."""

import csv
import re
import string
from datetime import date

import pytest

from orchestration.settings import PROJECT_DIR
from reports.pages.words import LANGUAGES, Words, catalogue

REPORTS = PROJECT_DIR / "reports"
MODELS = PROJECT_DIR / "dbt_project" / "models"


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_the_same_keys_and_none_is_empty():
    first = catalogue(LANGUAGES[0])
    for language in LANGUAGES[1:]:
        other = catalogue(language)
        assert set(other) == set(first), f"{language}: {set(other) ^ set(first)}"
        assert all(other.values()), f"{language}: fill in what is empty"


def test_every_language_names_the_same_fields():
    first = catalogue(LANGUAGES[0])
    # A language may leave out a sign of plenty, but must not ask for what the others do not give.
    wrong = [f"{language}.{key}: {fields(text)} instead of {fields(first[key])}" for language in LANGUAGES
             for key, text in catalogue(language).items() if fields(text) != fields(first[key])]
    assert not wrong, "\n".join(wrong)


def test_every_text_is_used():
    """A key stands in code or a template as a whole, or its beginning does, ending in a dot or underscore."""
    code = "".join(file.read_text(encoding="utf-8") for file in REPORTS.rglob("*") if file.suffix in (".py", ".html"))
    said = set(re.findall(r'"([a-zA-Z_]+(?:\.[\w.]+)*[._]?)(?:"|\{)', code))
    families = tuple(word for word in said if word.endswith((".", "_")))
    unused = [key for key in catalogue("en") if key not in said and not key.startswith(families)]
    assert not unused, f"{unused}: remove them, or use them"


def test_every_reason_for_a_missing_kpi_has_words():
    described = re.search(r"docs null_reasons %}(.*?){%", (MODELS / "columns.md").read_text(encoding="utf-8"), re.S)
    codes = re.findall(r"`(\w+)`", described[1])
    assert len(codes) > 8
    assert not [code for code in codes if f"missing.why.{code}" not in catalogue("en")]


def test_every_covariate_of_the_survival_fit_has_words():
    with (PROJECT_DIR / "dbt_project" / "seeds" / "covariate_words.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = [row["feature"] for row in rows] + [f"{row['feature']}_missing" for row in rows
                                                 if row["label_when_missing"]]
    assert not [feature for feature in wanted if f"reason.{feature}" not in catalogue("en")]


def test_every_kind_of_reason_to_review_an_item_has_words():
    model = (MODELS / "core" / "items_to_review.sql").read_text(encoding="utf-8")
    kinds = re.findall(r"'(\w+)'", re.search(r"for kind in \[(.*?)\]", model)[1])
    assert len(kinds) == 5 and not [kind for kind in kinds if f"review.kind.{kind}" not in catalogue("en")]


@pytest.mark.parametrize(("share", "english", "korean"), [
    (0.0, "0%", "0%"), (0.0004, "under 1%", "1% 미만"), (0.456, "46%", "46%"),
    (0.996, "over 99%", "99% 초과"), (1.0, "100%", "100%")])
def test_shares_are_whole_percents_and_never_falsely_certain(share, english, korean):
    assert (Words("en").percent(share), Words("ko").percent(share)) == (english, korean)


def test_dates_numbers_and_levels_are_as_readers_write_them():
    en, ko = Words("en"), Words("ko")
    assert en.date(date(2026, 6, 28)) == "June 28, 2026" and ko.date(date(2026, 6, 28)) == "2026년 6월 28일"
    assert en.whole(1234.4) == "1,234" and en.signed(-0.004) == "+0.00" and en.signed(-0.126) == "-0.13"
    assert [en.points(theta) for theta in (0, 0.304, -1.26)] == ["500", "530", "370"]


def test_a_key_that_is_in_no_catalogue_is_an_error():
    with pytest.raises(KeyError):
        Words("en")("summary.nonsense")
