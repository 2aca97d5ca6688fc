"""The OpenCV backend (4.x and 5.x): the fast one.

Tones, colour and Sharpness are bit-identical to the reference; warps agree within the tolerances of
docs/design/backends.md. What OpenCV does not do better goes to the reference.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np

from augplug._backends import finishing, opencv_wide, opencv_wide_tones, reference
from augplug._backends.base import Backend, Finish, ImageFunction, PreparedRows
from augplug._backends.opencv_batch import prepare_rows
from augplug._backends.opencv_blend import blend
from augplug._backends.opencv_color import color_mix, uint8_weighted_sum
from augplug._backends.opencv_filters import filter_
from augplug._backends.opencv_groups import MOST_CHANNELS
from augplug._backends.opencv_lookup import planes
from augplug._backends.opencv_noise import add_noise
from augplug._backends.opencv_paint import paint
from augplug._backends.opencv_resampling import warp_image, warp_values
from augplug._backends.opencv_tones import adaptive_tone, tone
from augplug._backends.tables import Table
from augplug._backends.weighing import weighted_sum
from augplug._sample.output import Layout, Output
from augplug.effect_batch import EffectBatch
from augplug.effects import AdaptiveTone, Blend, ColorMix, Effect, Filter, Noise, Paint, Tone, Warp
from augplug.types import Image

_UINT8 = np.dtype(np.uint8)
_REALS = frozenset({"float32", "float64"})


class OpenCV(Backend):
    """OpenCV where it is faster, the reference elsewhere."""

    name = "opencv"

    def __init__(self) -> None:
        """Prepare what falls to the reference."""
        self._reference = reference.Reference()

    def version(self) -> str:
        """Return OpenCV's version."""
        return f"opencv {cv2.__version__}"

    def prepare(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
        """Return OpenCV's kernel for an image of that dtype and number of channels, else the reference's."""
        if isinstance(effect, Warp):
            return warp_image(effect, shape, dtype) or self._reference.prepare(effect, shape, dtype)
        eight = dtype == _UINT8
        if isinstance(effect, Blend):
            if eight:
                return blend(effect, shape, self.prepare)
            return reference.blend(effect, shape, dtype, self.prepare)
        plain = shape[:2] if shape[2:] == (1,) else shape
        make, kernel = _MAKE.get(type(effect)), None
        if make is not None and (len(plain) == 2 or plain[2] <= MOST_CHANNELS):
            kernel = make(effect, plain) if eight else _MAKE_WIDE[type(effect)](effect, plain, dtype)
        if kernel is None:
            return self._reference.prepare(effect, shape, dtype)
        ready: ImageFunction = kernel if plain == shape else partial(_one_channel, kernel=kernel)
        return ready

    def prepare_batch(self, batch: EffectBatch, shape: tuple[int, ...], dtype: np.dtype[Any]) -> PreparedRows | None:
        """Return OpenCV's kernel for uint8 images of up to 4 channels, if it has one for such effects."""
        if dtype != _UINT8 or shape[2:] not in ((), (2,), (3,), (4,)):
            return None
        return prepare_rows(batch, shape)

    def prepare_values(
        self, warp: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Image
    ) -> ImageFunction | None:
        """Return OpenCV's kernel for float32 and float64, if it has one for such a warp."""
        return warp_values(warp, shape, dtype, fill) if dtype.name in _REALS else None

    def finish(
        self, output: Output, last: Tone | AdaptiveTone | None, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Finish:
        """Return the last step: on uint8 images OpenCV looks up the table."""
        up = _finished if dtype == np.uint8 else reference.finished
        return finishing.finish(output, last, shape, dtype, self, up)

    def weighted_sum(self, image: Image, partner: Image, weight: float, out: Image | None = None) -> Image:
        """Return two images added by weight: uint8 by OpenCV."""
        if image.dtype != _UINT8:
            return weighted_sum(image, partner, weight, out)
        return uint8_weighted_sum(image, partner, weight, out)


def _one_channel(image: Image, kernel: ImageFunction) -> Image:
    # OpenCV drops a channel axis of length 1.
    return kernel(image[..., 0])[..., None]


def _finished(image: Image, table: Table, layout: Layout, out: Image | None) -> Image:
    """Return an image through tables `(C, 256)` of float32: a plane after the other, the layout as it comes."""
    made = finishing.output_buffer(out, image.shape if layout == "HWC" else (len(table), *image.shape[:2]))
    if layout == "HWC" or len(table) == 1:
        wide = table[0] if len(table) == 1 else table.T[None].copy()
        cv2.LUT(image, wide, made.reshape(image.shape))
        return made
    for plane, own, goal in zip(planes(image), table, made, strict=True):
        cv2.LUT(plane, own, goal)
    return made


_MAKE: dict[type, Any] = {
    Tone: tone,
    AdaptiveTone: adaptive_tone,
    ColorMix: color_mix,
    Filter: filter_,
    Paint: partial(paint, dtype=_UINT8),
    Noise: add_noise,
}
"""What renders uint8 images."""
_MAKE_WIDE: dict[type, Any] = {
    Tone: opencv_wide_tones.tone,
    AdaptiveTone: opencv_wide_tones.tone_from,
    ColorMix: opencv_wide.color_mix,
    Filter: opencv_wide.filter_,
    Paint: paint,
    Noise: opencv_wide.add_noise,
}
"""What renders uint16 and floats."""
