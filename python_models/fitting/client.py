"""The client of the R services: submit a fit, wait for it, fetch its tables.

Wire contract: contracts.md section 6. Only transport failures and "try later" answers are
retried, always under the same idempotency key, so a retry never starts a second fit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from python_models.errors import NOT_ESTIMABLE, BusyError, NotEstimable, ServiceError
from python_models.fitting import refusal

ATTEMPTS = 5
TRY_LATER = {409, 429, 502, 503, 504}
FIXES = {401: "check the R_*_INTERNAL_TOKEN settings.",
         413: "raise MAX_BODY_BYTES or MAX_UNPACKED_BYTES of the service, or shorten the fit's look-back."}
Progress = Callable[[Mapping[str, Any]], None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class ServiceAddress:
    """The URL of a service, its token, and how long to wait for an answer."""

    url: str
    token: str
    timeout_seconds: float = 600


class _Transient(Exception):  # noqa: N818 - never leaves this module
    """A failure to retry; `after` is the service's Retry-After in seconds, if it sent one."""

    def __init__(self, cause: str, after: float | None = None) -> None:
        super().__init__(cause)
        self.after = after


class ServiceClient:
    """One service. Use as a context manager."""

    def __init__(self, address: ServiceAddress, attempts: int = ATTEMPTS) -> None:
        """Open a connection pool; nothing is sent yet."""
        headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
        timeout = httpx.Timeout(30, read=address.timeout_seconds, write=address.timeout_seconds)
        self._http = httpx.Client(base_url=address.url, headers=headers, timeout=timeout)
        self._attempts = attempts

    def __enter__(self) -> ServiceClient:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def version(self) -> str:
        """Return the running service's version (GET /healthz)."""
        return str(self._retry(lambda: self._document("/healthz"))["version"])

    def fit(self, endpoint: str, params: Mapping[str, Any], parts: Mapping[str, Path], key: str,
            deadline_seconds: float, on_progress: Progress | None = None,
            whole: bool = False) -> tuple[str, dict[str, Any]]:
        """Submit gzipped CSV `parts`, wait, and return (job path, result document).

        Unless `whole`, the document has gates, notices and names of tables only: a row of each learner, which
        the tables have too, would take gigabytes of JSON for a large school.

        Raises NotEstimable (422), ServiceError (any other refusal, deadline) or BusyError (unreachable).
        """
        deadline = time.monotonic() + deadline_seconds

        def attempt() -> tuple[str, dict[str, Any]]:
            job = self._submit(endpoint, params, parts, key, whole)
            self._wait(job, deadline, on_progress)
            return job, self._document(f"{job}/result")

        return self._retry(attempt)

    def fetch_table(self, job: str, table: str, target: Path) -> None:
        """Stream one result table of `job` into the CSV file `target`."""
        def attempt() -> None:
            with self._http.stream("GET", f"{job}/tables/{table}") as response, target.open("wb") as file:
                if response.is_error:
                    response.read()
                self._check(response)
                for chunk in response.iter_bytes():
                    file.write(chunk)

        self._retry(attempt)

    def _submit(self, endpoint: str, params: Mapping[str, Any], parts: Mapping[str, Path], key: str,
                whole: bool) -> str:
        with ExitStack() as files:
            body = {name: (f"{name}.csv.gz", files.enter_context(path.open("rb")), "text/csv")
                    for name, path in parts.items()}
            response = self._send(
                "POST", endpoint, headers={"Prefer": f"respond-async{'' if whole else ', return=minimal'}",
                                           "Idempotency-Key": key},
                files={"params": (None, json.dumps(params).encode(), "application/json"), **body})
        if "Location" not in response.headers:
            raise _not_a_service(response)
        return response.headers["Location"]

    def _wait(self, job: str, deadline: float, on_progress: Progress | None) -> None:
        start = time.monotonic()
        while True:
            state = self._document(job)
            if on_progress:
                on_progress(state)
            if state["state"] not in ("queued", "running"):
                return
            if time.monotonic() > deadline:
                self._send("DELETE", job)
                raise ServiceError("The fit did not end within its deadline and was cancelled.",
                                   "raise deadline_seconds in the exposure's meta.fit, or send less data.")
            # A twentieth of the time waited so far, so that a fit of seconds does not wait one second more.
            time.sleep(min(2.0, max(0.1, 0.05 * (time.monotonic() - start))))

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = self._http.request(method, path, **options)
        self._check(response)
        return response

    def _document(self, path: str) -> dict[str, Any]:
        """Return the JSON object at `path`. Raises ServiceError for anything else: a proxy may answer with a page."""
        response = self._send("GET", path)
        try:
            document = response.json()
        except ValueError as error:
            raise _not_a_service(response) from error
        if not isinstance(document, dict):
            raise _not_a_service(response)
        return document

    @staticmethod
    def _check(response: httpx.Response) -> None:
        """Raise for anything but success, with the message of the service."""
        if response.is_success:
            return
        code, message = refusal.read(response.content, response.status_code)
        if response.status_code in TRY_LATER or code == "UNKNOWN_JOB":
            raise _Transient(f"{code}: {message}", _seconds(response.headers.get("Retry-After")))
        if code == NOT_ESTIMABLE:
            raise NotEstimable(message, "wait for more answers, or widen the look-back.", code)
        raise ServiceError(f"{response.request.url.path} answered {response.status_code} {code}: {message}",
                           FIXES.get(response.status_code, "read the service's log."), code)

    def _retry(self, attempt: Callable[[], Result]) -> Result:
        """Run `attempt` again after transport failures: exponential with jitter, capped."""
        jitter = wait_random_exponential(multiplier=0.3, max=20)

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return getattr(error, "after", None) or jitter(state)

        retrying = Retrying(stop=stop_after_attempt(self._attempts), wait=pause, reraise=True,
                            retry=retry_if_exception_type((httpx.TransportError, _Transient)))
        try:
            return retrying(attempt)
        except (httpx.TransportError, _Transient) as error:
            raise BusyError(f"{self._http.base_url} stayed unreachable or busy over {self._attempts} tries ({error}).",
                            "see `dreamseed status`, then try again.") from error


def _not_a_service(response: httpx.Response) -> ServiceError:
    return ServiceError(f"{response.request.url} answered {response.status_code}, but not as a service of ours does.",
                        "check the R_*_BASE_URL settings: something else listens there.")


def _seconds(retry_after: str | None) -> float | None:
    return min(60.0, float(retry_after)) if retry_after and retry_after.isdigit() else None
