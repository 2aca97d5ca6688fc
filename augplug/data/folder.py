"""A folder of image files -> labelled images of one size."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from augplug.data.classes import Item, classes_of
from augplug.data.sets import Labelled
from augplug.data.shrinking import Header, fitted, padded_to, read_header, read_small
from augplug.data.tree import Tree, some, walk
from augplug.errors import DataError, SettingsError
from augplug.types import Image

SIZE = 96
"""The longer side in pixels at which a search sees images if nothing is said (measured: docs/design/files.md)."""
SIDES = (4, 1024)
"""Sides in pixels that may be asked for."""
LIMIT = 2 << 30
"""Most bytes of pixels that are read into memory."""
SHOWN = 10
"""Bad files that the message names one by one."""
THREADS = 4
"""Files that are decoded at the same time, at most: each may need memory for a whole photograph."""
Note = Callable[[str], None]
Made = TypeVar("Made")
Bad = dict[Path, str]
"""Files that cannot be used, and why."""


@dataclass(frozen=True)
class Sizing:
    """The `shape` (H, W) of all; each image has a longer side of `longer` pixels, or its own, or is made `square`."""

    shape: tuple[int, int]
    longer: int | None = None
    square: bool = False

    def size(self, header: Header) -> tuple[int, int]:
        """Return width and height of one image."""
        if self.square:
            return self.shape[::-1]
        return header.size if self.longer is None else fitted(header.size, self.longer)


def load_folder(
    folder: Path, *, size: int | None = None, resize: int | None = None, skip_bad: bool = False, note: Note
) -> Labelled:
    """Return the images of a folder with one folder a class, or with folders train, valid and test of those, in order.

    EXIF orientation is applied; palettes and CMYK become RGB; transparency is dropped. If every file is grey the images
    are `(N, H, W)`, else `(N, H, W, 3)`. Images are shrunk to a longer side of `size` pixels, those of unequal sizes so
    that all have the same longer side, and laid in the middle of the smallest shape that holds each, with their edge
    pixels around them; or squeezed to a square of `resize`. `note` is called with each sentence for the user. Every
    file that cannot be used is named in one DataError, or left out with `skip_bad`. DataError also for what
    `classes_of` refuses.
    """
    for option, side in (("--size", size), ("--resize", resize)):
        if side is not None and not SIDES[0] <= side <= SIDES[1]:
            raise SettingsError(f"{option} takes pixels in {SIDES[0]}..{SIDES[1]}, not {side}")
    if size is not None and resize is not None:
        raise SettingsError("--size keeps the aspect, --resize makes squares; give one of them")
    tree = walk(folder)
    classes = classes_of(tree)
    for text in (*tree.notes(), *classes.notes):
        note(text)
    headers, bad = read_headers(tree)
    bad |= deep_ones(headers)
    files = [(item.path, headers[item.path]) for item in classes.items if item.path not in bad]
    x: Image = np.empty((0, 0, 0), dtype=np.uint8)
    if files:
        sizing = sizing_of([header for _, header in files], size, resize)
        for text in sizing_notes(sizing, [header for _, header in files]):
            note(text)
        x, damaged = read_images(tree, files, sizing, note)
        bad |= damaged
    refuse_bad(folder, bad, skip_bad=skip_bad, note=note)
    items = [item for item in classes.items if item.path not in bad]
    _check_all(folder, classes.names, items)
    labels = np.array([item.label for item in items], dtype=np.int64)
    parts = np.array([item.part for item in items], dtype=np.int64) if classes.parted else None
    return Labelled(x, labels, classes.names, parts)


def read_headers(tree: Tree) -> tuple[dict[Path, Header], Bad]:
    """Return the headers of the images below a folder, and the files that cannot be read."""
    headers: dict[Path, Header] = {}
    bad: Bad = {}
    for path, made in zip(
        tree.images, in_threads(lambda path: read_header(tree.root / path), tree.images), strict=True
    ):
        if isinstance(made, Header):
            headers[path] = made
        else:
            bad[path] = reason(made, tree.root / path)
    return headers, bad


def deep_ones(headers: Mapping[Path, Header]) -> Bad:
    """Return the files that have more bits than a search takes."""
    why = "has 16 or more bits a channel, a search takes 8-bit files"
    return {path: why for path, header in headers.items() if header.deep}


def in_threads(function: Callable[[Path], Made], paths: Iterable[Path]) -> Iterable[Made | DataError]:
    """Yield what a function makes of each path, or the DataError that it raises, in order."""

    def attempt(path: Path) -> Made | DataError:
        try:
            return function(path)
        except DataError as error:
            return error

    pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1))
    try:
        yield from pool.map(attempt, paths)
    finally:
        pool.shutdown(cancel_futures=True)


def reason(error: DataError, path: Path) -> str:
    """Return what is wrong with a file, from an error that names it and says what to do."""
    return str(error).removeprefix(f"{path} ").partition("; ")[0]


def refuse_bad(folder: Path, bad: Bad, *, skip_bad: bool, note: Note) -> None:
    """Name the files that cannot be used, in an error or in a note."""
    if not bad:
        return
    listed = "; ".join(f"{path} ({why})" for path, why in list(bad.items())[:SHOWN])
    listed += f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
    if not skip_bad:
        raise DataError(
            f"{folder}: {len(bad)} files cannot be used: {listed}. Mend or remove them, or leave them out with "
            "--skip-bad"
        )
    note(f"left out {len(bad)} files that cannot be used: {listed}")


def sizing_of(headers: Sequence[Header], size: int | None, resize: int | None) -> Sizing:
    """Return at which size images with these headers are read."""
    if resize is not None:
        return Sizing((resize, resize), square=True)
    longest = max(max(header.size) for header in headers)
    longer = min(size or SIZE, longest)
    equal = len({header.size for header in headers}) == 1
    keep = equal and longer == longest
    sizes = [header.size if keep else fitted(header.size, longer) for header in headers]
    shape = max(height for _, height in sizes), max(width for width, _ in sizes)
    return Sizing(shape, None if keep else longer)


def sizing_notes(sizing: Sizing, headers: Sequence[Header]) -> tuple[str, ...]:
    """Say what becomes of the images' sizes."""
    sizes = Counter(header.size for header in headers)
    height, width = sizing.shape
    if sizing.longer is None or (sizing.square and len(sizes) == 1):
        return ()
    told = ", ".join(f"{w}x{h} ({count:,})" for (w, h), count in sizes.most_common(3))
    more = f", and {len(sizes) - 3} more sizes" if len(sizes) > 3 else ""
    around = "" if len(sizes) == 1 else ", in the middle of it, with their edge pixels around them"
    text = (
        f"images of {told}{more}: seen by the search at {width}x{height}, their longer side {sizing.longer}, their "
        f"aspect kept{around}; --size PX chooses another size"
    )
    return (text,)


