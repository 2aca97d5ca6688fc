"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from augplug.streams import tell

LINES = 10
"""Plain lines in all."""
SILENT = 2.0
"""Seconds without a line: what ends within them needs none."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of `total` is done; the block gets a function that takes the number of what is done so far."""
    if sys.stderr.isatty():
        with _bar(what, total) as show:
            yield show
    else:
        yield _lines(what, total)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console  # a tenth of a second
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total)

        def show(done: int) -> None:
            shown.update(task, completed=done)

        yield show


def _lines(what: str, total: int) -> Callable[[int], None]:
    told, start = 0, time.monotonic()

    def show(done: int) -> None:
        nonlocal told
        part = done * LINES // max(total, 1)
        if part > told and time.monotonic() - start > SILENT:
            told = part
            tell(f"{what}: {done} of {total}")

    return show
