"""Blends of uint8 images: the sums of the reference, each chain weighed by one table."""

from __future__ import annotations

import cv2
import numpy as np

from augplug._backends.base import ImageFunction
from augplug._backends.chains import Prepare, prepare_chains, run_chain
from augplug._backends.scratch import scratch
from augplug.effects import Blend
from augplug.types import Image

_UINT8 = np.dtype(np.uint8)
_EVERY = np.arange(256, dtype=np.float64)


def blend(effect: Blend, shape: tuple[int, ...], prepare: Prepare) -> ImageFunction:
    """Return the kernel that renders each chain from the same image and adds them by weight, to the reference's bit.

    The first chain's weighted image is the sum, and a float64 table holds the very products that the reference adds.
    """
    chains, result = prepare_chains(effect, shape, _UINT8, prepare)
    tables = [weight * _EVERY for weight in effect.weights]

    def render(image: Image) -> Image:
        made = [run_chain(image, chain) for chain in chains]
        rows = (result[0], made[0][0].size)
        total, part = scratch(0, rows, np.float64), scratch(1, rows, np.float64)
        cv2.LUT(made[0].reshape(rows), tables[0], total)
        for other, table in zip(made[1:], tables[1:], strict=True):
            cv2.LUT(other.reshape(rows), table, part)
            total += part
        total += 0.5
        np.clip(total, 0, 255.5, out=total)
        return total.astype(np.uint8).reshape(result)  # truncated: the floor of what is not negative

    return render
