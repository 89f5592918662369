"""`--json`: a command prints one JSON document on standard output, and everything else on standard error.

The document is described in docs/json.md, and checked against docs/json.schema.json by the tests.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from typing import Any, TextIO

import click

from orchestration.cli.failures import expected
from python_models.errors import DreamseedError

RESULT = "dreamseed.result"  # where a command's context holds the result of its document
OPTION = "--json"
PRINTED = "Its document is printed."  # a note on an error


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command that gives its result to `show`."""
    @functools.wraps(command)
    def call(*arguments: Any, as_json: bool, **options: Any) -> Any:
        if not as_json:
            return command(*arguments, **options)
        context, stdout = click.get_current_context(), sys.stdout
        context.meta[RESULT] = None
        try:
            with redirect_stdout(sys.stderr):
                command(*arguments, **options)
        except BaseException as error:
            if failure := expected(error):
                _print(stdout, context.info_name, context.meta[RESULT], failure)
                error.add_note(PRINTED)
            raise
        _print(stdout, context.info_name, context.meta[RESULT], None)
        return None

    return click.option(OPTION, "as_json", is_flag=True, help="Print one JSON document (docs/json.md).")(call)


def show(result: Callable[[], Mapping[str, Any]], as_text: Callable[[], None]) -> None:
    """Show the result of the running command: as text, or, with `--json`, as the result of its document."""
    meta = click.get_current_context().meta
    if RESULT in meta:
        meta[RESULT] = result()
    else:
        as_text()


def print_unless_printed(arguments: list[str], error: Exception, failure: DreamseedError) -> None:
    """Print the document of a command that did not begin, such as one with wrong arguments, if they ask for one."""
    asked = arguments[:arguments.index("--")] if "--" in arguments else arguments
    notes = [note for one in (error, error.__cause__) for note in getattr(one, "__notes__", ())]  # click wraps ^C
    if OPTION in asked and PRINTED not in notes:
        _print(sys.stdout, next((word for word in asked if not word.startswith("-")), None), None, failure)


def _print(stdout: TextIO, command: str | None, result: Mapping[str, Any] | None,
           failure: DreamseedError | None) -> None:
    from orchestration.cli.values import json_text

    error = failure and {"kind": type(failure).__name__, "message": failure.message, "fix": failure.fix or None}
    print(json_text({"command": command, "exit_code": failure.exit_code if failure else 0, "error": error,
                     "result": result}), file=stdout, flush=True)
