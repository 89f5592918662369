"""The command that delivers metrics of the warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestration.cli.options import example
from orchestration.monitoring import exporter
from orchestration.monitoring.metrics import registry
from orchestration.settings import Settings
from orchestration.stack.stack import Stack
from python_models.errors import UsageError


class Address(click.ParamType):
    """Where to listen, written as HOST:PORT."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return host and port; fail with one line."""
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            self.fail(f"{value!r} is no address; write it as 127.0.0.1:9464.", param, ctx)
        return host.strip("[]"), int(port)


@click.command(epilog=example("metrics --file /var/lib/prometheus/node-exporter/dreamseed.prom"))
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Write for a textfile collector.")
@click.option("--push", "gateway", metavar="URL", help="Send to a push gateway.")
@click.option("--serve", "address", type=Address(), help="Answer scrapes until stopped; each reads the database.")
@click.pass_obj
def metrics(settings: Settings, file: Path | None, gateway: str | None, address: tuple[str, int] | None) -> None:
    """Deliver metrics of fits, gates, calibration, tests and builds to Prometheus; without an option, print them.

    A database role with read privileges is enough.
    """
    if sum(way is not None for way in (file, gateway, address)) > 1:
        raise UsageError("Metrics go one way at a time.", "give one of --file, --push, --serve.")
    warehouse = registry(Stack(settings).database_url, settings.dbt_schema)
    if file:
        exporter.write(warehouse, file)
    elif gateway:
        exporter.push(warehouse, gateway)
    elif address:
        exporter.serve(warehouse, *address)
    else:
        click.echo(exporter.text(warehouse), nl=False)
