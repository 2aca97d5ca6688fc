"""`augplug compare`: finished searches side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from augplug.cli.output import as_json, echo, json_option, out_option, say, table, write
from augplug.errors import SettingsError
from augplug.report.columns import tables
from augplug.report.comparing import compare_page
from augplug.report.comparison import Comparison, apart, compare
from augplug.report.run import read_run


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@out_option("Write a page with the plots, an .html file, too.")
@click.option("--apart", "separate", is_flag=True, help="Show runs of different data in separate tables.")
@json_option
def command(runs: Sequence[Path], out: Path | None, separate: bool, json_: bool) -> None:
    """Print the numbers of finished searches, each in the folder RUN, side by side.

    Rewards and scores are in 0..1. "first 100" and "last 100" are mean rewards of the first and last trials, "best" is
    the best reward: the policy was chosen by it, so it flatters. "test" is the score on the test images, "unaugmented"
    and "hand-made" that of fixed policies. "gain" is what the policy has more than no augmentation. Seconds are those
    of all evaluations, whatever the number of workers.

    Algorithms are compared in pairs of runs of equal seed that were scored on the same training subsets and test
    images. Runs on different data are refused, or with --apart shown in separate tables; other budgets or versions are
    a warning.
    """
    if out is not None and out.suffix.lower() not in {".html", ".htm"}:
        raise SettingsError(f"{out} is to be a page; end the name in .html")
    read = [read_run(run) for run in runs]
    sets = [compare(one) for one in apart(read)] if separate else [compare(read)]
    for warning in (warning for compared in sets for warning in compared.warnings):
        say(f"warning: {warning}")
    if out is not None:
        write(out, compare_page(*sets))
        say(f"the page is {out}")
    if json_:
        made = [compared.to_json() for compared in sets]
        echo(as_json(made if separate else made[0]))
    else:
        echo("\n\n".join(text for compared in sets for text in _texts(compared, named=len(sets) > 1)))


def _texts(compared: Comparison, *, named: bool) -> Iterator[str]:
    """The tables as text, under the name of the data where there are several."""
    if named:
        yield f"On {compared.data}"
    for one in tables(compared):
        yield f"{one.title}\n{table(one.head, one.rows)}"
