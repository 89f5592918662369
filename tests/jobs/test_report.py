"""`dreamseed report` on the session's school: whose reports, as of when, where they lie, and what erasing removes."""

import email
import email.policy
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from builders import AS_OF
from click.testing import CliRunner
from report_claims import false_claims, words_of
from shown_levels import shown_levels

from orchestration.cli import cli
from orchestration.settings import read_settings
from python_models.errors import DreamseedError, UsageError
from python_models.warehouse.connection import connect
from reports.charts import report_charts
from reports.content.learner import learner_content
from reports.content.sentences import Z_90
from reports.delivery import pool
from reports.delivery.pdf import n_pages
from reports.delivery.sinks import Folder
from reports.pages.render import page
from reports.sources import reader
from reports.sources.records import LearnerRecord, Week

WEEK = Week.of(AS_OF)
DAY = AS_OF.isoformat()


@pytest.fixture(scope="module")
def warehouse(school):
    """The school's warehouse, which these tests write to."""
    return read_settings(database_url=school.database_url, dreamseed_home=school.settings.home)


@pytest.fixture(scope="module")
def records(warehouse):
    """Every record of the week, by owner."""
    with reader.reader(warehouse.database_url, "public", WEEK) as read:
        return read.school, {record.owner: record for record in read.records()}


def rows(warehouse, query, *values, **named):
    with connect(warehouse.database_url) as connection:
        return connection.execute(query, named or values).fetchall()


def report(warehouse, *arguments):
    """Run the command in this process; return (summary line and all it printed)."""
    return CliRunner().invoke(cli.commands["report"], arguments, obj=warehouse, catch_exceptions=True)


def test_every_learner_of_the_week_has_one_record_of_their_own_rows(warehouse, records):
    _, found = records
    learners = {owner for kind, owner in found if kind == "reports"}
    assert learners == {user for user, in rows(warehouse, "select user_id from weekly_kpi where week_start = %s",
                                               WEEK.start)}
    assert len(learners) > 500


def test_records_hold_what_the_marts_say(warehouse, records):
    """Each part, of all learners at once, against a query of its own."""
    _, found = records
    mine = [record for record in found.values() if isinstance(record, LearnerRecord)]
    assert {(r.user_id, k.p, k.p_method, k.a_t) for r in mine for k in r.kpis
            if k.week_start == WEEK.start} == set(rows(
                warehouse, "select user_id, p, p_method, a_t from weekly_kpi_flat where week_start = %s", WEEK.start))
    assert {(r.user_id, r.levels[0].theta) for r in mine if r.levels} == set(rows(
        warehouse, """select user_id, theta from mirt_ability where run_id = (
            select run_id from fit_run where fit = 'irt' and status = 'published' order by as_of desc limit 1)
            and user_id in (select user_id from weekly_kpi where week_start = %s)""", WEEK.start))
    assert sum(day.attempts for r in mine for day in r.days if day.active_on >= WEEK.start) == rows(
        warehouse, "select count(*) from attempt where completed_at >= %s and completed_at < %s", WEEK.start,
        WEEK.sunday + timedelta(days=1))[0][0]
    solved = rows(warehouse, """select user_id, count(distinct item_id) from attempt
        where correct and completed_at >= %s and completed_at < %s group by 1""", WEEK.sunday - timedelta(days=55),
        WEEK.sunday + timedelta(days=1))
    assert {(r.user_id, len(r.solved[0].items)) for r in mine if r.solved} == set(solved)


def scale_of_items(warehouse):
    """Return slope and intercept from the simulation's scale to the bank's."""
    return rows(warehouse, """
        select regr_slope(seen, b), regr_intercept(seen, b) from (
            select b, (params ->> 'b')::float8 as seen from mirt_item_params join truth.item using (item_id)
            where status = 'operational') as items""")[0]


