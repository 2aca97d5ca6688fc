"""Drawn steps bound ahead, for who draws nothing: Pillow's own functions, and bare OpenCV calls (the kernel sum).

`bind_all` gives, for everything that a policy drew, a list of functions of one image with tables, matrices and weights
made beforehand. The kernel sum is a yardstick, not a rival: its statistics (histogram, extremes, mean) are taken but
not looked at, and its colours round otherwise than Pillow's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import accumulate
from typing import Any, TypeAlias

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageEnhance, ImageOps

import augplug
from augplug import coords
from augplug._pipeline.items import Drawn

Kernel: TypeAlias = Callable[[Any], Any]
Bind: TypeAlias = Callable[..., Kernel]
"""From an operation with all its numbers, height and width to a function of an image of that size."""

INTERPOLATIONS = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
RESAMPLING = {
    "nearest": Pillow.Resampling.NEAREST,
    "linear": Pillow.Resampling.BILINEAR,
    "cubic": Pillow.Resampling.BICUBIC,
}


@cache
def pillow_step(op: Any, height: int, width: int) -> Kernel:
    """Return a drawn operation as Pillow does it."""
    name = type(op).__name__
    if name in _PILLOW:
        return _PILLOW[name](op)
    resample = RESAMPLING[op.interpolation]
    if name == "Rotate":
        return lambda image: image.rotate(op.degrees, resample=resample)
    pull = _pull(op, height, width)
    if pull is None:
        return Pillow.Image.copy
    (a, b, c), (d, e, f), _ = pull.tolist()
    # Pillow counts from the corner of the image, OpenCV and augplug from the centre of the first pixel.
    corner = (a, b, c + 0.5 - (a + b) / 2, d, e, f + 0.5 - (d + e) / 2)
    return lambda image: image.transform(image.size, Pillow.Transform.AFFINE, corner, resample=resample)


def _enhance(op: Any) -> Kernel:
    enhancer = getattr(ImageEnhance, type(op).__name__)
    return lambda image: enhancer(image).enhance(op.factor)


_PILLOW: dict[str, Callable[[Any], Kernel]] = {
    "Identity": lambda _: Pillow.Image.copy,
    "Invert": lambda _: ImageOps.invert,
    "AutoContrast": lambda _: ImageOps.autocontrast,
    "Equalize": lambda _: ImageOps.equalize,
    "Solarize": lambda op: lambda image: ImageOps.solarize(image, op.threshold),
    "Posterize": lambda op: lambda image: ImageOps.posterize(image, op.bits),
    **dict.fromkeys(("Brightness", "Contrast", "Color", "Sharpness"), _enhance),
}


def _pull(op: Any, height: int, width: int) -> Any:
    """Return the matrix from output to input; None where nothing moves."""
    transforms = [warp.transform for warp in op.describe(augplug.Canvas(height, width, 3))]
    return coords.inverse(transforms[0]) if transforms else None


@cache
def kernel_step(op: Any, height: int, width: int) -> Kernel:
    """Return a drawn operation as bare OpenCV calls."""
    name = type(op).__name__
    if name in _KERNELS:
        return partial(_KERNELS[name], one=np.arange(256, dtype=np.uint8), three=_THREE)
    if name in ("Color", "Sharpness"):
        return partial(_color if name == "Color" else _sharpness, factor=op.factor)
    pull = None if name == "Identity" else _pull(op, height, width)
    if pull is None:
        return np.copy
    flags = INTERPOLATIONS[op.interpolation] | cv2.WARP_INVERSE_MAP
    return lambda image: cv2.warpAffine(image, pull[:2], (width, height), flags=flags)


_THREE = np.ascontiguousarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=np.float32) / 13


def _tone(image: Any, one: Any, three: Any) -> Any:
    del three
    return cv2.LUT(image, one)


def _equalize(image: Any, one: Any, three: Any) -> Any:
    del one
    for channel in (0, 1, 2):
        cv2.calcHist([image], [channel], None, [256], [0, 256])
    return cv2.LUT(image, three)


def _auto_contrast(image: Any, one: Any, three: Any) -> Any:
    del one
    for plane in cv2.split(image):
        cv2.minMaxLoc(plane)
    return cv2.LUT(image, three)


def _contrast(image: Any, one: Any, three: Any) -> Any:
    del three
    cv2.mean(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    return cv2.LUT(image, one)


def _color(image: Any, factor: float) -> Any:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, factor, grey, 1 - factor, 0)


def _sharpness(image: Any, factor: float) -> Any:
    return cv2.addWeighted(image, factor, cv2.filter2D(image, -1, _SMOOTH), 1 - factor, 0)


_KERNELS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("Invert", "Solarize", "SolarizeAdd", "Posterize", "Brightness"), _tone),
    "Equalize": _equalize,
    "AutoContrast": _auto_contrast,
    "Contrast": _contrast,
}


def pillow_blend(image: Any, weights: Sequence[float], chains: Sequence[Sequence[Kernel]]) -> Any:
    """Mix chains of an image, one `Image.blend` a chain."""
    mixed = image
    for weight, so_far, chain in zip(weights[1:], list(accumulate(weights))[1:], chains[1:], strict=True):
        mixed = Pillow.blend(mixed, followed(image, chain), weight / so_far)
    return mixed


def kernel_blend(image: Any, weights: Sequence[float], chains: Sequence[Sequence[Kernel]]) -> Any:
    """Mix chains of an image, one `cv2.addWeighted` a chain."""
    mixed, share = image, weights[0]
    for weight, chain in zip(weights[1:], chains[1:], strict=True):
        mixed, share = cv2.addWeighted(mixed, share, followed(image, chain), weight, 0), 1.0
    return mixed


def followed(image: Any, chain: Sequence[Kernel]) -> Any:
    """Put an image through a chain."""
    for kernel in chain:
        image = kernel(image)
    return image


def bind_all(items: Iterable[Any], shape: tuple[int, ...], bind: Bind, blend: Callable[..., Any]) -> list[Kernel]:
    """Return what a policy drew (`Plan.items`), bound for an image of that height and width."""
    found: list[Kernel] = []
    for item in items:
        if isinstance(item, Drawn):
            found.append(bind(item.operation, *shape))
        else:
            inner = [bind_all(chain, shape, bind, blend) for chain in item.chains]
            found.append(partial(blend, weights=item.weights, chains=inner))
    return found
