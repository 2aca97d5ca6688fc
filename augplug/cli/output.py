"""What commands share in saying and writing."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from augplug.data.images import Loaded, load_image
from augplug.disk import replace_file
from augplug.errors import SettingsError
from augplug.shown import hidden, paragraphs, shown
from augplug.streams import StreamError, tell

Made = TypeVar("Made", bound=Callable[..., Any])
LARGEST = 2**64 - 1


def echo(text: object) -> None:
    """Print a result; what a stranger wrote in it moves no cursor and hides nothing."""
    click.echo(paragraphs(text))


def point(text: object) -> None:
    """Print what also lies in files, or where it lies. The result is there whether this can be printed or not."""
    try:
        echo(text)
    except BrokenPipeError:  # the reader has read enough
        return
    except StreamError as error:
        say(f"{error}; no work stops because of it")


def say(text: str) -> None:
    """Tell the user something that is not a result."""
    tell(paragraphs(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as columns that line up; the last column is as wide as it is."""
    lines = [[shown(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    return "\n".join(
        "  ".join([cell.ljust(width) for cell, width in zip(line, widths, strict=False)] + [line[-1]]).rstrip()
        for line in lines
    )


def as_json(value: Any) -> str:
    """Return a value as JSON for a program to read, and for people who look at it."""
    written = json.dumps(value, indent=1, ensure_ascii=False)
    return "".join(json.dumps(char)[1:-1] if hidden(char) and char != "\n" else char for char in written)


def write(path: Path, content: bytes | str) -> None:
    """Write a file that the user asked for; SettingsError where that cannot be."""
    try:
        replace_file(path, content.encode() if isinstance(content, str) else content, durable=False)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}); give -o a path in a folder that exists"
        ) from error


def free(path: Path) -> Path:
    """Return the path, or where it exists the first of `name-2`, `name-3`, ... that does not."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def image_at(path: Path) -> Loaded:
    """Read an image and say what was converted."""
    loaded = load_image(path)
    for note in loaded.notes:
        say(f"{path}: {note}")
    return loaded


def go_on() -> str:
    """Return the command line that was typed, with --resume, for a user to copy."""
    typed = [str(part) for part in click.get_current_context().find_root().obj]
    return shlex.join(["augplug", *typed, *([] if "--resume" in typed else ["--resume"])])


def seed_option(function: Made) -> Made:
    """Add `--seed`."""
    return click.option(
        "--seed",
        type=click.IntRange(0, LARGEST),
        default=0,
        metavar="N",
        show_default=True,
        help="The same seed draws the same.",
    )(function)


def search_seed_option(function: Made) -> Made:
    """Add the `--seed` of a search."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**48 - 1),
        default=0,
        metavar="N",
        show_default=True,
        help="Decides the split and every draw.",
    )(function)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def json_option(function: Made) -> Made:
    """Add `--json`."""
    return click.option("--json", "json_", is_flag=True, help="Print JSON, for a program to read.")(function)


def out_option(text: str) -> Callable[[Made], Made]:
    """Return the option `-o`, explained by `text`."""
    return click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help=text)
