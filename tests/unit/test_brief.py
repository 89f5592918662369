"""The family's short version: what it says, that every mail program can show it, and that text stays text."""

import email
import re
from email.policy import default
from html.parser import HTMLParser

import pytest
from report_builders import classroom, empty_school, learner, member, school, stranger

from reports.delivery import mail, pool
from reports.pages.brief import LINE, columns, wrapped
from reports.pages.render import brief
from reports.sources.records import Level, TopicWork

LANGUAGES = [["en"], ["ko"], ["ko", "en"]]
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
NASTY = ["<script>alert(1)</script>", "a\r\nBcc: all@example.org", "abc\u202efdp.exe", "{item}", "1. Pay here", LONG,
         "가나다라마바사아자차카타파하" * 12]
RECORDS = {"learner": (learner(), school()), "no answers": (learner(days=()), school()),
           "no level": (learner(levels=(), segments=()), school()), "stranger": (stranger(), empty_school())}


class Tags(HTMLParser):
    """Collects the tags and attributes of HTML."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def nasty_learner(text):
    return learner(text, goals=(), levels=(Level(text, 0.3, 0.2),),
                   topics=(TopicWork(text, text, 20, 16, 1.9, 0.2), TopicWork(text, "b", 20, 16, -0.9, 0.2)))


def nasty_school(text):
    whole = school()
    return school(bank=type(whole.bank)([f"{text}{at}" for at in range(60)], [text] * 60, [text] * 60, whole.bank.a,
                                        whole.bank.b, whole.bank.c))


@pytest.mark.parametrize("languages", LANGUAGES, ids="+".join)
@pytest.mark.parametrize("name", RECORDS)
def test_it_says_praise_one_number_and_one_to_three_things_to_do(name, languages):
    record, whole = RECORDS[name]
    short = brief(record, whole, languages)
    things = re.findall(r"^\d\. ", short.text, re.M)
    assert len(languages) <= len(things) <= 3 * len(languages) and short.html.count("<li") == len(things)
    large = re.findall(r"font-size: 44px[^>]*>([^<]+)<", short.html)
    assert large == ([] if name in ("no answers", "stranger") else ["17"] * len(languages))
    assert not re.search(r"\b(None|nan|Undefined)\b", short.text + short.html)


def test_praise_comes_before_the_number_and_the_number_before_what_to_do():
    short = brief(learner(), school(), ["en"])
    for shown in (short.text, short.html):
        places = [shown.index(words) for words in ("more questions than the week before", "What to do next",
                                                   "Practise question")]
        assert places == sorted(places)
    assert short.text.index("week: 17\n") < short.text.index("What to do next")


def test_who_did_not_come_is_asked_for_one_day():
    assert "Choose a day this week" in brief(learner(days=()), school(), ["en"]).text
    assert "Choose a day this week" not in brief(learner(), school(), ["en"]).text


@pytest.mark.parametrize("languages", LANGUAGES, ids="+".join)
@pytest.mark.parametrize("text", ["plain", *NASTY])
def test_the_mail_is_safe_whatever_the_text_from_outside(text, languages):
    short = brief(nasty_learner(text), nasty_school(text), languages)
    sent = mail.message(short, languages[0])
    assert sent == mail.message(short, languages[0])  # the same week gives the same bytes
    read = email.message_from_bytes(sent, policy=default)
    assert not read.defects and read.get_content_type() == "multipart/alternative"
    assert sorted(read.keys()) == ["Content-Language", "Content-Type", "MIME-Version", "Subject", "X-Unsent"]
    plain, page = read.iter_parts()
    assert (plain.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n") == short.text
    assert page.get_content().replace("\r\n", "\n").rstrip("\n") == short.html.rstrip("\n")
    assert max(map(columns, short.text.splitlines())) <= LINE and not set("\x07\u202e\r") & set(short.text)
    assert len(re.findall(r"^\d\. ", short.text, re.M)) <= 3 * len(languages)
    assert len(page.get_content().encode()) < 100_000
    assert Tags(short.html).tags == Tags(brief(nasty_learner("plain"), nasty_school("plain"), languages).html).tags


def test_the_html_needs_nothing_but_itself():
    for record, whole in RECORDS.values():
        found = Tags(brief(record, whole, ["ko", "en"]).html)
        assert not {"script", "style", "link", "img", "svg", "form", "iframe"} & set(found.tags)
        assert not {"src", "href", "class", "background"} & {name for name, _ in found.attributes}
        styles = [value for name, value in found.attributes if name == "style"]
        assert styles and not [value for value in styles if "url(" in value or "var(" in value]
        faces = {face for value in styles for face in re.findall("font-family: ([^;]*)", value)}
        assert faces == {"Arial, Helvetica, sans-serif"}


@pytest.mark.parametrize(("text", "lines"), [
    ("a " * 60, ["a " * 38 + "a", "a " * 20 + "a"]), ("", []), ("one\n\ntwo", ["one", "", "two"]),
    ("1. " + "word " * 20, ["1. " + "word " * 14 + "word", "   word word word word word"]),
    ("가" * 50, ["가" * 37, "가" * 13]), ("   below " + "x" * 80, ["   below", "   " + "x" * 75, "   xxxxx"])])
def test_lines_break_between_words_and_a_long_word_is_cut(text, lines):
    assert wrapped(text).splitlines() == lines


def test_a_class_has_no_short_version():
    job = pool.RenderJob(school(), None, ["html"], ["en"], is_brief=True)
    with pytest.raises(TypeError, match="no short version"):
        pool._makers(classroom(member("a")), job)
