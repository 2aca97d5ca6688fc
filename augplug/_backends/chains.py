"""The chains of a blend, prepared for the image that all of them start from. Shared by the backends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from augplug._backends.base import ImageFunction
from augplug.effects import Blend, Effect
from augplug.shapes import shape_after
from augplug.types import Image

Prepare: TypeAlias = Callable[[Effect, tuple[int, ...], np.dtype[Any]], ImageFunction]
"""A backend's `prepare`."""


def prepare_chains(
    effect: Blend, shape: tuple[int, ...], dtype: np.dtype[Any], prepare: Prepare
) -> tuple[list[list[ImageFunction]], tuple[int, ...]]:
    """Return the kernels of each chain of a blend, and the shape of the image that the blend makes.

    Raises ImageError if the chains end in images of unequal shapes.
    """
    result = shape_after(effect, shape)
    return [_prepare_chain(chain, shape, dtype, prepare) for chain in effect.chains], result


def _prepare_chain(
    effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any], prepare: Prepare
) -> list[ImageFunction]:
    kernels = []
    for effect in effects:
        kernels.append(prepare(effect, shape, dtype))
        shape = shape_after(effect, shape)
    return kernels


def run_chain(image: Image, kernels: Sequence[ImageFunction]) -> Image:
    """Return the image after the kernels, one after the other; the image itself if there is none."""
    for kernel in kernels:
        image = kernel(image)
    return image
