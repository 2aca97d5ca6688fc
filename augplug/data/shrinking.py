"""One image file -> a small image for a search, in bounded memory: a photograph is never kept whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from augplug.data.images import DEEP, left_to_turn, opening, several_pictures, turned
from augplug.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

GREY = ("1", "L", "LA", "La")
GAP = 2.0
"""A JPEG file is decoded at 1/8, 1/4 or 1/2 of its size if that is at least this many times what is asked for."""
EARLY = frozenset({"exif", "Raw profile type exif", "xmp"})
"""Where an orientation stands in a PNG file."""


@dataclass(frozen=True)
class Header:
    """What the beginning of a file says: upright `size` (width, height), Pillow's `mode` and `format`.

    `deep`: it has more than 8 bits a channel. A search sees 8, and Pillow cuts 16-bit colour to 8 without a word.
    """

    size: tuple[int, int]
    mode: str
    format: str
    deep: bool = False

    @property
    def grey(self) -> bool:
        """True if the image has no colours."""
        return self.mode in GREY


def read_header(path: Path) -> Header:
    """Return the header of an image file. Raises DataError for any other, and for a PNG with a wrong checksum."""
    with opening(path) as opened:
        stored = " ".join(str(tile[3]) for tile in getattr(opened, "tile", ()))
        deep = opened.mode in DEEP or ";16" in stored
        # Of a PNG Pillow reads all pixels to look for EXIF data behind them, where hardly any file has them.
        early = opened.format != "PNG" or not EARLY.isdisjoint(opened.info)
        across = early and left_to_turn(opened) > 4
        return Header(opened.size[::-1] if across else opened.size, opened.mode, opened.format or "", deep)


def read_small(path: Path, size: tuple[int, int]) -> tuple[Image, tuple[str, ...]]:
    """Return the first picture of a file, upright, at `size` (width, height), and notes on what a search does not see.

    It is grey `(H, W)` or RGB `(H, W, 3)`, uint8. Raises DataError if it cannot be used.
    """
    from PIL.Image import Resampling  # because importing augplug must stay quick

    with opening(path) as opened:
        notes = several_pictures(opened)
        orientation = left_to_turn(opened)
        stored = size if orientation <= 4 else size[::-1]
        if stored != opened.size:
            opened.draft(None, (int(stored[0] * GAP), int(stored[1] * GAP)))
        opened.load()
        if opened.has_transparency_data:
            notes = (*notes, "transparency is dropped, and with it a shape that only transparency shows")
        picture: Picture = opened.convert("L" if opened.mode in GREY else "RGB")
        if picture.size != stored:
            picture = picture.resize(stored, Resampling.LANCZOS, reducing_gap=GAP)
        return np.asarray(turned(picture, orientation)), notes


def fitted(size: tuple[int, int], longer: int) -> tuple[int, int]:
    """Return width and height in the same aspect, where the longer side has `longer` pixels."""
    scale = longer / max(size)
    width, height = (max(1, round(side * scale)) for side in size)
    return width, height


def padded_to(image: Image, shape: tuple[int, int]) -> Image:
    """Return an image in the middle of `(H, W)`, with its edge pixels repeated around it: black bars would be edges."""
    missing = [side - own for side, own in zip(shape, image.shape[:2], strict=True)]
    if not any(missing):
        return image
    pads = [(total // 2, total - total // 2) for total in missing]
    return np.pad(image, [*pads, *[(0, 0)] * (image.ndim - 2)], mode="edge")
