"""What the corruptions share: values as fractions of white, trails, zooms, and the effect that holds a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

import augplug
from augplug import Canvas, Image, Values

Sample: TypeAlias = dict[str, Any]
"""What the function of an `Opaque` takes and returns."""

PAPER = "Hendrycks and Dietterich, arXiv 1903.12261, ImageNet-C"


def stationary(function: Callable[..., Sample], key: int, *arguments: float) -> augplug.Opaque:
    """Return the effect of a function that leaves everything where it is, so that no target changes."""
    return augplug.Opaque(
        function=function, key=key, arguments=arguments, targets=frozenset({"masks", "boxes", "keypoints"})
    )


def require_color(name: str, canvas: Canvas) -> None:
    """Refuse channel counts on which lightness is not defined. Raises ImageError."""
    if canvas.channels not in (1, 3):
        raise augplug.ImageError(
            f"{name} needs a grey or an RGB image (1 or 3 channels), not {canvas.channels} channels; leave it out of "
            "the policy or give it the RGB channels alone"
        )


def fractions(image: Image) -> Values:
    """Return the values `(H, W, C)` of an image as fractions of white, 0..1."""
    top = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
    scaled = np.clip(image / np.float64(top), 0.0, 1.0)
    return scaled.reshape(*image.shape[:2], -1)


def with_values(sample: Sample, values: Values) -> Sample:
    """Return the sample with new values (fractions of white), clipped; integers are rounded to the nearest."""
    image: Image = sample["image"]
    made = np.clip(values, 0.0, 1.0).reshape(image.shape)
    if image.dtype.kind == "u":
        made = np.rint(made * np.iinfo(image.dtype).max)
    return {**sample, "image": made.astype(image.dtype)}


def trail(values: Values, radius: int, sigma: float, degrees: float) -> Values:
    """Return values `(H, W, C)` smeared one way: 2 `radius` + 1 points (pixels) whose weights are a half Gaussian.

    `degrees` is the side from which a pixel is smeared, counter-clockwise from the right. The border is repeated.
    """
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    angle = np.deg2rad(degrees)
    across = np.rint(steps * np.cos(angle)).astype(np.intp)
    down = np.rint(-steps * np.sin(angle)).astype(np.intp)
    height, width = values.shape[:2]
    reach = 2 * radius
    padded = np.pad(values, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    smeared = np.zeros_like(values)
    for weight, y, x in zip(weights / weights.sum(), down + reach, across + reach, strict=True):
        smeared += weight * padded[y : y + height, x : x + width]
    return smeared


def zoomed(values: Values, factor: float) -> Values:
    """Return values `(H, W, C)` enlarged about the middle by `factor` >= 1, at the same size; linear in between."""
    return _stretched(_stretched(values, factor, 0), factor, 1)


def _stretched(values: Values, factor: float, axis: int) -> Values:
    side = values.shape[axis]
    middle = (side - 1) / 2
    places = middle + (np.arange(side) - middle) / factor
    low = np.floor(places).astype(np.intp)
    high = np.minimum(low + 1, side - 1)
    part = (places - low).reshape(-1, 1, 1) if axis == 0 else (places - low).reshape(-1, 1)
    below = np.take(values, low, axis)
    return np.asarray(below + part * (np.take(values, high, axis) - below))
