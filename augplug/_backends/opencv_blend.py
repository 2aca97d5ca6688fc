"""Blends of uint8 images: the sums of the reference, each chain weighed by one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from augplug._backends.base import Kernel
from augplug._backends.scratch import scratch
from augplug.effects import Blend, Effect, Warp
from augplug.types import Image

_UINT8 = np.dtype(np.uint8)
_EVERY = np.arange(256, dtype=np.float64)


def blend(
    effect: Blend, shape: tuple[int, ...], prepare: Callable[[Effect, tuple[int, ...], np.dtype[Any]], Kernel]
) -> Kernel:
    """Return the kernel that renders each chain from the same image and adds them by weight, to the reference's bit.

    The first chain's weighted image is the sum, and a float64 table holds the very products that the reference adds.
    """
    chains = [_chain(chain, shape, prepare) for chain in effect.chains]
    tables = [weight * _EVERY for weight in effect.weights]

    def render(image: Image) -> Image:
        made = [_through(chain, image) for chain in chains]
        rows = (made[0].shape[0], made[0][0].size)
        total, part = scratch(0, rows, np.float64), scratch(1, rows, np.float64)
        cv2.LUT(made[0].reshape(rows), tables[0], total)
        for other, table in zip(made[1:], tables[1:], strict=True):
            cv2.LUT(other.reshape(rows), table, part)
            total += part
        total += 0.5
        np.clip(total, 0, 255.5, out=total)
        return total.astype(np.uint8).reshape(made[0].shape)  # truncated: the floor of what is not negative

    return render


def _chain(
    effects: Sequence[Effect],
    shape: tuple[int, ...],
    prepare: Callable[[Effect, tuple[int, ...], np.dtype[Any]], Kernel],
) -> list[Kernel]:
    kernels = []
    for effect in effects:
        kernels.append(prepare(effect, shape, _UINT8))
        shape = (*effect.size, *shape[2:]) if isinstance(effect, Warp) else shape
    return kernels


def _through(kernels: list[Kernel], image: Image) -> Image:
    for kernel in kernels:
        image = kernel(image)
    return image
