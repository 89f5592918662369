"""Commands that draw the pictures of a fit as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import example, pass_settings

if TYPE_CHECKING:
    from orchestration.settings import Settings


def plot_command(name: str) -> click.Command:
    """Return the command called `name`: `<fit>-plot` for one of FITS_WITH_PICTURES."""
    fit = name.removesuffix("-plot")

    @click.command(name, help=f"Draw a published run of the fit {fit}. The pictures go into one page.",
                   epilog=example(name))
    @click.option("--run", "run_id", help="Another run than the newest published one.")
    @click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default in the home.")
    @pass_settings
    def plot(settings: Settings, run_id: str | None, out: Path | None) -> None:
        import importlib

        from orchestration import terminal
        from orchestration.stack.stack import Stack
        from python_models.warehouse import run_log
        from reports import charts
        from reports.pages import gallery

        warehouse = Stack(settings).warehouse()
        warehouse.require_tables()
        with terminal.job() as counts, warehouse.connect() as connection:
            run = run_log.published(connection, fit, run_id)
            pictures = importlib.import_module(f"{charts.__name__}.{fit}").draw(connection, run)
            counts["processed"] = len(pictures)
        written = gallery.write(out or settings.home / "plots" / fit, f"{fit}, run {run}", pictures)
        terminal.out.print(f"Pictures: {written}", markup=False)

    return plot
