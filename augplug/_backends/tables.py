"""Tables of tones: how functions in 8-bit units become values of a dtype. Shared by the backends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._backends.kept import BytesCache
from augplug.effects import AdaptiveTone, Tone
from augplug.errors import ImageError, OperationError
from augplug.types import Fill, Histograms, Image, Values

Table = npt.NDArray[Any]
_UINT8 = np.dtype(np.uint8)


def levels(dtype: np.dtype[Any]) -> int:
    """Return how many values an integer dtype has: 256 or 65,536."""
    return 256 if dtype == np.uint8 else 65536


def to_units(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> Values:
    """Return values of `dtype` in 8-bit units: uint16 v / 257, floats 255 v."""
    if dtype == np.uint8:
        return values.astype(np.float64)
    return values / 257.0 if dtype == np.uint16 else values.astype(np.float64) * 255.0


def from_units(values: Values, dtype: np.dtype[Any]) -> Image:
    """Return 8-bit units clipped and as `dtype`: uint8 truncated, uint16 rounded to nearest, floats as they are."""
    clipped = np.minimum(np.maximum(values, 0.0), 255.0)
    if dtype == np.uint8:
        return clipped.astype(np.uint8)
    return np.rint(clipped * 257.0).astype(np.uint16) if dtype == np.uint16 else (clipped / 255.0).astype(dtype)


def fill_values(fill: Fill, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Image:
    """Return a fill of an effect (8-bit units) as values of `dtype`, `(C,)`, for an image of this shape; read-only.

    Raises ImageError if the fill is a tuple of another length than the number of channels.
    """
    channels = shape[2] if len(shape) == 3 else 1
    if isinstance(fill, tuple) and len(fill) != channels:
        raise ImageError(
            f"a fill of {len(fill)} numbers, {fill}, on an image of shape {shape}: give one number for all channels, "
            "or one for each"
        )
    return _fill_values(fill, channels, dtype)


@lru_cache(maxsize=1024)
def _fill_values(fill: Fill, channels: int, dtype: np.dtype[Any]) -> Image:
    values = from_units(np.broadcast_to(np.asarray(fill, dtype=np.float64), (channels,)), dtype)
    values.flags.writeable = False
    return values


def tone_table(tone: Tone, dtype: np.dtype[Any]) -> Table:
    """Return the table of a tone, and of those that fusing put after it, on uint8 or uint16: `(256,)` or `(65536,)`.

    Entry v is what value v becomes. The array is of that dtype, kept for the next call, and read-only.
    """
    return _byte_table(tone) if dtype == _UINT8 else _word_table(tone)


def tone_result(tone: Tone | AdaptiveTone, values: Values) -> Values:
    """Return what a tone's function makes of values in 8-bit units. Raises OperationError for another shape."""
    made: Values = tone.function(values, *tone.arguments)
    if np.shape(made) != values.shape:
        raise OperationError(
            f"{tone.function.__qualname__} made {type(made).__name__} of shape {np.shape(made)} of values of shape "
            f"{values.shape}; the function of a Tone gives an array with one value for each, whatever the others are"
        )
    return made


def tone_values(tone: Tone, values: npt.NDArray[Any]) -> Table:
    """Return integer values after a tone, and after those that fusing put after it: what its table says of each."""
    made = from_units(tone_result(tone, to_units(values, values.dtype)), values.dtype)
    for then in tone.after:
        made = tone_values(then, made)
    return made


@lru_cache(maxsize=4096)
def _byte_table(tone: Tone) -> Table:
    return _new_table(tone, _UINT8)


def _new_table(tone: Tone, dtype: np.dtype[Any]) -> Table:
    table = from_units(tone_result(tone, _every(dtype).copy()), dtype)
    for then in tone.after:
        table = tone_table(then, dtype)[table]
    table.flags.writeable = False
    return table


@lru_cache(maxsize=2)
def _every(dtype: np.dtype[Any]) -> Values:
    """Return all values of an integer dtype in 8-bit units."""
    return to_units(np.arange(levels(dtype), dtype=dtype), dtype)


_word_table = BytesCache(lambda tone: _new_table(tone, np.dtype(np.uint16)), 1 << 23)
"""Of 128 kB each: a tone with a continuous number is asked for once, one that recurs stays."""


def run_table(run: Sequence[Tone | AdaptiveTone], counts: Histograms, dtype: np.dtype[Any]) -> Table:
    """Return the tables `(C, L)` of a run of tones on an image whose histograms are `counts`, `(C, L)`.

    A later histogram is the first one pushed forward through the table so far, exactly.
    """
    table: Table | None = None
    for effect in run:
        if isinstance(effect, Tone):
            own = tone_table(effect, dtype)
            table = np.broadcast_to(own, counts.shape) if table is None else own[table]
        else:
            own = statistic_table(effect, counts if table is None else push(counts, table), dtype)
            table = own if table is None else np.take_along_axis(own, table.astype(np.intp), axis=1)
    return np.broadcast_to(np.arange(levels(dtype), dtype=dtype), counts.shape) if table is None else table


def push(counts: Histograms, table: Table) -> Histograms:
    """Return the histograms of an image after `table`, from those before it; both `(C, L)`."""
    channels, every = counts.shape
    places = table + every * np.arange(channels)[:, None]
    # Sums of integers below 2**53 are exact in float64.
    pushed = np.bincount(places.ravel(), weights=counts.ravel(), minlength=counts.size)
    return pushed.astype(np.int64).reshape(counts.shape)


def statistic_table(effect: AdaptiveTone, counts: Histograms, dtype: np.dtype[Any]) -> Table:
    """Return the tables `(C, L)` of a single AdaptiveTone (histogram or extremes)."""
    last = levels(dtype) - 1
    if effect.statistic == "histogram":
        table: Table = effect.function(counts, *effect.arguments).astype(dtype)
        return table
    used = counts > 0
    lowest, highest = used.argmax(axis=1), last - used[:, ::-1].argmax(axis=1)
    ends = to_units(np.stack([lowest, highest]), dtype)[..., None]
    return from_units(effect.function(_every(dtype).copy(), *ends, *effect.arguments), dtype)


def blend8(base: Image, image: Image, factor: float) -> Image:
    """Return uint8 base + factor (image - base): float32 and truncated, as Pillow's Blend.c."""
    if factor in (0, 1):
        return (base if factor == 0 else image).copy()
    low, mixed = base.astype(np.float32), image.astype(np.float32)
    mixed -= low
    mixed *= np.float32(factor)
    mixed += low
    return np.clip(mixed, 0, 255, out=mixed).astype(np.uint8)


GREY = (19595, 38470, 7471)
"""Pillow's weights of red, green and blue, in 1/65536."""
