"""Pages as pure functions: what they say of known and of unknown learners, and that foreign text stays text."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product

import pytest
from report_builders import SUNDAY, WEEK, classroom, empty_school, learner, member, school, stranger

from reports.content.classroom import class_content
from reports.pages.foreign import text
from reports.pages.render import page
from reports.pages.words import LANGUAGES, catalogue
from reports.sources.records import Goal, KpiWeek, Level, Solved, TopicWork

VOID = {"meta", "br", "path", "line", "rect", "image", "use", "stop"}
NASTY = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "{{ 7 * 7 }}", "{w}",
         "abc\u202efdp.exe", "&amp;", "</style><b>", "ab\x00c".replace("\x00", "\x07"), "שלום", "]]>", "%s %(user)s"]


class Reading(HTMLParser):
    """Collects tags, attributes and text; fails where elements are not closed in order."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.attributes, self.said, self.open, self.wrong = [], [], [], [], []
        self.feed(markup)
        assert not self.open and not self.wrong, (self.open, self.wrong)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.said.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.said).split())


@pytest.mark.parametrize("languages", [("en",), ("ko",), ("ko", "en")])
@pytest.mark.parametrize("record", [learner(), stranger(), classroom(member("a"), member("b", s=0.9))])
@pytest.mark.parametrize("whole", [school(), empty_school()], ids=["school", "empty school"])
def test_every_page_is_whole_self_contained_and_says_no_programmers_words(record, whole, languages):
    markup = page(record, whole, languages)
    read = Reading(markup)
    assert [value for name, value in read.attributes if name == "lang"][0] == languages[0]
    assert read.tags.count("main") == 1 and read.tags.count("article") == len(languages)
    assert "script" not in read.tags
    assert not re.search(r"\b(None|nan|inf|null|Undefined)\b", read.words), read.words
    outside = [value for name, value in read.attributes if name in ("src", "href", "xlink:href", "action")]
    assert all(value.startswith("#") for value in outside)
    assert not re.search(r"url\((?!#)|@import", markup)


def test_the_same_record_gives_the_same_page_whatever_the_order_of_languages():
    assert page(learner(), school(), ["en"]) == page(learner(), school(), ["en"])


def test_a_known_learner_reads_what_is_known():
    words = Reading(page(learner(), school(), ["en"])).words
    for expected in ("You answered 17 questions on 2 of 7 days and got 59% of them right.",
                 "Your level is about 530 points, with no clear change", "+0.21 last week +0.02", "79% last week 50%",
                 "By July 26, 2026 we expect a level of about 560 points; with 90% certainty between 510 and 610",
                 "Your goal of 540 points: the chance is 79%.", "very likely growing, by about 5 points a week",
                 "Of ten learners like you, about 9 answer again",
                 "the pauses between the days of practice (−45%)",
                 "efficiency is not known (−26%)", "something else (is_unheard_of) (−18%)",
                 "errors that tend to come back", "reading the solution of a missed question", "only loosely",
                 "Clearly stronger than your level: algebra", "Clearly weaker than your level: дроби", "What is ",
                 "40 days: treat with care", "The week before: 9 answers",
                 "You answered more questions than the week before: 17 instead of 9. 17 Questions answered this week",
                 "Days with practice this week: 2.", "not enough earlier weeks",
                 "Everything could be calculated."):
        assert expected in words, f"{expected!r} is not in: {words}"


def test_an_unknown_learner_reads_why_each_part_is_missing():
    words = Reading(page(stranger(), empty_school(), ["en"])).words
    for expected in ("do not know your level yet", "there are no answers in the weeks to compare with",
                 "there are too few answers",
                 "no question was tried again in the last four weeks after a wrong answer of the half year before",
                 "No published growth model yet.",
                 "No published segments yet.",
                 "What to practise next: no published item model yet", "A rule of thumb", "We have missed you.",
                 "Reaching the goal: no model is published yet", "You have not set a goal yet."):
        assert expected in words, f"{expected!r} is not in: {words}"
    assert "Of ten learners" not in words  # a heuristic is no probability


def places(markup, *words):
    """Return where each of `words` first stands in the document's order."""
    read = Reading(markup).words
    return [read.index(one) for one in words]