def test_bands_of_the_level_hold_the_truth_as_they_promise(warehouse, records):
    """Nine of ten bands over twelve weeks hold the simulated ability, brought to the scale that the items make."""
    _, found = records
    slope, intercept = scale_of_items(warehouse)
    truth = {(user, week): intercept + slope * theta for user, week, theta in rows(
        warehouse, "select user_id, week_start, theta from truth.weekly_theta")}
    held = [abs(one.theta - truth[one.user_id, one.week_start]) < Z_90 * one.se for record in found.values()
            if isinstance(record, LearnerRecord) for one in record.abilities if (one.user_id, one.week_start) in truth]
    assert len(held) > 2000 and 0.86 < sum(held) / len(held) < 0.94


def test_no_report_of_the_week_shows_a_level_that_is_not_known(warehouse, school):
    """A count over everything: learners, weeks, topics, classes. And nothing known is withheld."""
    run_id = next(outcome.run_id for outcome in school.outcomes if outcome.run_id.startswith("irt"))
    shown = shown_levels(warehouse.database_url, WEEK, run_id)
    assert shown.wrong() == [] and shown.withheld_without_reason() == []
    known = sum(content.level is not None for content in shown.learners)
    withheld = sum(content.estimate is not None and content.level is None for content in shown.learners)
    assert known > 300 and withheld > 50
    by_user = {content.record.user_id: content.level for content in shown.learners}
    for one in shown.classes:
        assert one.levels == sorted(member.theta for member in one.record.members if member.is_level_known)
        for member in one.record.members:  # whoever left long ago has no report
            level = by_user.get(member.user_id)
            assert member.user_id not in by_user or (level and level.theta) == (
                member.theta if member.is_level_known else None)
        assert sum(bar.count for bar in one.bars) == len(one.levels)


def test_the_intervals_of_levels_hold_the_truth_as_they_promise(warehouse):
    """The EAP of all answers against the simulated ability, averaged over them, on the scale that the items make."""
    slope, intercept = scale_of_items(warehouse)
    held, n = rows(warehouse, """
        select avg((abs(theta - (%s + %s * truth)) < 1.645 * se)::int)::float8, count(*)
        from mirt_ability join (
            select user_id, run_id, sum(n * weekly_theta.theta) / sum(n) as truth
            from ability_weekly join truth.weekly_theta using (user_id, week_start) group by 1, 2) as true_levels
        using (user_id, run_id)""", intercept, slope)[0]
    assert n > 800 and 0.86 < held < 0.94


def test_no_line_joins_two_weeks_of_any_learner_with_one_between_that_is_missing_or_withheld(warehouse, records):
    """Against the tables: weeks with answers are those of `attempt`; weeks with a level those of `report_ability`."""
    _, found = records
    first = WEEK.start - timedelta(days=77)
    answered = set(rows(warehouse, """
        select distinct user_id, date_trunc('week', completed_at at time zone 'UTC')::date from attempt
        where completed_at >= %s and completed_at < %s""", first, WEEK.sunday + timedelta(days=1)))
    levels = set(rows(warehouse, "select user_id, week_start from report_ability where report_week = %s", WEEK.start))
    n_broken = n_withheld = 0
    for record in found.values():
        if not isinstance(record, LearnerRecord):
            continue
        drawn = report_charts.ability_rows(learner_content(record, records[0]))
        at = {name: [datetime.fromtimestamp(row["day"] / 1000, UTC).date() for row in drawn[name]]
              for name in ("weeks", "alone", "withheld")}
        assert {(record.user_id, week) for week in at["weeks"]} == {one for one in levels if one[0] == record.user_id}
        joined = [later - week for (week, one), (later, other) in pairwise(
            zip(at["weeks"], [row["stretch"] for row in drawn["weeks"]], strict=True)) if one == other]
        assert set(joined) <= {timedelta(days=7)}
        assert {(record.user_id, week) for week in at["withheld"]} == {
            one for one in answered if one[0] == record.user_id} - levels
        n_broken += len({row["stretch"] for row in drawn["weeks"]}) > 1
        n_withheld += bool(drawn["withheld"])
    assert n_broken > 100 and n_withheld > 100


