"""Many reports at once: nobody's page holds a word of another's, and one that fails does not stop the others."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from report_builders import SUNDAY, WEEK, classroom, learner, member, school

from python_models.errors import DreamseedError
from reports.delivery.ledger import Artifact
from reports.delivery.pool import RenderJob, render_all
from reports.delivery.sinks import Folder, sink_of
from reports.sources.records import Goal, KpiWeek, TopicWork

N = 150  # tests/jobs/test_report.py has 500 of a school


def canary(number):
    return f"canary{number:04d}x"


def marked(number):
    """A learner whose every text holds a token that nobody else's does."""
    name = canary(number)
    return learner(name, goals=(Goal(name, f"goal {name}", 0.1 * (number % 9), SUNDAY + timedelta(days=number), 1),),
                   topics=(TopicWork(name, f"topic {name}", 20, 16, 1.9, 0.2, 1.6, 0.2, True),),
                   kpis=(KpiWeek(name, WEEK.start, s_source="survival", null_reasons={"P": f"why {name}"}),))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """Marked reports, made by four processes at once."""
    folder = tmp_path_factory.mktemp("reports")
    job = RenderJob(school(), Folder(folder), ["html"], ["en"])
    return list(render_all(map(marked, range(N)), job, processes=4))


def file_of(artifact: Artifact) -> Path:
    return Path(unquote(urlsplit(artifact.url).path))


def test_no_report_holds_another_learners_token(delivered):
    assert len(delivered) == N and not [result for result in delivered if result.error]
    for result in delivered:
        (artifact,) = result.delivered
        markup = file_of(artifact).read_text(encoding="utf-8")
        for place in ("goal", "topic", "why"):
            assert f"{place} {artifact.owner}" in markup
        found = {markup[at:at + len(artifact.owner)] for at in range(len(markup)) if markup.startswith("canary", at)}
        assert found == {artifact.owner}


def test_each_result_names_its_own_file(delivered):
    assert {artifact.owner for result in delivered for artifact in result.delivered} == {canary(n) for n in range(N)}
    assert all(result.owner == ("reports", result.delivered[0].owner) for result in delivered)
    assert all(artifact.owner in artifact.url for result in delivered for artifact in result.delivered)


class Picky(Folder):
    """A folder that takes no file of the learner `bad`, and breaks in an unforeseen way at `worse`."""

    def put(self, key, content, form):
        if "/bad/" in key and form == "pdf":
            raise DreamseedError("the disk is full.", "empty it.")
        if "/worse/" in key:
            raise ZeroDivisionError("unforeseen")
        return super().put(key, content, form)


@pytest.mark.parametrize("processes", [1, 2])
def test_one_that_fails_is_reported_with_what_went_well_and_the_others_go_on(tmp_path, processes):
    records = [learner(name) for name in ("a", "bad", "worse", "b")] + [classroom(member("a"))]
    job = RenderJob(school(), Picky(tmp_path), ["html", "pdf"], ["en"])
    results = {result.owner: result for result in render_all(records, job, processes)}
    assert {owner: [artifact.form for artifact in result.delivered] for owner, result in results.items()} == {
        ("reports", "a"): ["html", "pdf"], ("reports", "bad"): ["html"], ("reports", "worse"): [],
        ("reports", "b"): ["html", "pdf"], ("classes", "class-1"): ["html", "pdf"]}
    assert results["reports", "bad"].error == "the disk is full. Fix: empty it."
    assert results["reports", "worse"].error == "ZeroDivisionError: unforeseen"
    assert (tmp_path / "classes" / "class-1" / "2026-06-22" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_failed_upload_is_listed_and_the_others_arrive(s3):
    """Five tries of one learner's file are refused; throttling of another's passes after two."""
    s3.failures |= {"/bad/": 99, "/slow/": 2}
    records = [learner(name) for name in ("a", "bad", "slow", "b")]
    job = RenderJob(school(), sink_of("s3://reports-of-school/weekly"), ["html"], ["ko"])
    results = {result.owner[1]: result for result in render_all(records, job, processes=2)}
    assert {owner for owner, result in results.items() if result.error} == {"bad"}
    assert "S3 refused put_object" in results["bad"].error and "Fix: " in results["bad"].error
    listed = {found["Key"] for found in s3.client.list_objects_v2(Bucket="reports-of-school")["Contents"]}
    assert listed == {f"weekly/reports/{owner}/2026-06-22/report.html" for owner in ("a", "slow", "b")}
    tries = {path.split("/")[-3]: n for path, n in s3.asked.items() if path.endswith(".html")}
    assert tries == {"a": 1, "b": 1, "slow": 3, "bad": 5}
