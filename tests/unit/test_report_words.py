"""The catalogues: the same keys and fields in every language, all used, and words for every code there is."""

import csv
import re
import string
from datetime import date

import pytest
from babel import Locale

from orchestration.settings import PROJECT_DIR
from reports.pages.words import LANGUAGES, Words, catalogue

REPORTS = PROJECT_DIR / "reports"
MODELS = PROJECT_DIR / "dbt_project" / "models"


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def is_counted(key):
    return key.startswith("counted.")


def counted_in(language):
    """{key without its plural form: {form: words}}"""
    found = {}
    for key, words in catalogue(language).items():
        if is_counted(key):
            whole, form = key.removeprefix("counted.").rsplit(".", 1)
            found.setdefault(whole, {})[form] = words
    return found


def test_every_language_has_the_same_keys_and_none_is_empty():
    first = {key for key in catalogue(LANGUAGES[0]) if not is_counted(key)}
    for language in LANGUAGES:
        other = {key for key in catalogue(language) if not is_counted(key)}
        assert other == first, f"{language}: {other ^ first}"
        assert set(counted_in(language)) == set(counted_in(LANGUAGES[0]))
        assert all(catalogue(language).values()), f"{language}: fill in what is empty"


def test_every_language_names_the_same_fields():
    first = catalogue(LANGUAGES[0])
    # A language may leave out a sign of plenty, but must not ask for what the others do not give.
    wrong = [f"{language}.{key}: {fields(text)} instead of {fields(first[key])}" for language in LANGUAGES
             for key, text in catalogue(language).items() if not is_counted(key) and fields(text) != fields(first[key])]
    wrong += [f"{language}.counted.{key}.{form}" for language in LANGUAGES
              for key, forms in counted_in(language).items() for form, text in forms.items()
              if fields(text) != fields(first[f"counted.{key}.other"])]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_counted_has_every_plural_form_of_its_language(language):
    forms = set(Locale(language).plural_form.tags) | {"other"}
    assert not [key for key, has in counted_in(language).items() if set(has) != forms]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n", [0, 1, 2, 21, 1234])
def test_every_counted_word_agrees_with_its_number(language, n):
    w = Words(language)
    for key, forms in counted_in(language).items():
        said = w.counted(key, n, **dict.fromkeys(fields(forms["other"]) - {"n"}, "X"))
        assert w.whole(n) in said
        if language == "en":
            assert (said == forms["one"].format(n=1, active="X", learners="X", days="X", share="X")) == (n == 1)
            words = re.search(rf"{w.whole(n)}(?: more)? (\w+)", said)
            assert (words[1].endswith("s") == (n != 1)) or words[1] in ("weakest", "is", "are")


def test_no_number_stands_before_a_noun_outside_of_what_is_counted():
    """In any language: {n} questions, {n}문제. Points of a level and of a goal are whole tens, so never one."""
    nouns = re.compile(r"\{(\w+)\}(?:\s(?:more |right )?[a-z]+s\b|문제|명|개|일\b)")
    allowed = {"level", "target", "lower", "upper", "middle",  # points
               "days",  # "{days} of 7 days"
               "active", "answers", "day"}
    never_one = ("praise.", "weeks.usual")  # sentences that hold from two on: test_praise.py
    found = [(language, key, name) for language in LANGUAGES for key, text in catalogue(language).items()
             if not is_counted(key) and not key.startswith(never_one)
             for name in nouns.findall(text) if name not in allowed]
    assert not found


def test_all_that_is_counted_is_asked_for():
    code = "".join(file.read_text(encoding="utf-8") for file in REPORTS.rglob("*") if file.suffix in (".py", ".html"))
    assert set(re.findall(r'counted\("(\w+)"', code)) <= set(counted_in("en"))
    assert not [key for key in counted_in("en") if f'"{key}"' not in code]


def test_no_words_give_odds_out_of_ten():
    assert not [text for language in LANGUAGES for text in catalogue(language).values()
                if re.search(r"of ten|out of 10|(열|10) ?명 (중|가운데)|of 10\b", text)]


def test_a_step_of_the_level_is_never_no_points():
    en = Words("en")
    assert [en.step(theta) for theta in (0.0, 0.004, 0.006, 0.01, -0.014, 0.05, -0.21)] == [
        "under 1 point", "under 1 point", "1 point", "1 point", "1 point", "5 points", "21 points"]


@pytest.mark.parametrize(("chance", "said"), [(0.0, "under 1%"), (1.0, "over 99%"), (0.004, "under 1%"), (0.5, "50%")])
def test_a_chance_is_never_certain(chance, said):
    assert Words("en").chance(chance) == said


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
    kinds = re.findall(r"'(\w+)'", re.search(r"set kinds = \[(.*?)\]", model, re.S)[1])
    assert len(kinds) == 8 and not [kind for kind in kinds if f"review.kind.{kind}" not in catalogue("en")]


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
