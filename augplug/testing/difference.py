"""Two images that should be the same: what differs in words, and as a picture beside both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from augplug.errors import ImageError
from augplug.report.sheet import contact_sheet, png
from augplug.types import Image

TILE = 256
"""The longest side of an image in the picture, in pixels."""


def assert_same_pixels(
    made: npt.ArrayLike, expected: npt.ArrayLike, *, tolerance: float = 0.0, folder: Path | None = None
) -> None:
    """Raise AssertionError unless two images have the same dtype, shape and, up to `tolerance`, values.

    The message counts the pixels that differ and names the first. With a `folder`, a picture of both images and of
    their difference is written there, and the message names it. In pytest the fixture of this name gives the folder.
    Raises ImageError for what is not an image.
    """
    __tracebackhide__ = True  # pylint: disable=unused-variable  # pytest reads it, and shows the line of the test
    one, other = np.asarray(made), np.asarray(expected)
    for image in (one, other):
        if image.ndim not in (2, 3) or not image.size:
            raise ImageError(f"an image is (height, width) or (height, width, channels), not {image.shape}")
    told = difference(one, other, tolerance)
    if told and folder is not None:
        told += f"; {pictured(one, other, folder)}"
    if told:
        raise AssertionError(told)


def difference(made: Image, expected: Image, tolerance: float = 0.0) -> str:
    """Return how two images differ, in words; empty if they do not."""
    if (made.dtype, made.shape) != (expected.dtype, expected.shape):
        return f"it is {made.dtype} {made.shape}, not {expected.dtype} {expected.shape}"
    apart = _apart(made, expected)
    wrong = (apart > tolerance).reshape(*made.shape[:2], -1).any(axis=-1)
    if not wrong.any():
        return ""
    row, column = (int(found[0]) for found in np.nonzero(wrong))
    return (
        f"{wrong.sum()} of {wrong.size} pixels differ, by {apart.max():g} at most; the first is in row {row}, column "
        f"{column}: {made[row, column]}, not {expected[row, column]}"
    )


def pictured(made: Image, expected: Image, folder: Path) -> str:
    """Write both images and their difference into a folder; return where they are, as the end of a message."""
    panels, captions = [_eight(made), _eight(expected)], ["made", "expected"]
    if made.shape == expected.shape:
        apart = _apart(made, expected).reshape(*made.shape[:2], -1).max(axis=-1)
        finite = np.nan_to_num(apart, posinf=0.0)
        panels.append((finite * (255 / (finite.max() or 1))).astype(np.uint8))
        captions.append(f"difference, white is {finite.max():g}")
    names = ("difference.png", *(f"difference-{number}.png" for number in range(2, 1000)))
    place = next((folder / name for name in names if not (folder / name).exists()), folder / names[-1])
    place.write_bytes(png(contact_sheet(panels, captions, 3, tile=TILE)))
    return f"both and their difference are in {place}"


def _apart(made: Image, expected: Image) -> npt.NDArray[np.float64]:
    """Return how far values are apart; infinitely where one of them is not a number, and the other is."""
    one, other = made.astype(np.float64), expected.astype(np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(same, 0.0, np.nan_to_num(np.abs(np.where(same, 0.0, one) - other), nan=np.inf))


def _eight(image: Image) -> npt.NDArray[np.uint8]:
    """Return an image of any dtype as 8 bits; of more than four channels the first."""
    scale = {"f": 255.0, "b": 255.0}.get(image.dtype.kind, 1 / 257 if image.dtype == np.uint16 else 1.0)
    shown = image if image.ndim == 2 or image.shape[2] <= 4 else image[..., 0]
    return np.clip(np.rint(np.nan_to_num(shown.astype(np.float64)) * scale), 0, 255).astype(np.uint8)
