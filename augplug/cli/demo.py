"""`augplug demo`: the main job on real images, with nothing to give."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from augplug.cli.output import cores, free, say, search_seed_option
from augplug.cli.searching import run_search
from augplug.data.digits import load_digits

FOLDER = Path("augplug-demo")


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to.  [default: augplug-demo, or a numbered name]",
)
@search_seed_option
@click.option("--resume", is_flag=True, help="Go on with the demo in --out that was stopped.")
def command(out: Path | None, seed: int, resume: bool) -> None:
    """Search a policy for the 5,000 real handwritten digits that come with augplug; a minute or two.

    It tries 400 policies, each by small models that are trained on a few of the digits and scored on others; the best
    race with what people use without a search, and the winner is tested on digits that nothing before has seen. It
    writes the policy, a page that explains the result, and everything that was measured.
    """
    where = out or (FOLDER if resume else free(FOLDER))
    say(f"searching a policy for 5,000 handwritten digits (MNIST), into {where}")
    resuming = shlex.join(["augplug", "demo", "--out", str(where), "--seed", str(seed), "--resume"])
    run_search("strengths", load_digits(), where, resuming, seed=seed, workers=cores(), resume=resume)
