"""What a learner's English page may not say, given the learner's rows: counted over all reports of a week."""

import re
from collections import Counter
from datetime import timedelta

from reports.content.learner import learner_content
from reports.pages.learner import LearnerPage
from reports.pages.words import Words

EN = Words("en")
AWAY = ("We have missed you", "You did not answer any questions this week", "Ten minutes are enough")
ODDS = re.compile(r"Taking a break|take a break|of ten\b|answer again|No answer in the next")
ONE_OF_MANY = re.compile(r"\b1 (?:more )?(?:question|answer|learner|point|day)s\b|"
                         r"\b(?:0|[2-9]|\d{2,}) (?:more )?(?:question|answer|learner|point|day)\b(?! of)")
SOURCE = re.compile(r"</?(?:p|b|i|sub|sup|div|span|br|img)\b[^<]*>|\\[a-zA-Z]{2,}|\\\(")


def words_of(markup):
    """The words of a page on the screen as one line, without elements and drawings; print has some parts in short."""
    body = re.sub(r'<style>.*?</style>|<svg.*?</svg>|<p class="print">.*?</p>|<[^>]+>', " ", markup, flags=re.S)
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        body = body.replace(name, sign)
    return " ".join(body.split())


def false_claims(record, school, markup):
    """Return the kinds of false claims of a page; empty if all that it says holds."""
    words, week = words_of(markup), record.week
    this = next((kpis for kpis in record.kpis if kpis.week_start == week.start), None)
    last = next((kpis for kpis in record.kpis if kpis.week_start == week.start - timedelta(days=7)), None)
    answered = any(day.active_on >= week.start for day in record.days)
    ahead = [goal for goal in record.goals if goal.target_date is None or goal.target_date > week.sunday]
    reasons = [why for _, why in LearnerPage(EN, school, learner_content(record, school)).missing]
    card = re.search(r"Reaching the goal (\S+%|under 1%|over 99%)( last week)?", words)
    section = re.search(r"the chance is (\S+%|under 1%|over 99%)\.", words)
    improvement = re.search(r"Improvement ([+-]\d\.\d\d)( last week)?", words)
    dashed = "stroke-dasharray" in markup[markup.find("Your level over"):markup.find("Growth and your goal")]
    found = {
        "missed in a week with answers": answered and any(claim in words for claim in AWAY),
        "missed though finished": this is not None and this.s_source == "finished" and "missed you" in words,
        "odds": ODDS.search(words),
        "an unknown more than once": any(words.count(why) != 1 for why in reasons) or "not known" in words,
        "a plural that does not agree": ONE_OF_MANY.search(words),
        "source of a question": SOURCE.search(words),
        "a chance without a goal": not ahead and (card or section or dashed or "Your goal of" in words),
        "two chances of one goal": card and section and card[1] != section[1],
        "a chance that is not weekly_kpi's": card and card[1] != EN.chance(this.p),
        "chances of two methods side by side": card and card[2] and (
            this.p_method, this.target, this.target_date) != (last.p_method, last.target, last.target_date),
        "improvements of two methods side by side": improvement and improvement[2] and
            this.i_t_method != last.i_t_method,
        "a promise to somebody inactive": "we can say how it is changing" in words and not answered,
        "a promise beside a change": "we can say how it is changing" in words and improvement,
        "two weeks with answers that were not the last": "From the last two weeks with answers alone" in words and any(
            day.active_on > record.abilities[-1].week_start + timedelta(days=6) for day in record.days),
        "a passed goal is open": any(EN.date(goal.target_date) in words[words.find("Your goals"):].split(
            "Goals whose date has passed")[0].split("Keeping at it")[0]
            for goal in record.goals if goal not in ahead)}
    return [kind for kind, is_said in found.items() if is_said]


def count(pages):
    """Return how many of (record, school, markup) make each false claim."""
    return Counter(kind for page in pages for kind in false_claims(*page))
