"""Commands that draw pictures of a fit as a page."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from orchestration import terminal
from orchestration.cli.options import example
from orchestration.jobs.pipeline import Pipeline, require_tables
from orchestration.settings import Settings
from python_models.warehouse import run_log
from python_models.warehouse.connection import connect
from reports import charts
from reports.pages import gallery


def plot_command(fit: str) -> click.Command:
    """Return the command that draws the pictures of `fit`, one of FITS_WITH_PICTURES."""
    @click.command(f"{fit}-plot", help=f"Draw the pictures of a published run of the fit {fit} as a page.",
                   epilog=example(f"{fit}-plot"))
    @click.option("--run", "run_id", help="Another run than the newest published one.")
    @click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default in the home.")
    @click.pass_obj
    def plot(settings: Settings, run_id: str | None, out: Path | None) -> None:
        pipeline = Pipeline(settings)
        require_tables(pipeline.database_url, settings.dbt_schema)
        with terminal.job() as counts, connect(pipeline.database_url, settings.dbt_schema) as connection:
            run = run_log.published(connection, fit, run_id)
            pictures = importlib.import_module(f"{charts.__name__}.{fit}").draw(connection, run)
            counts["processed"] = len(pictures)
        written = gallery.write(out or settings.home / "plots" / fit, f"{fit}, run {run}", pictures)
        terminal.out.print(f"Pictures: {written}", markup=False)

    return plot
