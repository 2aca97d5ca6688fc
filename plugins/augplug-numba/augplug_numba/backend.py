"""The backend: which effects on which images the kernels render, and what the backend beneath is left with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

import augplug
from augplug import (
    AdaptiveTone,
    Backend,
    ColorMix,
    Effect,
    EffectBatch,
    Filter,
    Image,
    ImageFunction,
    Output,
    PreparedRows,
    Tone,
    Warp,
)
from augplug_numba import kernels

MOST_PIXELS = 1 << 12
"""Number of pixels up to which AutoContrast is faster than OpenCV's; the others are at any size: `benchmark.py`."""
_UINT8 = np.dtype(np.uint8)
_EVERY = np.arange(256, dtype=np.uint8)
_KINDS = {augplug.EQUALIZE: kernels.EQUALIZE, augplug.AUTOCONTRAST: kernels.STRETCH}


class Numba(Backend):
    """Equalize, Contrast, Color and Sharpness on uint8 RGB images, AutoContrast on small ones, mixes by weight.

    Every bit is the reference's.
    """

    name = "numba"

    def __init__(self, beneath: Backend, *, most_pixels: int = MOST_PIXELS) -> None:
        """Take the backend that renders everything else, and AutoContrast on images of more pixels."""
        self._beneath = beneath
        self._most_pixels = most_pixels

    def version(self) -> str:
        """Return numba's version, and that of the backend beneath."""
        return f"numba {numba.__version__}, {self._beneath.version()}"

    def prepare(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
        """Return a compiled kernel for a uint8 RGB image, if there is one, else that of the backend beneath."""
        return self._compiled(effect, shape, dtype) or self._beneath.prepare(effect, shape, dtype)

    def prepare_batch(self, batch: EffectBatch, shape: tuple[int, ...], dtype: np.dtype[Any]) -> PreparedRows | None:
        """Leave rows with a compiled kernel to `prepare`, and all others to the backend beneath."""
        compiled = self._compiled(batch.effect, shape, dtype)
        return None if compiled is not None else self._beneath.prepare_batch(batch, shape, dtype)

    def prepare_values(
        self, warp: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Image
    ) -> ImageFunction | None:
        """Return the kernel of the backend beneath."""
        return self._beneath.prepare_values(warp, shape, dtype, fill)

    def finish(
        self, output: Output, last: Tone | AdaptiveTone | None, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Callable[..., Image]:
        """Return the last step of the backend beneath, behind the compiled kernel of `last`, if there is one."""
        first = None if last is None else self._compiled(last, shape, dtype)
        if first is None:
            return self._beneath.finish(output, last, shape, dtype)
        then = self._beneath.finish(output, None, shape, dtype)
        return lambda image, out=None: then(first(image), out)

    def weighted_sum(self, image: Image, partner: Image, weight: float, out: Image | None = None) -> Image:
        """Return two images added by weight: uint8 by a compiled kernel, others as the backend beneath does it."""
        if image.dtype != _UINT8:
            return self._beneath.weighted_sum(image, partner, weight, out)
        made: Image = kernels.weighted_sum(image.reshape(-1), partner.reshape(-1), weight)
        return made.reshape(image.shape)  # `out` is left alone, as it may be: a kernel changes nothing it is given

    def _compiled(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction | None:
        if dtype != _UINT8 or shape[2:] != (3,):
            return None
        if isinstance(effect, AdaptiveTone):
            return self._toned(effect, shape)
        if isinstance(effect, ColorMix) and effect.gray_blend is not None:
            return _by_factor(kernels.colored, effect.gray_blend)
        if isinstance(effect, Filter) and (effect.kernel, effect.border) == ("smooth3", "keep"):
            return _by_factor(kernels.sharpened, effect.factor)
        return None

    def _toned(self, effect: AdaptiveTone, shape: tuple[int, ...]) -> ImageFunction | None:
        """Return the kernel of a run of tones; None where one of them looks at the image in a way of its own."""
        run = augplug.split_tones(effect)
        factor = augplug.contrast_factor(effect)
        if factor is not None:
            contrast = _by_factor(kernels.contrasted, factor)
            if len(run) == 1:
                return contrast
            rest = self.prepare(augplug.join_tones(run[1:]), shape, _UINT8)
            return lambda image: rest(contrast(image))
        kinds = [kernels.TABLE if isinstance(tone, Tone) else _KINDS.get(tone) for tone in run]
        small = shape[0] * shape[1] <= self._most_pixels
        if None in kinds or not (small or kernels.EQUALIZE in kinds):
            return None
        tables = np.stack([augplug.tone_table(tone, _UINT8) if isinstance(tone, Tone) else _EVERY for tone in run])
        codes = np.array(kinds, dtype=np.uint8)
        return lambda image: kernels.toned(image, codes, tables)


def _by_factor(kernel: Any, factor: float) -> ImageFunction:
    by = float(factor)
    return lambda image: kernel(image, by)
