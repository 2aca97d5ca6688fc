"""`augplug preview`: a sheet of what a policy does."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from augplug._pipeline.augmenter import Augmenter
from augplug.cli.output import free, image_at, out_option, point, say, seed_option, write
from augplug.data.images import photograph
from augplug.errors import SettingsError
from augplug.report.draws import draws
from augplug.report.sheet import TILES, contact_sheet, png

SIDE = click.IntRange(1, 100)


@click.command()
@click.argument("policy")
@click.argument("image", type=click.Path(path_type=Path), required=False)
@out_option("The sheet, a PNG file.  [default: sheet.png, or a numbered name where that exists]")
@click.option("--rows", type=SIDE, default=4, metavar="R", show_default=True, help="Rows of pictures.")
@click.option("--columns", type=SIDE, default=6, metavar="C", show_default=True, help="Pictures in a row.")
@seed_option
def command(policy: str, image: Path | None, out: Path | None, rows: int, columns: int, seed: int) -> None:
    """Write a sheet of what POLICY does to IMAGE: the image itself, then draws of the policy, each with what was drawn.

    POLICY is a name (autoaugment-cifar10, randaugment:n=2,m=9) or the path of a policy file. Without IMAGE a photograph
    that comes with augplug is taken.
    """
    if rows * columns > TILES:
        raise SettingsError(f"{rows} rows of {columns} are more than {TILES} pictures; give fewer --rows or --columns")
    augment = Augmenter(policy, seed=seed)
    given = image_at(image).image if image is not None else photograph()
    images, captions = draws(augment, [given] * (rows * columns - 1))
    where = out or free(Path("sheet.png"))
    write(where, png(contact_sheet([np.asarray(given), *images], ["the image", *captions], columns)))
    say(f"{rows * columns} pictures of {augment.policy.name}, seed {seed}")
    point(where)
