"""Delivery: a folder, and a real S3 API server on loopback (moto's) behind a gate that can fail on purpose."""

import os
import stat

import httpx
import pytest
from report_builders import WEEK

from python_models.errors import DreamseedError, UsageError
from reports.delivery import sinks
from reports.delivery.sinks import S3, Folder, key_of, segment, sink_of


def test_a_report_in_s3_is_private_encrypted_and_replaced_by_the_next(s3):
    sink = sink_of("s3://reports-of-school/a prefix/")
    sink.check()
    key = key_of("학생 1/2", WEEK, "html")
    for content in (b"first", b"second"):
        url = sink.put(key, content, "html")
    full = "a prefix/reports/학생%201%2F2/2026-06-22/report.html"
    listed = s3.client.list_objects_v2(Bucket="reports-of-school")["Contents"]
    assert [found["Key"] for found in listed] == [full]
    found = s3.client.get_object(Bucket="reports-of-school", Key=full)
    assert found["Body"].read() == b"second"
    assert found["ServerSideEncryption"] == "AES256" and found["ContentType"] == "text/html; charset=utf-8"
    grants = s3.client.get_object_acl(Bucket="reports-of-school", Key=full)["Grants"]
    assert [grant["Grantee"].get("URI") for grant in grants] == [None]  # no group, so not everybody
    sinks.remove(url)
    sinks.remove(url)  # one that is gone is no error
    assert "Contents" not in s3.client.list_objects_v2(Bucket="reports-of-school")


def test_a_link_opens_the_file_and_expires(s3):
    sink = sink_of("s3://reports-of-school")
    url = sink.put(key_of("u", WEEK, "pdf"), b"%PDF", "pdf")
    link = sink.link(url, 60)
    answer = httpx.get(link)
    assert answer.status_code == 200 and answer.content == b"%PDF"
    assert answer.headers["content-type"] == "application/pdf"
    assert "Expires=" in link and "Signature=" in link


def test_what_may_pass_by_itself_is_tried_again(s3):
    s3.failures["/u/"] = 2
    sink_of("s3://reports-of-school").put(key_of("u", WEEK, "html"), b"x", "html")
    assert [n for path, n in s3.asked.items() if "/u/" in path] == [3]


def test_what_will_not_pass_is_one_line_and_not_tried_again(s3):
    s3.failures["/u/"], s3.status = 9, "403 Forbidden"
    with pytest.raises(DreamseedError, match=r"s3://reports-of-school/reports/u/.*AccessDenied.*Fix: "):
        sink_of("s3://reports-of-school").put(key_of("u", WEEK, "html"), b"x", "html")
    assert [n for path, n in s3.asked.items() if "/u/" in path] == [1]


def test_a_missing_bucket_is_one_line(s3):
    with pytest.raises(DreamseedError, match="NoSuchBucket"):
        sink_of("s3://another-bucket").put(key_of("u", WEEK, "html"), b"x", "html")


def test_without_credentials_nothing_begins(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    sinks._client.cache_clear()
    with pytest.raises(UsageError, match="credentials"):
        sink_of("s3://reports-of-school").check()


@pytest.mark.parametrize("uri", ["s3://", "s3://x", "s3://UPPER/p", "s3://b_ad/p", "s3://bucket/p?versionId=1", "ftp://a/b",
                                 "https://bucket.s3.amazonaws.com", "file://host/share", ""])
def test_a_bad_uri_is_one_line_that_says_what_is_allowed(uri):
    with pytest.raises(UsageError, match=r"REPORT_URI holds .*s3://bucket/prefix"):
        sink_of(uri)


def test_uris_name_folders_and_buckets(tmp_path):
    assert sink_of("s3://reports-of-school/a/b/") == S3("reports-of-school", "a/b")
    assert sink_of(str(tmp_path)) == sink_of(tmp_path.as_uri()) == Folder(tmp_path)


def test_a_folders_files_are_the_owners_only_and_replaced_as_a_whole(tmp_path):
    sink = sink_of(str(tmp_path / "out"))
    sink.check()
    for content in (b"first", b"second"):
        url = sink.put(key_of("u", WEEK, "html"), content, "html")
    file = tmp_path / "out" / "reports" / "u" / "2026-06-22" / "report.html"
    assert url == file.as_uri() == sink.link(url, 60) and file.read_bytes() == b"second"
    assert list(file.parent.iterdir()) == [file]
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (file, *list(file.parents)[:3])]
    assert modes == [0o600, 0o700, 0o700, 0o700]
    sinks.remove(url)
    sinks.remove(url)
    assert not file.exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Nothing can be written to .*file"):
        sink_of(str(tmp_path / "file")).check()


def test_different_ids_have_different_places_and_none_leaves_the_folder(tmp_path):
    ids = ["u", "U", "..", ".", ".hidden", "a/b", "a%2Fb", "a\\b", "../../etc/passwd", "%2E.", "a b", "학생-1",
           "x" * 500, "x" * 501, "학" * 300, "CON:", "a\nb", "~", "\u202e"]
    parts = [segment(owner) for owner in ids]
    assert len(set(parts)) == len(ids)
    sink = Folder(tmp_path)
    for owner in ids:
        sink.put(key_of(owner, WEEK, "html"), owner.encode(), "html")
    files = {file.read_bytes().decode() for file in tmp_path.glob("reports/*/2026-06-22/report.html")}
    assert files == set(ids)
    assert [place.name for place in tmp_path.iterdir()] == ["reports"]
    assert (segment("8f14e45f-ceea-4671-9c1b-2f3a5d6e7f80"), segment("학생-1")) == \
        ("8f14e45f-ceea-4671-9c1b-2f3a5d6e7f80", "학생-1")