def test_the_short_version_is_delivered_in_every_form_and_written_down(warehouse, records, tmp_path):
    classroom = rows(warehouse, "select classroom_id from session where classroom_id is not null limit 1")[0][0]
    done = report(warehouse, "--week", DAY, "--class", classroom, "--brief", "--format", "html,eml,txt",
                  "--lang", "ko,en", "--uri", str(tmp_path), "--links")
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "classes").exists()  # a class has none
    kept = rows(warehouse, "select user_id, format, url from report_artifacts where url like %s", f"%{tmp_path.name}%")
    users = {user for user, _, _ in kept}
    assert users and {(user, form) for user, form, _ in kept} == {
        (user, f"brief.{form}") for user in users for form in ("html", "eml", "txt")}
    assert len(re.findall(r"\tbrief\.eml\tfile://", done.output)) == len(users)
    for user, form, url in kept:
        path = Path(unquote(urlsplit(url).path))
        assert path.name == form
        if form == "brief.eml":
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            plain, shown = (part.get_content() for part in mail.iter_parts())
            assert user in plain and user in shown and not mail.defects
            assert plain.replace("\r\n", "\n") == path.with_name("brief.txt").read_text(encoding="utf-8")
            assert max(map(len, plain.splitlines())) <= 78


@pytest.mark.slow(reason="prints every short version of a week", concerns=["reports/*"])
def test_every_short_version_of_a_week_is_one_page(warehouse, records, tmp_path):
    done = report(warehouse, "--week", DAY, "--all", "--brief", "--format", "pdf", "--lang", "ko,en",
                  "--uri", str(tmp_path))
    assert done.exit_code == 0, done.output
    printed = [n_pages(path.read_bytes()) for path in tmp_path.glob("reports/*/*/brief.pdf")]
    assert len(printed) == sum(kind == "reports" for kind, _ in records[1]) and set(printed) == {1}


def test_every_report_renders(records):
    whole, found = records
    for (kind, owner), record in list(found.items())[::40]:
        markup = page(record, whole, ["en", "ko"])
        assert owner in markup or kind == "classes"


def test_reports_are_delivered_written_down_and_replaced_by_the_next(warehouse, records, tmp_path):
    users = sorted(owner for kind, owner in records[1] if kind == "reports")[:3]
    chosen = [word for user in users for word in ("--user", user)]
    for _ in range(2):
        done = report(warehouse, "--week", DAY, *chosen, "--format", "html,pdf", "--lang", "ko,en",
                      "--uri", str(tmp_path))
        assert done.exit_code == 0, done.output
        assert "[INFO] Summary: processed=3, failed=0, duration_ms=" in done.output
    kept = rows(warehouse, "select user_id, format, url from report_artifacts where url like %s", f"%{tmp_path.name}%")
    assert {(user, form) for user, form, _ in kept} == {(user, form) for user in users for form in ("html", "pdf")}
    assert len(kept) == 6
    for user, form, url in kept:
        content = Path(unquote(urlsplit(url).path)).read_bytes()
        assert content.startswith(b"%PDF") if form == "pdf" else user in content.decode()


def test_a_class_is_its_teachers_report_and_its_learners(warehouse, tmp_path):
    done = report(warehouse, "--week", "2026-06-24", "--class", "class-1", "--uri", str(tmp_path), "--links")
    assert done.exit_code == 0, done.output
    members = {place.name for place in (tmp_path / "reports").iterdir()}
    teacher = (tmp_path / "classes" / "class-1" / "2026-06-22" / "report.html").read_text(encoding="utf-8")
    enrolled = {user for user, in rows(warehouse, """
        select user_id from (select distinct on (user_id) user_id, classroom_id from session
        where started_at < '2026-06-29' order by user_id, started_at desc) as s where classroom_id = 'class-1'""")}
    newest = enrolled & {user for user, in rows(
        warehouse, "select user_id from weekly_kpi where week_start = '2026-06-22'")}
    assert members == newest and members
    assert not [user for user in enrolled if user not in teacher]
    others = dict(rows(warehouse, "select user_id, 1 from session where length(user_id) = 36")).keys() - enrolled
    assert not [user for user in others if user in teacher]
    links = re.findall(r"^(\S+)\thtml\tfile://\S+$", done.output, re.M)
    assert set(links) == newest | {"class-1"}


