"""Normal numbers that are the same everywhere: raw Philox words, through a table of quantiles."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt


def normal(key: int, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return standard normal numbers of that shape: 16 bits each, from the key alone."""
    count = int(np.prod(shape))
    words = np.random.Philox(key=key).random_raw(-(-count // 4)).astype("<u8")
    numbers: npt.NDArray[np.float32] = _quantiles()[words.view("<u2")[:count]]
    return numbers.reshape(shape)


def uniform_bytes(key: int, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return values 0..255 of that shape, each as likely, from the key alone."""
    count = int(np.prod(shape))
    words = np.random.Philox(key=key).random_raw(-(-count // 8)).astype("<u8")
    return words.view(np.uint8)[:count].reshape(shape)


@cache
def _quantiles() -> npt.NDArray[np.float32]:
    """Return the quantiles of the normal distribution in the middle of 65,536 equal steps.

    Rounded to 2**-16, so that the last bits of a platform's logarithm do not matter.
    """
    law = NormalDist()
    upper = np.array([law.inv_cdf(0.5 + (step + 0.5) / 65536) for step in range(32768)])
    half = np.round(upper * 65536) / 65536
    return np.concatenate([-half[::-1], half]).astype(np.float32)
