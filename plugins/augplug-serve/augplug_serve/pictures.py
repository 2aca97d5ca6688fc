"""The images of the playground: read once, shrunk once, with their masks and boxes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug_serve.handler import MAX_PIXELS

COLOURS = np.array(
    [[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [213, 94, 0], [240, 228, 66]],
    dtype=np.uint8,
)
"""Okabe and Ito's colours, which people see apart who do not see all colours; class after class, and again."""


@dataclass(frozen=True)
class Picture:
    """One image: its `path`, what an Augmenter takes, a mask `(H, W)` and boxes `(N, 4)`; `own` if they are its own.

    `shrunk` is the size, height and width, to which it was shrunk; None if it was not.
    """

    path: Path
    image: Any
    mask: Any
    boxes: Any
    own: bool
    shrunk: tuple[int, int] | None
    size: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Take the size."""
        object.__setattr__(self, "size", np.asarray(self.image).shape[:2])


def resize(size: tuple[int, int]) -> augplug.Augmenter:
    """Return what shrinks to a size, height and width."""
    return augplug.Augmenter(augplug.step("Resize", height=size[0], width=size[1], interpolation="area"))


def load(path: Path, side: int, masks: Path | None, boxes: dict[str, Any]) -> Picture:
    """Read an image, its mask from the folder `masks`, and its boxes; shrink it to `side` pixels at the longer side.

    Raises DataError for what cannot be read, and TargetError for boxes that are none.
    """
    loaded = augplug.decode_image(_content(path), max_pixels=MAX_PIXELS)
    height, width = loaded.pixels.shape[:2]
    mask = None if masks is None else _mask(masks, path, (height, width))
    rows = boxes.get(path.name)
    own = mask is not None or rows is not None
    sample: dict[str, Any] = {
        "image": loaded.image,
        "mask": _ellipse(height, width) if mask is None and not own else _or_zeros(mask, height, width),
        "boxes": augplug.Boxes(
            np.array(_middle(height, width) if not own else rows or []).reshape(-1, 4).astype(float)
        ),
    }
    scale = side / max(height, width)
    shrunk = None if scale >= 1 else (max(1, round(height * scale)), max(1, round(width * scale)))
    if shrunk is not None:
        sample = resize(shrunk)(**sample, index=0)
    return Picture(path, sample["image"], sample["mask"], sample["boxes"].array, own, shrunk)


def read_boxes(path: Path | None) -> dict[str, Any]:
    """Return boxes by the names of images: left, top, right, bottom in pixels. Raises DataError."""
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise augplug.DataError(f"{path} cannot be read: {error}") from error
    rows: list[Any] = [*found.values()] if isinstance(found, dict) else [None]
    if not all(isinstance(row, list) and all(isinstance(box, list) and len(box) == 4 for box in row) for row in rows):
        raise augplug.DataError(f'{path} is not {{"name.jpg": [[left, top, right, bottom], ...], ...}}')
    return dict(found)


def coloured(mask: augplug.Image) -> bytes:
    """Return a mask `(H, W)` as a PNG with a colour a class; class 0 is transparent."""
    classes = np.asarray(mask).astype(np.int64)
    rgba = np.zeros((*classes.shape, 4), dtype=np.uint8)
    rgba[..., :3] = COLOURS[(classes - 1) % len(COLOURS)]
    rgba[..., 3] = np.where(classes == 0, 0, 255)
    return augplug.encode_image(rgba)[0]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise augplug.DataError(f"{path} cannot be read ({error.strerror}); give the path of an image file") from error


def _mask(folder: Path, path: Path, size: tuple[int, int]) -> Any:
    found = sorted(folder.glob(f"{path.stem}.*")) if folder.is_dir() else []
    if len(found) != 1:
        return None
    pixels = augplug.decode_image(_content(found[0]), max_pixels=MAX_PIXELS).pixels
    classes = pixels if pixels.ndim == 2 else pixels[..., :3].max(axis=2)
    if classes.shape != size:
        raise augplug.DataError(f"the mask {found[0]} is of the size {classes.shape}, its image of {size}")
    return np.ascontiguousarray(classes)


def _or_zeros(mask: Any, height: int, width: int) -> Any:
    return np.zeros((height, width), np.uint8) if mask is None else mask


def _ellipse(height: int, width: int) -> Any:
    """Return a sample mask: an ellipse in the middle."""
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return ((2.2 * down) ** 2 + (2.2 * across) ** 2 <= 1).astype(np.uint8)


def _middle(height: int, width: int) -> list[list[float]]:
    """Return a sample box: the middle of the image."""
    return [[0.25 * width, 0.25 * height, 0.75 * width, 0.75 * height]]