def test_every_class_has_all_its_learners_and_since_when_the_absent_are_away(warehouse, records):
    """Of each class, against a query of its own: all who sit in it, their answers of the week, their last day."""
    _, found = records
    expected = rows(warehouse, """
        with seats as (
            select distinct on (user_id) user_id, classroom_id from session
            where started_at < %(after)s and user_id is not null and classroom_id is not null
            order by user_id, started_at desc)
        select classroom_id, user_id, nullif(count(*) filter (where completed_at >= %(monday)s), 0),
            max((completed_at at time zone 'utc')::date)
        from seats
        left join (select user_id, completed_at from attempt where completed_at < %(after)s) as a using (user_id)
        group by 1, 2""", monday=WEEK.start, after=WEEK.sunday + timedelta(days=1))
    classes = [record for (kind, _), record in found.items() if kind == "classes"]
    assert {(record.classroom_id, member.user_id, member.answers, member.last_active)
            for record in classes for member in record.members} == set(expected)
    gone = [member for record in classes for member in record.members
            if (WEEK.sunday - member.last_active).days > 56]
    assert len(gone) > 50  # they have no row in weekly_kpi any more
    for record in classes[::10]:
        teacher = words_of(page(record, records[0], ["en"]))
        roster = teacher[teacher.index("Everyone in the class"):]
        active = sum(bool(member.answers) for member in record.members)
        assert f"{active} of {len(record.members)} learners answered" in teacher or not active
        assert not [member for member in record.members if member.user_id not in roster]
        assert roster.count("away since") == len(record.members) - active


def test_a_failed_delivery_is_listed_and_the_exit_code_says_so(warehouse, records, tmp_path):
    users = sorted(owner for kind, owner in records[1] if kind == "reports")[:2]
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / users[0]).write_text("a file where a folder is to be")
    done = report(warehouse, "--week", DAY, "--user", users[0], "--user", users[1], "--user", "nobody",
                  "--uri", str(tmp_path))
    assert isinstance(done.exception, DreamseedError) and done.exception.exit_code == 1
    assert "processed=1, failed=2" in done.output
    assert users[0] in done.output and "nobody" in done.output and "has no row in the week" in done.output
    assert rows(warehouse, "select count(*) from report_artifacts where url like %s", f"%{tmp_path.name}%")[0][0] == 1


@pytest.mark.parametrize(("arguments", "words"), [
    ([], "give one of --user"), (["--all", "--user", "u"], "give one of --user"),
    (["--all", "--week", "2031-01-01"], "is not complete"), (["--all", "--week", "2020-01-01"], "knows no learner"),
    (["--class", "nowhere", "--week", DAY], "No learner was in the class"),
    (["--all", "--week", DAY, "--uri", "ftp://x"], "s3://bucket/prefix"),
    (["--all", "--week", DAY, "--format", "html,eml"], "add --brief")])
def test_wrong_usage_is_one_line(warehouse, arguments, words):
    done = report(warehouse, *arguments)
    assert isinstance(done.exception, UsageError) and words in str(done.exception)


