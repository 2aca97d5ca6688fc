"""`augplug data`: what a data set holds, before anything is spent on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from augplug.cli.group import Group
from augplug.cli.output import as_json, echo, json_option, say
from augplug.data.describing import Description, describe

SHOWN = 12
"""How many classes, formats and sizes are named one by one."""


@click.group(cls=Group)
def command() -> None:
    """Look at data sets."""


@command.command("describe")
@click.argument("path", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(4, 1024), metavar="PX", help="As for augplug search.  [default: 96]")
@json_option
def describe_command(path: Path, size: int | None, json_: bool) -> None:
    """Print what DIR holds and what a search of it may expect; DIR is what `search` and `apply` take, or an .npz file.

    Sizes, kinds of pixels, formats and classes; mean and standard deviation of each channel in 0..1, of the images as a
    search sees them; equal images; files that cannot be used, and what is left out. DIR is only read.
    """
    say(f"reading {path}")
    found = describe(path, size=size)
    if json_:
        echo(as_json(asdict(found)))
        return
    for name, text in _lines(found):
        echo(f"{name:9} {text}")


def _lines(found: Description) -> list[tuple[str, str]]:
    height, width, *channels = found.shape
    seen = f"{width}x{height}, {'RGB' if channels else 'grey'}, uint8"
    sizes = {f"{wide}x{high}": count for wide, high, count in found.sizes}
    lines = [
        ("images", f"{found.images:,}"),
        ("classes", f"{len(found.classes):,}: {_counts(found.classes)}" if found.classes else "none"),
        ("parts", _counts(found.parts)),
        ("formats", _counts(found.formats)),
        ("pixels", _counts(found.kinds)),
        ("sizes", _counts(sizes)),
        ("seen as", seen),
        ("mean", ", ".join(f"{value:.4f}" for value in found.mean)),
        ("std", ", ".join(f"{value:.4f}" for value in found.std)),
        ("equal", f"{found.equal} images are equal to another one" if found.equal else ""),
    ]
    if found.split:
        train, valid, test = found.split.values()
        lines.append(("search", f"{train:,} images to train on, {valid:,} to choose by, {test:,} to test on"))
    lines += [("unusable", text) for text in found.unusable]
    lines += [("note", text) for text in found.notes]
    lines += [("warning", text) for text in found.warnings]
    lines += [("search", f"not possible: {found.refused}")] if found.refused else []
    return [(name, text) for name, text in lines if text]


def _counts(counted: Mapping[str, int]) -> str:
    told = [f"{name} {count:,}" for name, count in list(counted.items())[:SHOWN]]
    return ", ".join(told) + (f", and {len(counted) - SHOWN} more" if len(counted) > SHOWN else "")
