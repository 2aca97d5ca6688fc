"""The OpenCV backend (4.x and 5.x): the fast one.

Tones, colour and Sharpness are bit-identical to the reference; warps agree within the tolerances of
docs/design/backends.md. What OpenCV does not do better goes to the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from augplug._backends import finishing, reference
from augplug._backends.base import Backend, Kernel
from augplug._backends.opencv_blend import blend
from augplug._backends.opencv_filters import filter_
from augplug._backends.opencv_noise import add_noise
from augplug._backends.opencv_paint import paint
from augplug._backends.opencv_warps import warp
from augplug._backends.tables import GREY, Table, blend8, run_of, run_table, tone_table
from augplug.effects import Blend, ColorMix, Effect, Filter, Noise, Paint, Tone, ToneFrom, Warp
from augplug.outputs import Layout, Output
from augplug.types import Counts, Image

Run: TypeAlias = tuple[Tone | ToneFrom, ...]
_GREY = np.array([[*GREY, 32768]], dtype=np.float32) / np.float32(65536)
_EVERY = np.arange(256, dtype=np.uint8)
_NUDGE = 2.0**-13
_ADD: Any = cv2.add  # the stubs do not know that it takes a scalar
_UINT8 = np.dtype(np.uint8)
_NEGATIVE = np.arange(255, -1, -1, dtype=np.uint8)
_APART = (0.0, 256.0, 512.0, 768.0)
_EXACT_COUNT = 1 << 24
"""OpenCV counts histograms in float32, which is exact up to this many pixels."""
_PLANES_FROM = 1 << 17
"""From so many pixels on, splitting an image pays: OpenCV looks single planes up in half the time."""
_PUSH_FROM = 1 << 13
"""From so many pixels on, pushing a histogram through a table is quicker than a second look at the image."""


class OpenCV(Backend):
    """OpenCV where it is faster, the reference elsewhere."""

    name = "opencv"

    def __init__(self) -> None:
        """Prepare what falls to the reference."""
        self._reference = reference.Reference()

    def version(self) -> str:
        """Return OpenCV's version."""
        return f"opencv {cv2.__version__}"

    def prepare(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Kernel:
        """Return OpenCV's kernel for uint8 images of up to 4 channels, else the reference's."""
        if isinstance(effect, Blend):
            if dtype == np.uint8:
                return blend(effect, shape, self.prepare)
            return partial(reference.blend, effect=effect, backend=self)
        make = _MAKE.get(type(effect))
        plain = shape[:2] if shape[2:] == (1,) else shape
        kernel = None
        if make is not None and dtype == np.uint8 and len(plain) * max(plain[2:], default=1) <= 12:
            kernel = make(effect, plain)
        if kernel is None:
            return self._reference.prepare(effect, shape, dtype)
        return kernel if plain == shape else partial(_one_channel, kernel=kernel)

    def finish(
        self, output: Output, last: Tone | ToneFrom | None, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Kernel:
        """Return the last step: on uint8 images OpenCV looks up the table."""
        channels = shape[2] if len(shape) == 3 else 1
        if dtype != np.uint8:
            return finishing.finish(output, last, shape, dtype, self, reference.LOOKING)
        looking = finishing.Looking(_finished, partial(histograms, channels=channels))
        return finishing.finish(output, last, shape, dtype, self, looking)


def _one_channel(image: Image, kernel: Kernel) -> Image:
    # OpenCV drops a channel axis of length 1.
    return kernel(image[..., 0])[..., None]


def _tone(effect: Tone, _shape: tuple[int, ...]) -> Kernel:
    table = tone_table(effect, _UINT8)
    if (table == _NEGATIVE).all():
        return partial(cv2.bitwise_not)  # a third of the time of a table
    return _multiple(effect, table) or (lambda image: cv2.LUT(image, table))


def _multiple(effect: Tone, table: Table) -> Kernel | None:
    """Return the kernel of a tone that only multiplies, to the bit: three quarters of the time of a table.

    As in `_blend`, the sum in float32 truncates to the right integer where no product lies just below one.
    """
    factor = effect.arguments[0] if effect.arguments and not effect.after else None
    if not isinstance(factor, float) or not 0 < factor <= 2:
        return None
    products = np.float32(factor) * _EVERY.astype(np.float32)
    kernel = partial(cv2.convertScaleAbs, alpha=float(np.float32(factor)), beta=_NUDGE - 0.5)
    exact = (products - np.floor(products)).max() <= 1 - 2 * _NUDGE and (kernel(_EVERY).ravel() == table).all()
    return kernel if exact else None


def _tone_from(effect: ToneFrom, shape: tuple[int, ...]) -> Kernel:
    run = run_of(effect)
    channels = shape[2] if len(shape) == 3 else 1
    pushed = shape[0] * shape[1] >= _PUSH_FROM and effect.statistic != "grey_mean" and _has_histogram(run)
    parts = [run] if pushed else _parts(run)
    return _in_turn([_part(part, channels) for part in parts])


def _has_histogram(run: Run) -> bool:
    return any(isinstance(tone, ToneFrom) and tone.statistic == "histogram" for tone in run)


def _parts(run: Run) -> list[Run]:
    """Cut a run before every tone that looks at the image."""
    cuts = [place for place, tone in enumerate(run) if isinstance(tone, ToneFrom) and place > 0]
    return [run[start:end] for start, end in zip([0, *cuts], [*cuts, len(run)], strict=True)]


def _part(run: Run, channels: int) -> Kernel:
    """Return the kernel of one table: of tones, or of a statistic of the image with the tones behind it."""
    first = run[0]
    if isinstance(first, ToneFrom) and first.statistic == "grey_mean":
        after = tuple(tone for tone in run[1:] if isinstance(tone, Tone))  # all of them: _parts cuts before others
        mean_table = lru_cache(maxsize=256)(partial(_mean_table, first, after))
        return lambda image: cv2.LUT(image, mean_table(_grey_mean(image)))
    if _has_histogram(run):
        return lambda image: _looked_up(image, run_table(run, histograms(image, channels), _UINT8))
    if isinstance(first, ToneFrom):
        return partial(_by_extremes, table=_extremes_tables(run))
    table = run_table(run, np.zeros((1, 256), dtype=np.int64), _UINT8)[0].copy()
    return lambda image: cv2.LUT(image, table)


def _in_turn(tables: list[Kernel]) -> Kernel:
    if len(tables) == 1:
        return tables[0]

    def render(image: Image) -> Image:
        for kernel in tables:
            image = kernel(image)
        return image

    return render


def _by_extremes(image: Image, table: Callable[[float, float], Table]) -> Image:
    return cv2.LUT(image, cv2.merge([table(*cv2.minMaxLoc(plane)[:2]) for plane in cv2.split(image)]))


@lru_cache(maxsize=64)
def _extremes_tables(run: Run) -> Callable[[float, float], Table]:
    """Return what gives a channel's table by its extremes: one for every kernel of that run, so that caches are few."""
    return lru_cache(maxsize=4096)(partial(_extremes_table, run))


def _extremes_table(run: Run, lowest: float, highest: float) -> Table:
    counts = np.zeros((1, 256), dtype=np.int64)
    counts[0, [int(lowest), int(highest)]] = 1  # extremes see no more of a histogram
    return run_table(run, counts, _UINT8)


def _looked_up(image: Image, tables: Table) -> Image:
    """Return an image through tables `(C, 256)`, one a channel."""
    if len(tables) == 1 or image.shape[0] * image.shape[1] < _PLANES_FROM:
        return cv2.LUT(image, _wide(tables))
    planes = cv2.split(image)
    return cv2.merge([cv2.LUT(plane, table, plane) for plane, table in zip(planes, tables, strict=True)])


def _wide(table: Table) -> Table:
    """Return tables `(C, 256)` as OpenCV takes them."""
    return table[0] if len(table) == 1 else table.T[None].copy()


def _finished(image: Image, table: Table, layout: Layout) -> Image:
    """Return an image through tables `(C, 256)` of float32: a plane after the other, the layout as it comes."""
    if layout == "HWC" or len(table) == 1:
        made = cv2.LUT(image, _wide(table)).reshape(image.shape)
        return made if layout == "HWC" else finishing.laid(made, layout)
    made = np.empty((len(table), *image.shape[:2]), np.float32)
    for plane, own, into in zip(cv2.split(image), table, made, strict=True):
        cv2.LUT(plane, own, into)
    return made


def histograms(image: Image, channels: int) -> Counts:
    """Return the exact histograms `(C, 256)`, in blocks where float32 would round."""
    if image.shape[0] * image.shape[1] < _PUSH_FROM and channels <= 4:
        apart: Image = _ADD(image, _APART, dtype=cv2.CV_16U) if channels > 1 else image
        return np.bincount(apart.ravel(), minlength=channels * 256).reshape(channels, 256)
    total = np.zeros((channels, 256), dtype=np.int64)
    pixels = image.reshape(-1, 1, channels)
    for start in range(0, len(pixels), _EXACT_COUNT):
        block = [pixels[start : start + _EXACT_COUNT]]
        counted = [cv2.calcHist(block, [channel], None, [256], [0, 256]) for channel in range(channels)]
        total += np.array(counted, dtype=np.int64).reshape(channels, 256)
    return total


def _grey_mean(image: Image) -> float:
    values = grey(image) if image.shape[2:] == (3,) else image
    return float(int(sum(cv2.sumElems(values)) / values.size + 0.5))


def _mean_table(effect: ToneFrom, after: tuple[Tone, ...], mean: float) -> Table:
    return tone_table(Tone(effect.function, mean, *effect.arguments, after=after), _UINT8)


def grey(image: Image) -> Image:
    """Return Pillow's L `(H, W)` of uint8 RGB, to the bit.

    Every partial sum is a multiple of 2**-16 below 256, so float32 is exact in any order of summation.
    """
    return cv2.transform(image.astype(np.float32), _GREY).astype(np.uint8)


def _color_mix(effect: ColorMix, shape: tuple[int, ...]) -> Kernel | None:
    if effect.matrix is not None:
        matrix = np.array(effect.matrix, dtype=np.float32)
        if matrix.shape[0] > 4 or len(shape) != 3:
            return None
        moves_alone = ((matrix == 0) | (matrix == 1)).all() and (matrix.sum(axis=1) == 1).all()
        return partial(cv2.transform, m=matrix) if moves_alone else partial(_mixed, matrix=matrix)
    if effect.grey_blend is None or shape[2:] != (3,):
        return None
    mix = _blend(effect.grey_blend)
    return lambda image: mix(cv2.cvtColor(grey(image), cv2.COLOR_GRAY2RGB), image)


def _mixed(image: Image, matrix: npt.NDArray[np.float32]) -> Image:
    # In float32: OpenCV's own sum on uint8 knows a weight to 10 bits alone.
    made = cv2.transform(image.astype(np.float32), matrix).reshape(*image.shape[:2], len(matrix))
    return cv2.convertScaleAbs(np.maximum(made, 0, out=made)).reshape(made.shape)


def _blend(factor: float) -> Callable[[Image, Image], Image]:
    """Return Pillow's blend of two uint8 images, base + factor (image - base) truncated, to the bit.

    OpenCV's float32 sum is off by less than half of _NUDGE (factor up to 2). Nudged up, it truncates to that integer
    wherever no product factor (image - base) lies within twice _NUDGE below an integer.
    """
    one = float(np.float32(factor))
    moves = np.float32(factor) * np.arange(-255, 256, dtype=np.float32)
    if factor <= 2 and (moves - np.floor(moves)).max() <= 1 - 2 * _NUDGE:
        return lambda base, image: cv2.addWeighted(image, one, base, 1 - one, _NUDGE - 0.5)
    return lambda base, image: blend8(base, image, factor)


_MAKE: dict[type, Any] = {
    Tone: _tone,
    ToneFrom: _tone_from,
    ColorMix: _color_mix,
    Filter: partial(filter_, mixing=_blend),
    Warp: warp,
    Paint: paint,
    Noise: add_noise,
}
