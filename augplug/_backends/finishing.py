"""The last step: normalised float32 in the layout that was asked for. Shared by the backends.

An integer image is looked up in one table a channel: that of the tones before, then that of the normalisation. So
normalising costs one pass whether a Tone stands before it or not, and gives the same bits as two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._backends.base import Backend, Finish, ImageFunction
from augplug._backends.tables import Table, levels, tone_table
from augplug._sample.output import Layout, Output
from augplug.effects import AdaptiveTone, Tone
from augplug.errors import ImageError
from augplug.types import Image

Reals = npt.NDArray[np.float32]


Up: TypeAlias = Callable[[Image, Reals, Layout, Image | None], Image]
"""Takes an integer image, tables `(C, L)` of float32, a layout and `out`; returns the image through its tables."""


def finish(
    output: Output,
    last: Tone | AdaptiveTone | None,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    backend: Backend,
    up: Up,
) -> Finish:
    """Return the kernel of the last step, and of `last` before it."""
    if dtype.kind == "f" or isinstance(last, AdaptiveTone):
        # A tone that looks at the image is rendered first: a second pass by bytes costs less than one more way to look.
        then = _alone(output, shape, dtype, up)
        return then if last is None else _chained(backend.prepare(last, shape, dtype), then)
    normal = _table(output, shape, dtype)
    table = normal if last is None else _through(tone_table(last, dtype), normal)
    return lambda image, out=None: up(image, table, output.layout, out)


def _alone(output: Output, shape: tuple[int, ...], dtype: np.dtype[Any], up: Up) -> Finish:
    table = _table(output, shape, dtype)  # of floats too: a wrong number of channels is refused here
    if dtype.kind == "f":
        return partial(_arithmetic, output=output)
    return lambda image, out=None: up(image, table, output.layout, out)


def _chained(first: ImageFunction, then: Finish) -> Finish:
    return lambda image, out=None: then(first(image), out)


def _table(output: Output, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Reals:
    """Return every value of an integer dtype normalised, a row a channel: `(C, L)`."""
    every = np.arange(levels(dtype)) / (levels(dtype) - 1)
    mean, std = (_column(name, getattr(output, name), shape) for name in ("mean", "std"))
    return np.asarray((every - mean) / std, dtype=np.float32)


def check_output(output: Output, shape: tuple[int, ...]) -> None:
    """Raise ImageError unless an Output takes images of this shape."""
    _column("mean", output.mean, shape)
    _column("std", output.std, shape)


def _column(name: str, numbers: float | tuple[float, ...], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    channels = shape[2] if len(shape) == 3 else 1
    row = np.atleast_1d(np.asarray(numbers, dtype=np.float64))
    if len(row) not in (1, channels):
        raise ImageError(
            f"Output({name}={numbers}) holds {len(row)} numbers, and the image that leaves has shape {shape}: give "
            f"one number for all channels, or one for each ({channels})"
        )
    return np.broadcast_to(row, (channels,))[:, None]


def _through(table: Table, normal: Reals) -> Reals:
    return np.take_along_axis(normal, np.broadcast_to(table, normal.shape).astype(np.intp), axis=1)


def _arithmetic(image: Image, out: Image | None = None, *, output: Output) -> Image:
    channels = image.astype(np.float64) - np.asarray(output.mean)
    channels /= np.asarray(output.std)
    return to_layout(channels.astype(np.float32), output.layout, out)


def to_layout(image: Image, layout: Layout, out: Image | None) -> Image:
    """Return an image `(H, W)` or `(H, W, C)` in a layout, C-contiguous; in `out` where that fits."""
    if layout == "CHW":
        image = image[None] if image.ndim == 2 else np.moveaxis(image, 2, 0)
    if out is None or out.shape != image.shape:
        return np.ascontiguousarray(image)
    out[...] = image
    return out


def output_buffer(out: Image | None, shape: tuple[int, ...]) -> Image:
    """Return where a result of that shape goes: `out` if it fits, else a new array."""
    return out if out is not None and out.shape == shape else np.empty(shape, np.float32)
