"""Commands that draw pictures of a fit: `dreamseed <fit>-plot`, one for each module of `reports.plots`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration import console
from orchestration.cli.options import example
from orchestration.pipeline import Pipeline, require_tables
from orchestration.settings import Settings
from python_models import run_log
from python_models.warehouse import connect
from reports import page, plots


def commands() -> list[click.Command]:
    """Return a command for each fit that has pictures."""
    return [_command(fit) for fit in plots.fits()]


def _command(fit: str) -> click.Command:
    @click.command(f"{fit}-plot", help=f"Draw the pictures of a published run of the fit {fit} as a page.",
                   epilog=example(f"{fit}-plot"))
    @click.option("--run", "run_id", help="Another run than the newest published one.")
    @click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default in the home.")
    @click.pass_obj
    def plot(settings: Settings, run_id: str | None, out: Path | None) -> None:
        pipeline = Pipeline(settings)
        require_tables(pipeline.database_url, settings.dbt_schema)
        with console.job() as counts, connect(pipeline.database_url, settings.dbt_schema) as connection:
            run = run_log.published(connection, fit, run_id)
            pictures = plots.draw(fit)(connection, run)
            counts["processed"] = len(pictures)
        written = page.write(out or settings.home / "plots" / fit, f"{fit}, run {run}", pictures)
        console.out.print(f"Pictures: {written}", markup=False)

    return plot
