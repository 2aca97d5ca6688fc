"""Filters by OpenCV: smoothing kernels, and the blend with the image."""

from __future__ import annotations

import math
from functools import lru_cache, partial

import cv2
import numpy as np

from augplug._backends import kernels
from augplug._backends.base import ImageFunction
from augplug._backends.opencv_color import Mix, blend
from augplug._backends.scratch import scratch
from augplug.effects import Filter
from augplug.types import Image

_NEGLIGIBLE = 2.0**-11
"""Weight of a Gaussian's tails that is left out: an eighth of a level where the image is 0 and the tails see 255."""
_SMOOTH3 = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=np.float32) / np.float32(13)
_BOXES_FROM = 1 << 14
"""Number of values from which nine taps are summed faster as three sums of three."""


def filter_(effect: Filter, shape: tuple[int, ...]) -> ImageFunction | None:
    """Return the kernel of a filter on uint8 images; None where OpenCV does not do it."""
    if effect.kernel == "smooth3":
        return smooth3(blend(effect.factor), shape) if effect.border == "keep" and min(shape[:2]) >= 3 else None
    smooth = _gaussian(*effect.arguments) if effect.kernel == "gaussian" else _line(*effect.arguments)
    if effect.factor == 0:
        return smooth
    mix = blend(effect.factor)
    return lambda image: mix(smooth(image), image)


def smooth3(mix: Mix, shape: tuple[int, ...]) -> ImageFunction:
    """Return the kernel that mixes an image with its smoothed values, the border kept; of at least 3x3 pixels."""
    rows, columns = shape[0] - 1, shape[1] - 1
    # (box + 4 centre) / 13 is never half way between integers (13 is odd), so rounding is Pillow's truncated sum.
    taps = partial(cv2.filter2D, ddepth=-1, kernel=_SMOOTH3)
    smoothed = taps if math.prod(shape) < _BOXES_FROM else _by_boxes

    def render(image: Image) -> Image:
        smooth = smoothed(image)
        smooth[::rows], smooth[:, ::columns] = image[::rows], image[:, ::columns]
        return mix(smooth, image)

    return render


def _by_boxes(image: Image) -> Image:
    # The same sum as nine taps.
    total, more = (scratch(number, image.shape, np.uint16) for number in (0, 1))
    cv2.boxFilter(image, cv2.CV_16U, (3, 3), total, normalize=False)
    total += np.left_shift(image, 2, out=more, dtype=np.uint16)
    return cv2.convertScaleAbs(total, alpha=1 / 13)


@lru_cache(maxsize=256)
def _gaussian(sigma: float) -> ImageFunction:
    weights = kernels.gaussian(sigma)
    tails = 2 * np.cumsum(weights[: len(weights) // 2])
    cut = int(np.searchsorted(tails, _NEGLIGIBLE))
    kept = weights[cut : len(weights) - cut]
    kept = kept / kept.sum()
    return partial(cv2.sepFilter2D, ddepth=-1, kernelX=kept, kernelY=kept, borderType=cv2.BORDER_REFLECT_101)


def gaussians(sigmas: kernels.Weights) -> list[kernels.Weights]:
    """Return the weights of each sigma `(N,)` that `_gaussian` keeps: the same sums, a row each."""
    made: dict[int, kernels.Weights] = {}
    radii = np.maximum(1, (kernels.TRUNCATE * sigmas + 0.5).astype(np.intp))
    for radius in np.unique(radii).tolist():
        rows = np.flatnonzero(radii == radius)
        weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigmas[rows, None]) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        cuts = (2 * np.cumsum(weights[:, :radius], axis=1) < _NEGLIGIBLE).sum(axis=1)
        for cut in np.unique(cuts).tolist():
            kept = weights[cuts == cut, cut : 2 * radius + 1 - cut]
            kept = kept / kept.sum(axis=1, keepdims=True)
            made |= zip(rows[cuts == cut].tolist(), kept, strict=True)
    return [made[row] for row in range(len(sigmas))]


def _line(length: float, degrees: float) -> ImageFunction:
    return partial(_along_line, weights=kernels.line(length, degrees).astype(np.float32))


def _along_line(image: Image, weights: Image) -> Image:
    """Return an image smoothed along a line: in float32, where OpenCV takes less than half of the time of bytes."""
    wide = scratch(0, image.shape, np.float32)
    wide[...] = image
    made = scratch(1, image.shape, np.float32)
    cv2.filter2D(wide, -1, weights, made, borderType=cv2.BORDER_REFLECT_101)
    return cv2.convertScaleAbs(made)
