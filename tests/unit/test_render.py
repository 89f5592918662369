"""Pages as pure functions: what they say of known and of unknown learners, and that foreign text stays text."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import product

import pytest
from report_builders import SUNDAY, WEEK, classroom, empty_school, learner, member, school, stranger

from reports.content.classroom import class_content
from reports.content.learner import learner_content
from reports.pages.foreign import text
from reports.pages.learner import LearnerPage
from reports.pages.render import page
from reports.pages.words import LANGUAGES, Words, catalogue
from reports.sources.records import Day, Goal, KpiWeek, LearnerRecord, Level, ReviewItem, Solved, TopicWork

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
                 "this week and the week before: you are in a good rhythm",
                 "Diamond with a bar: the level we expect by July",
                 "errors that tend to come back", "reading the solution of a missed question", "only loosely",
                 "Clearly stronger than your level: algebra", "Clearly weaker than your level: дроби", "What is ",
                 "40 days: treat with care", "The week before: 9 answers",
                 "You answered more questions than the week before: 17 instead of 9. 17 Questions answered this week",
                 "Days with practice this week: 2.", "not enough earlier weeks",
                 "Levels in some topics: a few more answers and we can tell"):
        assert expected in words, f"{expected!r} is not in: {words}"


def test_one_segment_makes_nobody_different_and_a_guess_gives_no_advice():
    segment = learner().segments[0]
    one = Reading(page(learner(segments=(replace(segment, n_segments=1),)), school(), ["en"])).words
    assert "no separate groups" in one and "errors that tend to come back" not in one
    guessed = learner(segments=(replace(segment, is_assigned_only=True),))
    words = Reading(page(guessed, school(), ["en"])).words
    assert "Too little is known about you" in words and "reading the solution of a missed question" not in words
    for record in (guessed, learner(segments=(replace(segment, n_segments=1),))):
        assert LearnerPage(Words("en"), school(), learner_content(record, school())).advice == ""


def test_an_unknown_learner_reads_why_each_part_is_missing():
    words = Reading(page(stranger(), empty_school(), ["en"])).words
    for expected in ("You did not answer any questions this week. ",
                     "Improvement: there are no answers in the weeks to compare with",
                     "Efficiency: there are too few answers",
                     "Recovery: no question was tried again in the last four weeks after a wrong answer",
                     "Growth: no published growth model yet",
                     "How you learn: no published segments yet",
                     "Level, Topics, What to practise next: no published item",
                     "No goal is set for the days ahead."):
        assert expected in words, f"{expected!r} is not in: {words}"
    assert "In short" in words and "The week in numbers" not in words and "How up to date" not in words


def pieces(record, whole, language="en"):
    """The page with what it says, and the words of each reason in it."""
    w = Words(language)
    shown = LearnerPage(w, whole, learner_content(record, whole))
    return Reading(on_screen(page(record, whole, [language]))).words, shown


def on_screen(markup):
    """The page without what is only in print: the folded parts in short."""
    return re.sub(r'<p class="print">.*?</p>', "", markup, flags=re.S)


GAPS = [{}, {"levels": ()}, {"growth": ()}, {"topics": ()}, {"segments": ()}, {"goals": ()}, {"abilities": ()},
        {"levels": (), "growth": (), "segments": (), "abilities": (), "topics": ()}, {"kpis": ()}, {"days": ()},
        {"kpis": (), "levels": (), "growth": (), "days": (), "goals": (), "segments": (), "abilities": ()},
        {"days": (Day("learner-1", WEEK.start, 3, 2, None),)}]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("whole", [school(), empty_school(), school(is_growth_in_use=False)])
@pytest.mark.parametrize("gaps", GAPS, ids=lambda gaps: "+".join(gaps) or "none")
def test_each_unknown_is_said_once(gaps, whole, language):
    words, shown = pieces(learner(**gaps), whole, language)
    said = [why for _, why in shown.missing]
    assert len(said) == len(set(said))
    for why in said:
        assert words.count(why) == 1, f"{why!r} is said {words.count(why)} times in: {words}"
    parts = [part for listed, _ in shown.missing for part in listed.split(", ")]
    assert len(parts) == len(set(parts)) == len(shown.content.missing)
    assert not re.search("not known|알 수 없음", words)
    known = {card.key for card in shown.content.cards}
    assert not [part for part in shown.content.missing if part.part.removeprefix("kpi.") in known]


# The headings of a learner's page in their order, and whether a page has it that knows nothing of its learner.
HEADINGS = {"In short": True, "What to practise next": False, "The week in numbers": False, "Your level over": False,
            "Growth and your goal": True, "Keeping at it": True, "Day by day": True, "Your weeks": True,
            "What the numbers mean": False, "How up to date": False, "What could not be calculated": True,
            "About this report": True}
FOLDED = list(HEADINGS)[-4:]


@pytest.mark.parametrize("record", [learner(), stranger(), learner(days=()), learner(levels=())])
@pytest.mark.parametrize("whole", [school(), empty_school()], ids=["school", "empty school"])
def test_a_page_begins_with_praise_one_number_and_practice_and_ends_with_definitions(record, whole):
    markup = page(record, whole, ["en"])
    headings = re.findall(r"<h2>(.*?)</h2>", markup)
    found = [heading for one in headings for heading in HEADINGS if one.startswith(heading)]
    assert found == [heading for heading in HEADINGS if heading in found] and headings[0] == "In short"
    assert set(found) >= {heading for heading, is_always_there in HEADINGS.items() if is_always_there}
    assert len(found) == len(HEADINGS) or not (record.levels and record.days and whole.runs)
    first = markup[markup.index('class="praise"'):]
    assert first.index("</p>") < first.index(headings[1])
    for card in learner_content(record, whole).cards:  # defined in the folded part only, in one sentence in print
        assert markup.count(catalogue("en")[f"kpi.{card.key}.meaning"].replace("'", "&#39;")) == 1
    folded = re.findall(r'<details class="screen">(.*?)</details>', markup, re.S)
    assert len(folded) == len(set(FOLDED) & set(found)) and "<details open" not in markup
    nothing_missing = "Everything could be calculated" in markup
    assert markup.count('<p class="print">') == len(folded) - nothing_missing


def test_a_model_that_does_not_know_the_learner_differs_from_no_model():
    words = Reading(page(stranger(), school(), ["en"])).words
    assert "the model does not know enough about you yet" in words and "no published" not in words
    off = Reading(page(learner(growth=()), school(is_growth_in_use=False), ["en"])).words
    assert "Growth: growth is switched off for this warehouse" in off
    old = Reading(page(learner(growth=()), school(runs={"growth": SUNDAY - timedelta(days=40)}), ["en"])).words
    assert "Growth: the model is too old for this week" in old


def test_without_a_goal_there_is_no_chance_of_reaching_it():
    passed = Goal("learner-1", "algebra", 0.4, SUNDAY, 1, is_ahead=False)
    for goals in ((), (passed,)):
        markup = page(learner(goals=goals), school(), ["en"])
        words = Reading(markup).words
        assert "Reaching the goal" not in words and "Your goal of" not in words and "chance is" not in words
        assert "stroke-dasharray" not in markup[markup.index("Your level over"):markup.index("Growth and your goal")]
        assert "Dashed: your goal" not in words and "No goal is set for the days ahead." in words
        assert "By July 26, 2026 we expect" in words
    with_goal = page(learner(), school(), ["en"])
    assert "stroke-dasharray" in with_goal[with_goal.index("Your level over"):with_goal.index("Growth and your goal")]


def test_a_passed_goal_is_passed():
    def of(target, day=SUNDAY - timedelta(days=30), abilities=None):
        goals = (Goal("learner-1", "old", target, day, 1, is_ahead=False), Goal("learner-1", "new", 2.0, None, 1))
        parts = {} if abilities is None else {"abilities": abilities}
        words = Reading(page(learner(goals=goals, **parts), school(), ["en"])).words
        at = words.index("Goals whose date has passed")
        assert "old" not in words[words.index("Your goals"):at] and "new : 700 points, no date set" in words[:at]
        return words[at:at + 200]

    # The level in the week of May 25 was 520 (470 to 570).
    assert "old : 440 points by May 29, 2026: reached. Your level then was about 520 points (470 to 570)." in of(-0.6)
    assert "old : 600 points by May 29, 2026: not reached. Your level" in of(1.0)
    assert "old : 540 points by May 29, 2026: over." in of(0.4) and "too close to the goal" in of(0.4)
    assert "old : 540 points by May 29, 2026: over. Too few answers" in of(0.4, abilities=())


def test_numbers_of_two_methods_or_of_two_goals_are_not_put_side_by_side():
    before, now = learner().kpis
    words, _ = pieces(learner(), school())
    assert "+0.21 last week +0.02" in words and "79% last week 50%" in words
    for number, other in (("+0.21", {"i_t_method": "accuracy"}), ("79%", {"p_method": "normal"}),
                          ("79%", {"target": 0.5}), ("79%", {"target_date": None}),
                          ("79%", {"target": None, "target_date": None})):
        words, _ = pieces(learner(kpis=(replace(before, **other), now)), school())
        assert number in words and f"{number} last week" not in words
        assert "last week 10%" in words  # efficiency has one method


def test_uncertain_changes_are_not_called_changes():
    rising = tuple(replace(week, se=0.01, se_freed=0.01) for week in learner().abilities)
    assert "has very likely risen" in Reading(page(learner(abilities=rising), school(), ["en"])).words
    assert "no clear change" in Reading(page(learner(), school(), ["en"])).words
    alone = Reading(page(learner(abilities=learner().abilities[-1:]), school(), ["en"])).words
    assert "after two more weeks of practice" not in alone  # the number of the improvement states a change
    first = learner(abilities=learner().abilities[-1:], kpis=(replace(learner().kpis[-1], i_t=None),))
    words = Reading(page(first, school(), ["en"])).words
    assert "after two more weeks of practice we can say how it is changing" in words


def test_odds_of_leaving_are_for_the_teacher_and_a_learner_reads_none():
    assert not {"s", "risks", "contributions"} & {part.name for row in (LearnerRecord, KpiWeek) for part in fields(row)}
    for record in (learner(), learner(days=()), stranger()):
        for language in LANGUAGES:
            words = Reading(page(record, school(), [language])).words
            assert not re.search("Taking a break|take a break|쉬어 갈 가능성|survival|생존", words)
    teacher = Reading(page(classroom(member("u", s=0.86)), school(), ["en"])).words
    assert "likely to take a break (86% in the next 14 days)" in teacher and "mainly: the pauses" in teacher
    sure = Reading(page(classroom(member("u", s=1.0), member("v", p=0.0)), school(), ["en"])).words
    assert "take a break (over 99% in" in sure and "in time (under 1%)" in sure


CONGRATULATION = {"en": "Congratulations", "ko": "축하해요"}
OF_THE_OTHERS = {"en": ("We have missed you", "Ten minutes are enough"), "ko": ("오랜만이에요", "10분이면")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", ["survival", "heuristic", "churned", "finished"])
def test_whoever_has_finished_is_congratulated_and_never_missed(source, language):
    """Whether they answered in the week, and whether there is anything to practise."""
    words_of = catalogue(language)
    for days, solved in product((learner().days, learner().days[:1], ()),
                                ([], [f"i{at}" for at in range(60)])):
        record = learner(kpis=(KpiWeek("learner-1", WEEK.start, s_source=source),), days=days,
                         solved=(Solved("learner-1", solved),))
        words = Reading(page(record, school(), [language])).words
        assert (CONGRATULATION[language] in words) == (source == "finished")
        if source == "finished":
            assert not [said for said in OF_THE_OTHERS[language] if said in words]
            assert words_of["keeping.finished"] in words
            assert words_of["practice.review_later" if solved else "practice.review"] in words


def test_the_teacher_reads_who_has_finished_apart_from_who_needs_attention():
    record = classroom(member("graduate", s=0.97, s_source="finished"), member("risky", s=0.8))
    words = Reading(page(record, school(), ["en"])).words
    attention = words[words.index("Who needs attention"):words.index("Who has solved everything")]
    assert "risky" in attention and "graduate" not in attention
    assert "graduate" in words[words.index("Who has solved everything"):words.index("How levels are spread")]
    assert "Who has solved everything" not in Reading(page(classroom(member("risky", s=0.8)), school(), ["en"])).words


def test_only_the_absent_are_missed():
    days = (Day("learner-1", SUNDAY - timedelta(days=20), 3, 2, 60),)
    away = Reading(page(learner(days=days), school(), ["en"])).words
    assert "We have missed you: your last answer was on June 8, 2026" in away and "Ten minutes are enough" in away


def test_a_question_is_shown_without_its_markup():
    bank = replace(school().bank, content=[r"<p>Solve \(x^2 = \frac{1}{4}\) <img src=x onerror=alert(1)></p>"] * 60)
    review = (ReviewItem("i7", "<b>What</b> is 7<sup>2</sup>?", "algebra", "drift", True, -0.4, 500),)
    read = Reading(page(learner(), school(bank=bank), ["en"]))
    assert "Solve x² = 1/4" in read.words and not re.search(r"\\\(|frac|<p>|onerror", read.words)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert "What is 7²?" in Reading(page(classroom(member("a")), school(review=review), ["en"])).words


def test_a_class_names_all_its_learners_and_since_when_the_absent_are_away():
    gone = dict.fromkeys(("answers", "correct", "i_t", "p", "s", "s_source", "theta", "se", "change", "change_se",
                          "reasons", "target_date")) | {"is_level_known": False}
    record = classroom(member("b"), member("a", answers=1, correct=1),
                       member("gone", **gone | {"last_active": SUNDAY - timedelta(days=300)}),
                       member("later", **gone | {"last_active": SUNDAY - timedelta(days=100)}),
                       member("never", **gone | {"last_active": None}))
    words = Reading(page(record, school(), ["en"])).words
    assert "2 of 5 learners answered 11 questions, 64% of them right." in words
    assert "Of those whose level is known (2 learners), at least half are at 510 points." in words
    spread = classroom(member("low", theta=-1.0), member("middle"), member("high", theta=1.0))
    spread_words = Reading(page(spread, school(), ["en"])).words
    assert "the median is 510 points, and half are between 460 and 560." in spread_words
    listed = words[words.index("Everyone in the class"):words.index("How levels are spread")]
    assert ("5 learners: those who answered this week, then the others, who left last first "
            "Learner This week Last answer a 1 question June 28, 2026 b 10 questions June 28, 2026 "
            "later 0 questions away since March 20, 2026 gone 0 questions away since September 1, 2025 "
            "never 0 questions no answer so far") in listed
    assert "gone" not in words[:words.index("Everyone in the class")]


def test_a_class_is_listed_in_the_order_in_which_a_teacher_can_act():
    record = classroom(member("fine"), member("gone", s=0.95, s_source="churned", answers=None, correct=None),
                       member("risky", s=0.8),
                       member("falls", change=-0.5, change_se=0.2), member("both", s=0.75, p=0.1),
                       member("no goal", p=0.1, target_date=None), member("unsure", change=-0.5, change_se=0.4))
    words = Reading(page(record, school(), ["en"])).words
    table = words[words.index("Who needs attention"):words.index("Everyone in the class")]
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
    assert taught.words.count(" ".join(shown.split())) == 3  # the class, who needs attention, everyone


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
    soon = {"en": "a few more answers and we can tell", "ko": "몇 문제만 더 풀면"}[language]
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
