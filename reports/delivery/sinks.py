"""Where reports go: a folder or an S3 bucket. Both keep files private and replace earlier ones."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from python_models.errors import DreamseedError, UsageError
from reports.sources.records import Week

KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "eml": "message/rfc822",
         "txt": "text/plain; charset=utf-8"}
LONGEST = 200  # bytes of one part of a key; file systems take 255
# Five tries with growing, jittered pauses; only errors that may pass are tried again (throttling, 5xx, transport).
RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=60)


class Sink(Protocol):
    """A place for reports."""

    @property
    def place(self) -> str:
        """Where all of its files are: a path, or s3://bucket/prefix."""

    def check(self) -> None:
        """Raise UsageError if nothing can be delivered; called before anything is rendered."""

    def put(self, key: str, content: bytes, form: str) -> str:
        """Store `content` under `key`, replacing what was there; return its URL. Raises DreamseedError."""

    def link(self, url: str, seconds: int) -> str:
        """Return a link that lets anyone who has it read the file for so many seconds."""


def sink_of(uri: str) -> Sink:
    """Return the sink of a REPORT_URI: a folder's path or file:// URL, or s3://bucket/prefix. Raises UsageError."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc) or parts.query or parts.fragment:
            raise UsageError(f"REPORT_URI holds {uri!r}, which names no bucket.", "write s3://bucket/prefix.")
        return S3(parts.netloc, parts.path.strip("/"))
    if parts.scheme not in ("", "file") or not uri or (parts.scheme == "file" and parts.netloc):
        raise UsageError(f"REPORT_URI holds {uri!r}.", "set it to a folder, or to s3://bucket/prefix.")
    return Folder(Path(unquote(parts.path) if parts.scheme else uri).expanduser().absolute())


def key_of(owner: str, week: Week, form: str, kind: str = "reports", name: str = "report") -> str:
    """Return the key of a file: reports/{user_id}/{week_start}/{report|brief}.{form}."""
    return f"{kind}/{segment(owner)}/{week.start}/{name}.{form}"


def segment(owner: str) -> str:
    """Return an id as one part of a key: letters and digits of any script stay, everything else is percent-encoded.

    Different ids give different parts, none is `.` or `..`, and none is longer than LONGEST bytes.
    """
    kept = "".join(c if c.isalnum() or c in "-_.@+=" else quote(c, safe="") for c in owner)
    kept = "%2E" + kept[1:] if kept.startswith(".") else kept
    if len(kept.encode()) <= LONGEST:
        return kept
    head = kept.encode()[:LONGEST - 70].decode(errors="ignore").rpartition("%")[0] or "id"
    return f"{head}%~{hashlib.sha256(owner.encode()).hexdigest()}"


def remove(url: str) -> None:
    """Remove a delivered file, wherever it is; a file that is gone is no error. Raises DreamseedError."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        _call("delete_object", url, Bucket=parts.netloc, Key=unquote(parts.path.lstrip("/")))
        return
    try:
        Path(unquote(parts.path)).unlink(missing_ok=True)
    except OSError as error:
        raise DreamseedError(f"{url} cannot be removed: {error.strerror}.",
                             "remove it by hand, then try again.") from error


@dataclass(frozen=True)
class Folder:
    """A folder; its files are the owner's only."""

    root: Path

    @property
    def place(self) -> str:
        """The folder's path."""
        return str(self.root)

    def check(self) -> None:
        """Make the folder if it is missing."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise UsageError(f"Nothing can be written to {self.root}: {error.strerror}.",
                             "set REPORT_URI to a folder that you own, or to s3://bucket/prefix.") from error

    def put(self, key: str, content: bytes, form: str) -> str:
        """Write a temporary file beside the target, then move it there: nobody ever reads half of it."""
        place = self.root / key
        try:
            for folder in reversed(place.relative_to(self.root).parents[:-1]):
                (self.root / folder).mkdir(mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:  # made with mode 600
                draft = Path(file.name)
                try:
                    file.write(content)
                    file.flush()
                    draft.replace(place)
                finally:
                    draft.unlink(missing_ok=True)  # no erasure would find half a report
        except OSError as error:
            raise DreamseedError(f"{place} cannot be written: {error.strerror}.",
                                 "check disk space and permissions.") from error
        return place.as_uri()

    def link(self, url: str, seconds: int) -> str:
        """Return the file's URL; the file system decides who may read it."""
        return url


@dataclass(frozen=True)
class S3:
    """A bucket and a prefix; endpoint and credentials come from the environment, as for any AWS client."""

    bucket: str
    prefix: str

    @property
    def place(self) -> str:
        """The URL of everything under the prefix."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def check(self) -> None:
        """Require credentials and a region."""
        try:
            found = boto3.Session().get_credentials()
            _client(os.getpid())
        except (BotoCoreError, ValueError) as error:
            raise UsageError(f"S3 cannot be used: {str(error).rstrip('.')}.",
                             "set AWS_DEFAULT_REGION and credentials.") from error
        if found is None:
            raise UsageError("There are no AWS credentials for REPORT_URI.",
                             "give the job a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")

    def put(self, key: str, content: bytes, form: str) -> str:
        """Upload, encrypted at rest; without an ACL an object is its owner's only."""
        full = f"{self.prefix}/{key}".lstrip("/")
        url = f"s3://{self.bucket}/{quote(full)}"
        _call("put_object", url, Bucket=self.bucket, Key=full, Body=content, ContentType=KINDS[form],
              ServerSideEncryption="AES256", CacheControl="private, no-store")
        return url

    def link(self, url: str, seconds: int) -> str:
        """Return a presigned link."""
        parts = urlsplit(url)
        link: str = _client(os.getpid()).generate_presigned_url(
            "get_object", Params={"Bucket": parts.netloc, "Key": unquote(parts.path.lstrip("/"))}, ExpiresIn=seconds)
        return link


@cache
def _client(process: int) -> Any:
    """Return this process's client: it must not be shared over a fork."""
    return boto3.client("s3", config=RETRIES)


def _call(operation: str, url: str, **arguments: object) -> None:
    try:
        getattr(_client(os.getpid()), operation)(**arguments)
    except (BotoCoreError, ClientError) as error:
        raise DreamseedError(f"{url}: S3 refused {operation} ({str(error).rstrip('.')}).",
                             "check the bucket, its policy and AWS_ENDPOINT_URL, then run it again.") from error
