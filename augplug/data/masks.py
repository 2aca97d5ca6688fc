"""One mask file, in and out: its integers and its palette stay what they are."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from augplug.data.images import DEEP, Loaded, left_to_turn, opening, orientation_of, turned
from augplug.errors import DataError
from augplug.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_KINDS = ("1", "L", "P", "RGB")


@dataclass(frozen=True)
class Mask:
    """A mask file: `pixels`, `(H, W)` uint8 or uint16, or `(H, W, 3)` uint8, and `palette`, three bytes an index."""

    pixels: Image
    palette: bytes | None = None
    notes: tuple[str, ...] = ()


def load_mask(path: Path, image: Loaded) -> Mask:
    """Return the mask of an image: class indices as they are stored, never converted; one bit becomes 0 and 1.

    A mask is turned by its own EXIF orientation; one that has none lies on the pixels as they are stored, and is turned
    as its image was, with a note. Raises DataError where it cannot be read, holds anything but 1, 8 or 16 bits, a
    palette or RGB, or is not of the image's size.
    """
    with opening(path) as opened:
        stored = " ".join(str(tile[3]) for tile in getattr(opened, "tile", ()))
        if opened.mode not in (*_KINDS, *DEEP) or (";16" in stored and opened.mode not in DEEP):
            raise DataError(
                f"{path} holds {stored or opened.mode} pixels; a mask is grey (1, 8 or 16 bits), of a palette, or RGB "
                "(8 bits a channel): convert it"
            )
        own = orientation_of(opened)
        raw = opened.palette
        palette = bytes(opened.getpalette("RGB") or ()) if opened.mode == "P" and raw is not None else None
        pixels = _integers(turned(opened, left_to_turn(opened) if own > 1 else image.orientation))
    if pixels.shape[:2] != image.pixels.shape[:2]:
        sizes = [f"{one.shape[1]}x{one.shape[0]}" for one in (pixels, image.pixels)]
        raise DataError(f"the mask {path} is {sizes[0]}, its image {sizes[1]}; give a mask of the image's size")
    is_turned = own == 1 < image.orientation
    notes = (f"turned as its image, by EXIF orientation {image.orientation}",) if is_turned else ()
    return Mask(pixels, palette, notes)


def encode_mask(pixels: npt.NDArray[np.generic], palette: bytes | None) -> bytes:
    """Return the bytes of a PNG file of these integers, with the palette if there is one."""
    from PIL import Image as Pillow  # here and below, because importing augplug must stay quick

    picture = Pillow.fromarray(np.ascontiguousarray(pixels))
    if palette is not None:
        # Pillow takes the bits a pixel from the length of the palette: every index needs an entry.
        picture.putpalette(palette.ljust(3 * (int(pixels.max()) + 1), b"\0"))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _integers(picture: Picture) -> Image:
    array = np.asarray(picture)
    return array.astype(np.uint16 if picture.mode in DEEP else np.uint8)
