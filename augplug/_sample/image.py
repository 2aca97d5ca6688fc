"""Images as users hand them in: checked, and as a canvas."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np

from augplug.errors import ImageError
from augplug.types import Canvas, Image

MAX_PIXELS = 1 << 28
"""The largest image, height times width, unless an Augmenter has another max_pixels."""
MAX_CHANNELS = 1024
"""The most channels of an image. Hyperspectral cameras have up to a few hundred; more is an axis out of place."""
FEW_CHANNELS = 15
"""Up to this many channels, the order of the axes is not looked at."""
DTYPES = ("uint8", "uint16", "float32", "float64")
_UINT8 = np.dtype(np.uint8)
_BITS: dict[int, tuple[type, int]] = {4: (np.uint32, 0x3F800000), 8: (np.uint64, 0x3FF0000000000000)}
"""The bits of 1 as an integer, and its type, by the bytes of a float."""
_SLACK = 1e-3
"""How far floats may leave 0..1: what other libraries' resampling overshoots. Whatever changes values clips it."""


def check_image(image: Any, max_pixels: int | None = None) -> Image:
    """Return the image as a C-contiguous array of native byte order.

    Raises ImageError that says what was given and what is taken: other kinds, dtypes and shapes, no pixels or more than
    `max_pixels` (MAX_PIXELS), channels that come first or are more than MAX_CHANNELS, floats that are NaN or outside
    0..1.
    """
    # pylint: disable-next=unidiomatic-typecheck  # a subclass may mean something else by indexing
    ready = type(image) is np.ndarray and image.dtype is _UINT8 and image.flags.c_contiguous
    checked: Image = image if ready else _as_array(image)
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    shape = checked.shape
    if len(shape) not in (2, 3) or 0 in shape or shape[0] * shape[1] > limit:
        raise ImageError(
            f"image of shape {shape}: an image is (H, W) or (H, W, C), from 1x1 to {limit} pixels (max_pixels=)"
        )
    if len(shape) == 3 and shape[2] > FEW_CHANNELS:
        check_channels(shape)
    if ready:
        return checked
    if checked.dtype.kind == "f":
        _check_floats(checked)
    return np.ascontiguousarray(checked)


def check_channels(shape: tuple[int, ...], batch: tuple[int, ...] = ()) -> None:
    """Refuse images whose channels come first, and those of more than MAX_CHANNELS channels. Raises ImageError.

    `shape` is `(H, W, C)`, `batch` the first axis of the array if it holds several. An array with 1, 3 or 4 rows and
    with more than 15 columns and channels is taken for `(C, H, W)`.
    """
    whole, images = (*batch, *shape), "images" if batch else "image"
    if shape[0] in (1, 3, 4) and shape[1] > FEW_CHANNELS and shape[2] > FEW_CHANNELS:
        raise ImageError(
            f"{images} of shape {whole}: the channels come last here, (H, W, C); give numpy.moveaxis({images}, "
            f"{len(batch)}, -1)"
        )
    if shape[2] > MAX_CHANNELS:
        raise ImageError(f"{images} of shape {whole}: an image is (H, W, C) with at most {MAX_CHANNELS:,} channels")


def _as_array(image: Any) -> Image:
    if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
        raise ImageError(f"an image is a numpy array, not {type(image).__name__}; use numpy.asarray(image)")
    if image.dtype.name not in DTYPES:
        raise ImageError(
            f"an image is uint8, uint16, or float32 or float64 in 0..1, not {image.dtype}; {_remedy(image.dtype)}"
        )
    return np.asarray(image, dtype=image.dtype.newbyteorder("="))


def _remedy(dtype: np.dtype[Any]) -> str:
    if dtype == np.bool_:
        return "a mask goes in as mask=, an image as image.astype(numpy.uint8) * 255"
    if dtype.kind in "iu":
        return "image.astype(numpy.uint8) if its values are 0..255"
    return "image.astype(numpy.float32) if its values are reals in 0..1"


def _check_floats(image: Image) -> None:
    # The bits of 0..1, taken as integers, are those from 0 to the bits of 1: one pass tells for most images.
    kind, one = _BITS[image.dtype.itemsize]
    if image.view(kind).max() <= one:
        return
    lowest, highest = float(image.min()), float(image.max())
    if not (lowest >= -_SLACK and highest <= 1 + _SLACK):  # NaN is in no range
        raise ImageError(
            f"a float image has values in 0..1, this one has {lowest:g} to {highest:g}; divide it by its largest "
            "possible value (255 for 8 bits), and replace NaN and Inf with numpy.nan_to_num"
        )


def canvas_of(image: Image) -> Canvas:
    """Return the canvas of an image; a grey image `(H, W)` has one channel."""
    return canvas_of_shape(image.shape)


@lru_cache(maxsize=1024)
def canvas_of_shape(shape: tuple[int, ...]) -> Canvas:
    """Return the canvas of images of a shape `(H, W)` or `(H, W, C)`."""
    return Canvas(shape[0], shape[1], shape[2] if len(shape) == 3 else 1)


def digest_of(image: Image) -> str:
    """Return the SHA-256 of an image's dtype, shape and values, as hexadecimal digits."""
    return hashlib.sha256(f"{image.dtype.name} {image.shape}\n".encode() + image.tobytes()).hexdigest()
