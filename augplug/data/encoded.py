"""Image files in memory: pixels as the bytes of a file, as `augplug apply` writes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from augplug.data.formats import ALSO, MODES
from augplug.data.images import QUALITY, Loaded, encode
from augplug.errors import DataError, SettingsError, suggest
from augplug.ranges import natural


def encode_image(
    pixels: Any,
    like: Loaded | None = None,
    *,
    format: str | None = None,  # noqa: A002  # the word that boxes and Pillow use
    quality: int = QUALITY,
) -> tuple[bytes, str]:
    """Return the bytes of an image file, and the name of its format: what `augplug apply` writes.

    `pixels` are `(H, W)` or `(H, W, C)`, uint8, or uint16 of one channel, or a PIL image. `like` is what `decode_image`
    returned for the image they were made from: its metadata are kept. `format` is AVIF, BMP, JPEG, PNG, TIFF, WEBP or
    another; without it that of `like` is written, PNG for what is not written, such as GIF. `quality` (1..100) is for
    AVIF, JPEG and WEBP. Raises SettingsError, or DataError for pixels that the format does not hold.
    """
    read = "PNG" if like is None else ALSO.get(like.format, like.format)
    name = (read if read in MODES else "PNG") if format is None else format.upper()
    if name not in MODES:
        raise SettingsError(f"there is no format {format!r} to write{suggest(name, MODES)}; one of {', '.join(MODES)}")
    if not 1 <= natural("quality", quality) <= 100:
        raise SettingsError(f"quality is 1..100, not {quality}")
    array = np.asarray(pixels)
    if array.dtype not in (np.uint8, np.uint16) or array.ndim not in (2, 3) or not array.size:
        raise DataError(
            f"an image file holds uint8 pixels (H, W) or (H, W, C), or uint16 of one channel, not {array.dtype} of "
            f"shape {array.shape}; convert them"
        )
    content, _ = encode(array, name, quality=quality, metadata=None if like is None else like.metadata)
    return content, name
