"""Every expected error, with the exit code of the command that it ends.

DreamseedError (1)          the job failed
├── UsageError (2)          wrong usage or settings
│   └── BadFile             a file to load cannot be read
├── RejectedError (3)       a gate kept a fit from being published
├── ContractError (1)       a service or a table breaks its contract
├── ServiceError (1)        an R service answered with an error
│   └── NotEstimable (1)    422: too little data; the message has the numbers
└── BusyError (75)          busy or unreachable after retries: try again later

An error is one readable line: what is wrong and where, then the fix.
"""

from __future__ import annotations

NOT_ESTIMABLE = "NOT_ESTIMABLE"  # the code of the wire contract


class DreamseedError(Exception):
    """A job failed. `message` says what is wrong and where, `fix` how to fix it."""

    exit_code = 1

    def __init__(self, message: str, fix: str = "") -> None:
        """Hold one readable `message` and, where one is known, the `fix`."""
        super().__init__(message)
        self.message, self.fix = message, fix

    def __str__(self) -> str:
        """Return the line that users see."""
        return f"{self.message} Fix: {self.fix}" if self.fix else self.message


class UsageError(DreamseedError):
    """Wrong usage or settings."""

    exit_code = 2


class BadFile(UsageError):  # noqa: N818 - like FileNotFound
    """A file to load cannot be read; none of its rows was loaded."""


class RejectedError(DreamseedError):
    """A gate kept the fit from being published; the previous run stays current."""

    exit_code = 3


class ContractError(DreamseedError):
    """A service's answer or a landing table differs from what is declared."""


class ServiceError(DreamseedError):
    """An R service answered with an error. `code` is the stable error code that it sent."""

    def __init__(self, message: str, fix: str = "", code: str = "SERVER_ERROR") -> None:
        """Hold the service's stable error `code` beside the line."""
        super().__init__(message, fix)
        self.code = code


class NotEstimable(ServiceError):  # noqa: N818 - the wire contract's own name
    """The service reports that there is too little data for the fit; the message has the numbers."""


class BusyError(DreamseedError):
    """Another run holds the lock, or something stayed unreachable: try again later."""

    exit_code = 75


def first_line(error: Exception) -> str:
    """Return what an error of a library says, without its later lines and its last full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
