"""What a data set holds, and what a search of it may expect: everything that can be said before anything is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from augplug.data.archive import load_archive
from augplug.data.classes import Classes, classes_of
from augplug.data.equal import equal_images
from augplug.data.folder import deep_ones, read_headers, read_images, sizing_notes, sizing_of
from augplug.data.sets import PARTS, Labelled
from augplug.data.split import split
from augplug.data.tree import walk
from augplug.disk import kind_or
from augplug.errors import DataError
from augplug.types import Image

CHUNK = 64
"""Images whose values are counted at a time."""
CLOSE = 0.016
"""A standard error of a reward that 1,000 validation images stay below."""


@dataclass(frozen=True)
class Description:  # pylint: disable=too-many-instance-attributes  # a record of all that was found
    """What was found at a path; the numbers of images by class, part, format, kind of pixels, and size (width, height).

    `shape` is that of all images as a search sees them; `mean` and `std` of each channel, in 0..1, are of these.
    `equal` images are counted with those they equal. `split` is how many images a search trains on, chooses by and
    tests on. `unusable` names files, `notes` are what is left out or changed, `warnings` what weakens a search;
    `refused` is why there can be none.
    """

    images: int
    shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    kinds: Mapping[str, int]
    sizes: Sequence[tuple[int, int, int]]
    formats: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    equal: int = 0
    split: Mapping[str, int] = field(default_factory=dict)
    unusable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: str = ""


def describe(path: Path, *, size: int | None = None) -> Description:
    """Return what a folder of images, with classes or without, or an `.npz` file holds. Raises DataError if nothing."""
    if path.suffix.lower() == ".npz" and kind_or(DataError, path) == "file":
        return _archive(path)
    tree = walk(path)
    headers, unusable = read_headers(tree)
    deep = deep_ones(headers)
    usable = [image for image in tree.images if image in headers and image not in deep]
    notes = list(tree.notes())
    if not usable:
        reasons = [f"{image} ({why})" for image, why in {**unusable, **deep}.items()][:1] + notes
        raise DataError(
            f"{'; '.join([f'{path} holds no images that a search can use', *reasons])}; give another folder"
        )
    try:
        classes, refused = classes_of(tree), ""
    except DataError as error:
        classes, refused = Classes((), ()), str(error)
    chosen = [headers[image] for image in usable]
    sizing = sizing_of(chosen, size, None)
    notes += [*classes.notes, *sizing_notes(sizing, chosen)]
    x, damaged = read_images(tree, [(image, headers[image]) for image in usable], sizing, notes.append)
    usable = [image for image in usable if image not in damaged]
    found = _pixels(x)
    found = replace(
        found,
        images=len(usable),
        kinds=_counted(_kind(header.mode, deep=image in deep) for image, header in headers.items()),
        sizes=[(*pair, count) for pair, count in Counter(header.size for header in headers.values()).most_common()],
        formats=_counted(header.format for header in headers.values()),
        unusable=tuple(f"{image} ({why})" for image, why in sorted({**unusable, **deep, **damaged}.items())),
        notes=tuple(notes),
        refused=refused,
    )
    return found if refused else _searched(found, _labelled(x, usable, classes))


def _archive(path: Path) -> Description:
    notes: list[str] = []
    data = load_archive(path, notes.append)
    height, width = data.x.shape[1:3]
    found = replace(_pixels(data.x), sizes=[(width, height, len(data))], notes=tuple(notes), formats={"npz": 1})
    return _searched(found, data)


def _pixels(x: Image) -> Description:
    """What the pixels alone say; exact, from counts of values, in bounded memory."""
    channels = x.shape[3] if x.ndim == 4 else 1
    counts = np.zeros((channels, 256), dtype=np.int64)
    for start in range(0, len(x), CHUNK):
        rows = x[start : start + CHUNK].reshape(-1, channels)
        counts += np.stack([np.bincount(rows[:, channel], minlength=256) for channel in range(channels)])
    values, total = np.arange(256) / 255, counts.sum(axis=1)
    mean = counts @ values / total
    std = np.sqrt(np.maximum(counts @ values**2 / total - mean**2, 0))
    kind = "grey, 8-bit" if channels == 1 else "RGB, 8-bit"
    return Description(
        images=len(x),
        shape=x.shape[1:],
        mean=tuple(np.round(mean, 4).tolist()),
        std=tuple(np.round(std, 4).tolist()),
        kinds={kind: len(x)},
        sizes=[],
    )


def _labelled(x: Image, usable: Sequence[Path], classes: Classes) -> Labelled:
    place = {path: number for number, path in enumerate(usable)}
    items = [item for item in classes.items if item.path in place]
    labels = np.array([item.label for item in items], dtype=np.int64)
    parts = np.array([item.part for item in items], dtype=np.int64) if classes.parted else None
    return Labelled(x[[place[item.path] for item in items]], labels, classes.names, parts)


def _searched(found: Description, data: Labelled) -> Description:
    """Add what a search makes of the images, or why it refuses them."""
    counts = np.bincount(data.y, minlength=len(data.classes)).tolist()
    found = replace(
        found,
        classes=dict(zip(data.classes, counts, strict=True)),
        parts={} if data.parts is None else {PARTS[part]: int((data.parts == part).sum()) for part in range(3)},
        equal=sum(map(len, equal_images(data))),
    )
    try:
        parts = split(data, seed=0)
    except DataError as error:
        return replace(found, refused=str(error))
    known = 0.5 / np.sqrt(len(parts.valid[0]))
    warnings = parts.warnings
    if known > CLOSE:
        text = f"a reward is known to within {known:.3f} (one standard error, at most): closer policies look alike"
        warnings = (*warnings, text)
    names = ("train", "valid", "test")
    sizes = (len(parts.subsets[0]), len(parts.valid[0]), len(parts.test))
    return replace(found, split=dict(zip(names, sizes, strict=True)), warnings=warnings)


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _kind(mode: str, *, deep: bool) -> str:
    names = {"1": "black and white", "L": "grey", "LA": "grey with alpha", "P": "palette", "RGB": "RGB", "RGBA": "RGBA"}
    if mode.startswith("I;16"):
        return "grey, 16-bit"
    return f"{names.get(mode, mode)}, {16 if deep else 8}-bit"