@pytest.mark.parametrize("record", [learner(), stranger(), learner(days=()), learner(levels=())])
@pytest.mark.parametrize("whole", [school(), empty_school()], ids=["school", "empty school"])
def test_a_page_begins_with_praise_one_number_and_practice_and_ends_with_definitions(record, whole):
    markup = page(record, whole, ["en"])
    order = places(markup, "In short", "What to practise next", "Six numbers", "Your level over", "Growth and",
                   "Keeping at it", "Day by day", "Your weeks", "What the six numbers mean", "How up to date",
                   "What could not be calculated", "About this report")
    assert order == sorted(order)
    first = markup[markup.index('class="praise"'):]
    assert first.index("</p>") < first.index("What to practise next")
    for key in ("I_t", "S"):  # definitions are only in the folded part, in one sentence in print
        assert markup.count(catalogue("en")[f"kpi.{key}.meaning"].replace("'", "&#39;")) == 1
    folded = re.findall(r'<details class="screen">(.*?)</details>', markup, re.S)
    assert len(folded) == 4 and "<details open" not in markup
    nothing_missing = "Everything could be calculated" in markup
    assert markup.count('<p class="print">') == 4 - nothing_missing


def test_a_model_that_does_not_know_the_learner_differs_from_no_model():
    words = Reading(page(stranger(), school(), ["en"])).words
    assert "the model does not know enough about you yet" in words and "no published" not in words


def test_without_a_goal_of_ones_own_p_says_so():
    words = Reading(page(learner(goals=()), school(), ["en"])).words
    assert "You have not set a goal, so this is the chance of reaching the level that we use as a goal" in words
    assert "Your goal of" not in words


def test_uncertain_changes_are_not_called_changes():
    rising = tuple(replace(week, se=0.01, se_freed=0.01) for week in learner().abilities)
    assert "has very likely risen" in Reading(page(learner(abilities=rising), school(), ["en"])).words
    assert "no clear change" in Reading(page(learner(), school(), ["en"])).words
    alone = Reading(page(learner(abilities=learner().abilities[-1:]), school(), ["en"])).words
    assert "in two weeks we can say how it is changing" in alone


def test_a_high_risk_is_put_kindly_and_to_the_teacher_plainly():
    away = (KpiWeek("u", WEEK.start, s=0.86, s_source="survival"),)
    words = Reading(page(learner("u", kpis=away, days=()), school(), ["en"])).words
    assert "only about 1 answer again within two weeks; ten minutes are enough to start again" in words
    teacher = Reading(page(classroom(member("u", s=0.86)), school(), ["en"])).words
    assert "likely to take a break (86% in the next 14 days)" in teacher and "mainly: the pauses" in teacher


