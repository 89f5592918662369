"""The command that exports metrics of the warehouse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import Parsed, example, pass_settings
from python_models.errors import UsageError

if TYPE_CHECKING:
    from orchestration.settings import Settings


def _address(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.+):([0-9]+)", text)
    if found is None or int(found.group(2)) > 65535:
        raise ValueError
    return found.group(1).strip("[]"), int(found.group(2))


ADDRESS = Parsed("HOST:PORT", "an address", "127.0.0.1:9464", _address)


@click.command(epilog=example("metrics --file /var/lib/prometheus/node-exporter/dreamseed.prom"))
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Write for a textfile collector.")
@click.option("--push", "gateway", metavar="URL", help="Send to a push gateway.")
@click.option("--serve", "address", type=ADDRESS, help="Answer scrapes until stopped; each reads the database.")
@pass_settings
def metrics(settings: Settings, file: Path | None, gateway: str | None, address: tuple[str, int] | None) -> None:
    """Export metrics of the warehouse for Prometheus. Without an option, print them as text.

    They cover fits, gates, calibration, data tests and builds. A database role that can only read is enough.
    """
    if sum(way is not None for way in (file, gateway, address)) > 1:
        raise UsageError("--file, --push and --serve exclude each other.", "give one of the three.")
    from orchestration.monitoring import exporter
    from orchestration.monitoring.metrics import registry
    from orchestration.stack.stack import Stack

    own = registry(Stack(settings).warehouse)
    if file:
        exporter.write(own, file)
    elif gateway:
        exporter.push(own, gateway)
    elif address:
        exporter.serve(own, *address)
    else:
        click.echo(exporter.text(own), nl=False)