def _check_all(folder: Path, names: Sequence[str], items: Sequence[Item]) -> None:
    counts = Counter(item.label for item in items)
    for number, name in enumerate(names):
        if not counts[number]:
            raise DataError(
                f"{folder / name} holds no usable image; every class needs some: fill it or remove the folder"
            )


def read_images(tree: Tree, files: Sequence[tuple[Path, Header]], sizing: Sizing, note: Note) -> tuple[Image, Bad]:
    """Return the images that can be read, in one array, and the files that cannot."""
    colour = not all(header.grey for _, header in files)
    shape = (len(files), *sizing.shape, *([3] if colour else []))
    if np.prod(shape, dtype=np.float64) > LIMIT:
        raise DataError(
            f"{tree.root}: the images would fill more than {LIMIT >> 20} MB of memory; make them smaller with --size PX"
        )
    x = np.empty(shape, dtype=np.uint8)
    sizes = {path: sizing.size(header) for path, header in files}
    said: defaultdict[str, list[Path]] = defaultdict(list)
    bad: Bad = {}
    read = in_threads(lambda path: read_small(tree.root / path, sizes[path]), [path for path, _ in files])
    filled = 0
    for (path, _), made in zip(files, read, strict=True):
        if isinstance(made, DataError):
            bad[path] = reason(made, tree.root / path)
            continue
        image, notes = made
        row = padded_to(image, sizing.shape)
        x[filled] = row[..., None] if colour and row.ndim == 2 else row
        filled += 1
        for text in notes:
            said[text].append(path)
    for text, paths in said.items():
        note(f"{len(paths)} files: {text} ({some(paths)})")
    return x[:filled], bad