CONGRATULATION = {"en": "Congratulations", "ko": "축하해요"}
OF_THE_OTHERS = {"en": ("We have missed you", "Of ten learners", "an answer soon less likely"),
                 "ko": ("보고 싶었어요", "열 명 중", "다시 풀기까지")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", ["survival", "heuristic", "churned", "finished"])
def test_whoever_has_finished_is_congratulated_and_never_missed(source, language):
    """Whatever S is, whether they answered in the week, and whether there is anything to practise."""
    words_of = catalogue(language)
    for s, days, solved in product((0.1, 0.5, 0.97), (learner().days, learner().days[:1], ()),
                                   ([], [f"i{at}" for at in range(60)])):
        record = learner(kpis=(KpiWeek("learner-1", WEEK.start, s=s, s_source=source),), days=days,
                         solved=(Solved("learner-1", solved),))
        words = Reading(page(record, school(), [language])).words
        assert (CONGRATULATION[language] in words) == (source == "finished")
        if source == "finished":
            assert not [said for said in OF_THE_OTHERS[language] if said in words]
            assert words_of["risk.finished"] in words and words_of["kpis.finished"] in words
            assert words_of["practice.review_later" if solved else "practice.review"] in words


def test_the_teacher_reads_who_has_finished_apart_from_who_needs_attention():
    record = classroom(member("graduate", s=0.97, s_source="finished"), member("risky", s=0.8))
    words = Reading(page(record, school(), ["en"])).words
    attention = words[words.index("Who needs attention"):words.index("Who has solved everything")]
    assert "risky" in attention and "graduate" not in attention
    assert "graduate" in words[words.index("Who has solved everything"):words.index("How levels are spread")]
    assert "Who has solved everything" not in Reading(page(classroom(member("risky", s=0.8)), school(), ["en"])).words


def test_a_class_is_listed_in_the_order_in_which_a_teacher_can_act():
    record = classroom(member("fine"), member("gone", s=0.95, s_source="churned"), member("risky", s=0.8),
                       member("falls", change=-0.5, change_se=0.2), member("both", s=0.75, p=0.1),
                       member("no goal", p=0.1, target_date=None), member("unsure", change=-0.5, change_se=0.4))
    words = Reading(page(record, school(), ["en"])).words
    table = words[words.index("Who needs attention"):words.index("How levels are spread")]
    places = [table.index(name) for name in ("both", "risky", "falls", "gone")]
    assert places == sorted(places)
    assert not [name for name in ("fine", "no goal", "unsure") if name in table]
    assert "i7" in words and "separates learners better or worse; its answers do not follow the model" in words
    assert "about 50 points" in table


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("language", LANGUAGES)
def test_foreign_text_is_shown_as_text(nasty, language):
    record = learner(nasty, goals=(Goal(nasty, nasty, 0.4, SUNDAY, 1),), levels=(Level(nasty, 0.3, 0.2),),
                     topics=(TopicWork(nasty, nasty, 20, 16, 1.9, 0.2, 1.6, 0.2, True),
                             TopicWork(nasty, "b", 20, 16, -0.9, 0.2, -1.2, 0.2, True)))
    plain = Reading(page(learner("plain", goals=(Goal("plain", "plain", 0.4, SUNDAY, 1),),
                                 topics=(TopicWork("plain", "plain", 20, 16, 1.9, 0.2, 1.6, 0.2, True),
                                         TopicWork("plain", "b", 20, 16, -0.9, 0.2, -1.2, 0.2, True))), school(),
                         [language]))
    read = Reading(page(record, school(), [language]))
    assert read.tags == plain.tags  # not one element more or less, whatever the text
    shown = re.sub("[\x07\u202e]", lambda found: f"⟨U+{ord(found[0]):04X}⟩", nasty)
    assert read.words.count(" ".join(shown.split())) >= 4
    assert not set("\x07\u202e") & set(read.words)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    taught = Reading(page(classroom(member(nasty, s=0.9), classroom_id="class-1", name=nasty), school(), [language]))
    assert taught.words.count(" ".join(shown.split())) == 2


def test_text_has_a_direction_of_its_own():
    assert str(text("a\u202eb<")) == "<bdi>a⟨U+202E⟩b&lt;</bdi>"


def test_a_row_of_another_learner_is_refused():
    with pytest.raises(ValueError, match="not the learner's"):
        learner("me", goals=(Goal("you", "algebra", 0.4, None, 1),))
    with pytest.raises(ValueError, match="not in the class"):
        classroom(member("a", classroom_id="another"))



@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theta", [-8.0, -0.4, 2.5])
@pytest.mark.parametrize("has_growth", [True, False])
def test_a_level_that_is_not_known_is_nowhere_on_the_page(language, theta, has_growth):
    """With topics whose levels are not known either, no level is left to show: only the goals are in points."""
    record = learner(levels=(Level("learner-1", theta, 1.0, False),), abilities=(), goals=(),
                     topics=tuple(replace(work, is_known=False) for work in learner().topics),
                     **({} if has_growth else {"growth": ()}))
    words = Reading(page(record, school(), [language])).words
    soon = {"en": "A few more answers and we can tell", "ko": "몇 문제만 더 풀면"}[language]
    assert soon in words
    unit = {"en": "points", "ko": "점"}[language]
    numbers = {int(n) for n in re.findall(rf"(-?\d+)(?: ?{unit})", words)}
    assert numbers <= {400, 500, 600, 100}, numbers  # the scale, explained
    known = Reading(page(replace(record, levels=(Level("learner-1", theta, 1.0, True),)), school(), [language])).words
    assert str(round(50 + 10 * theta) * 10) in known


def test_only_known_levels_are_counted_in_a_class():
    record = classroom(member("known", theta=0.2), member("unsure", theta=-8.0, is_level_known=False),
                       member("also known", theta=0.4), member("new", theta=None, is_level_known=False))
    content = class_content(record, school())
    assert content.levels == [0.2, 0.4] and sum(bar.count for bar in content.bars) == 2


@pytest.mark.parametrize("step", [0.0, 0.01])
def test_of_many_topics_without_a_known_order_the_most_practised_are_shown(step):
    """Topics that do not differ, and topics that differ by less than is known of any."""
    works = tuple(TopicWork("learner-1", f"topic {n:02}", n + 1, 0, 0.3, 0.9, -step * n, 0.5) for n in range(14))
    words = Reading(page(learner(topics=works), school(topic_spread=step), ["en"])).words
    assert "Only the 10 topics with the most answers are shown" in words
    assert "topic 13" in words and "topic 04" in words and "topic 03" not in words
