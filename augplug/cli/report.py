"""`augplug report`: the page of a finished search."""

from __future__ import annotations

from pathlib import Path

import click

from augplug.cli.output import out_option, point, say
from augplug.cli.reporting import searched_data, write_report


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@out_option("The page.  [default: report.html in RUN]")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DATA", help="The searched images, to show some of them."
)
def command(run: Path, out: Path | None, data: Path | None) -> None:
    """Write the page of the finished search in the folder RUN, and its contact sheet, report.png beside it.

    The page is one file, with everything in it: send it to anybody. A run does not keep its images; without --data the
    sheet shows a photograph (or the digits of the demo).
    """
    page, sheet = write_report(run, out, searched_data(run, data) if data is not None else None)
    say(f"the contact sheet is in {sheet}")
    point(page)
