"""`augplug compare`: finished searches side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from augplug.cli.output import as_json, echo, json_option, out_option, say, table, write
from augplug.errors import SettingsError
from augplug.report.columns import tables
from augplug.report.comparing import compare_page
from augplug.report.comparison import compare
from augplug.report.run import read_run


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@out_option("Write a page with the plots, an .html file, too.")
@json_option
def command(runs: Sequence[Path], out: Path | None, json_: bool) -> None:
    """Print the numbers of finished searches, each in the folder RUN, side by side.

    Rewards and scores are in 0..1. "first 100" and "last 100" are mean rewards of the first and last trials, "best" is
    the best reward: the policy was chosen by it, so it flatters. "test" is the score on the test images, "unaugmented"
    and "hand-made" that of the baselines. "gain" is the mean of the policy's gains on other training sets. Seconds are
    those of all evaluations, whatever the number of workers.

    Algorithms are compared in pairs of runs of equal seed. Runs on other images, with other budgets or versions are
    compared too, with a warning.
    """
    if out is not None and out.suffix.lower() not in {".html", ".htm"}:
        raise SettingsError(f"{out} is to be a page; end the name in .html")
    compared = compare([read_run(run) for run in runs])
    for warning in compared.warnings:
        say(f"warning: {warning}")
    if out is not None:
        write(out, compare_page(compared))
        say(f"the page is {out}")
    if json_:
        echo(as_json(compared.to_json()))
    else:
        titled = (f"{one.title}\n{table(one.head, one.rows)}" for one in tables(compared))
        echo("\n\n".join(titled))