def test_a_report_reads_only_what_its_sunday_knew(warehouse, records):
    """Runs and answers of later days, and goals set later, change nothing; taken back, the week before has no model."""
    _, found = records
    later = AS_OF + timedelta(days=1)
    before = {owner: page(record, records[0], ["en"]) for owner, record in list(found.items())[:25]}
    with connect(warehouse.database_url) as connection:
        connection.execute("""
            insert into fit_run (run_id, fit, as_of, status, params, started_at)
            select 'later-' || fit, fit, %s, 'published', '{}', now() from fit_run group by fit""", [later])
        connection.execute("insert into mirt_ability (run_id, fitted_at, user_id, theta, se) "
                           "select 'later-irt', now(), user_id, 3, 0.1 from mirt_ability group by user_id")
        connection.execute("insert into interest_goal_history "
                           "(user_id, topic_id, target_level, created_at, dbt_valid_from) "
                           "select user_id, 'set later', 2, %s, now() from weekly_kpi group by user_id", [later])
        connection.commit()
    with reader.reader(warehouse.database_url, "public", WEEK) as read:
        after = {record.owner: page(record, read.school, ["en"]) for record in read.records() if record.owner in before}
    assert after == before
    with reader.reader(warehouse.database_url, "public", Week(WEEK.start - timedelta(days=7))) as read:
        assert read.school.runs == {}
        assert all(not record.levels for record in read.records() if isinstance(record, LearnerRecord))


def test_erasing_a_learner_removes_the_reports_about_them(warehouse, records, tmp_path):
    classroom, user = rows(warehouse, """
        select classroom_id, user_id from session where user_id in (
            select user_id from weekly_kpi_flat
            where week_start = %s and s_source = 'churned' and length(user_id) = 36)
        order by started_at desc limit 1""", WEEK.start)[0]
    assert report(warehouse, "--week", DAY, "--class", classroom, "--uri", str(tmp_path)).exit_code == 0
    short = report(warehouse, "--week", DAY, "--user", user, "--brief", "--format", "eml", "--uri", str(tmp_path))
    assert short.exit_code == 0 and len(list(tmp_path.glob(f"reports/{user}/*/*"))) == 2
    others = [place for place in tmp_path.glob("reports/*/*/*") if place.parts[-3] != user]
    teacher = tmp_path / "classes" / classroom / str(WEEK.start) / "report.html"
    assert teacher.exists() and user in teacher.read_text(encoding="utf-8")
    done = CliRunner().invoke(cli.commands["erase"], [user], obj=warehouse)
    assert "removed report file://" in done.output
    assert not list(tmp_path.glob(f"reports/{user}/*/*")) and not teacher.exists()
    assert others and all(place.exists() for place in others)
    assert rows(warehouse, "select count(*) from report_artifacts where user_id = %s", user)[0][0] == 0
    assert rows(warehouse, "select count(*) from class_report_artifacts where classroom_id = %s", classroom)[0][0] == 0


def test_500_reports_of_the_school_at_once_name_nobody_else_and_claim_nothing_false(warehouse, school, tmp_path):
    """Goals and ids are the tokens; they go the whole way, from the tables to the files."""
    with connect(warehouse.database_url) as connection:
        connection.execute("update interest_goal_history set topic_id = 'goal-of-' || md5(user_id || topic_id)")
        goals = connection.execute("select topic_id, user_id from interest_goal_history").fetchall()
        connection.commit()
    school.release("test")
    owner_of = dict(goals)
    with reader.reader(warehouse.database_url, "public", WEEK) as read:
        chosen = list(read.records(with_classes=False))[:500]
        job = pool.RenderJob(read.school, Folder(tmp_path), ["html"], ["en"])
        results = list(pool.render_all(chosen, job, processes=2))
    assert len(results) == 500 and not [result for result in results if result.error]
    ids = {user for user in owner_of.values() if len(user) == 36}
    n_tokens, records = 0, {record.user_id: record for record in chosen}
    false = Counter()
    for result in results:
        owner = result.owner[1]
        markup = Path(unquote(urlsplit(result.delivered[0].url).path)).read_text(encoding="utf-8")
        tokens = set(re.findall(r"goal-of-[0-9a-f]{32}", markup))
        assert {owner_of[token] for token in tokens} <= {owner}
        n_tokens += len(tokens)
        assert set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", markup)) & ids <= {owner}
        false.update(false_claims(records[owner], read.school, markup))
    assert n_tokens > 100
    assert not false
    assert sum(bool(record.goals) for record in chosen) > 50
