"""`augplug replay`: a saved draw again, to the bit."""

from __future__ import annotations

from pathlib import Path

import click

from augplug import api
from augplug.cli.output import image_at, point, say
from augplug.data.images import format_of, save_image
from augplug.disk import kind_or
from augplug.errors import PlanError, SettingsError

LIMIT = 1 << 20
"""Largest plan in bytes."""


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "--partner",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The image that was mixed in, for plans that mix.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, metavar="OUT.png", help="The image to write."
)
def command(plan: Path, image: Path, partner: Path | None, out: Path) -> None:
    """Do the draw that PLAN holds again on IMAGE and write the result.

    PLAN is what `augplug explain --json` or `plan.to_json()` wrote. Write PNG, BMP or TIFF to get exactly the pixels.
    """
    format_of(out)
    saved = api.load_plan(_text(plan))
    pixels = image_at(image).pixels
    if partner is not None and not saved.partners:
        raise SettingsError(f"{plan} mixes no other image in; leave --partner out")
    other = None if partner is None else image_at(partner).pixels
    for note in save_image(out, api.replay(saved, pixels, other)):
        say(f"{out}: {note}")
    point(out)


def _text(path: Path) -> str:
    kind = kind_or(PlanError, path)
    if kind != "file":
        problem = "is a folder" if kind == "folder" else "does not exist"
        raise PlanError(f"{path} {problem}; give the file that augplug explain --json wrote")
    try:
        content = path.read_bytes()
        if len(content) > LIMIT:
            raise PlanError(
                f"{path} is larger than {LIMIT >> 20} MB: this is not a plan; give the file that explain --json wrote"
            )
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(
            f"{path} cannot be read as a plan ({error}); give the file that augplug explain --json wrote"
        ) from error
