"""Normal numbers that are the same everywhere: raw Philox words, through a table of quantiles."""

from __future__ import annotations

import math
import threading
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_THREAD = threading.local()
_WORD = 2**64 - 1
_BLOCK = 4
"""Words of one step of Philox' counter."""


def words(key: int, count: int, block: int = 0) -> Words:
    """Return `count` raw words of Philox from the key, from a block of 4 words on; little-endian."""
    state: Any = {
        "bit_generator": "Philox",
        "state": {"counter": (block, 0, 0, 0), "key": (key & _WORD, key >> 64)},
        "buffer": (0, 0, 0, 0),
        "buffer_pos": _BLOCK,  # the buffer is used up
        "has_uint32": 0,
        "uinteger": 0,
    }
    generator = _generator()
    generator.state = state
    return np.asarray(generator.random_raw(count), dtype="<u8")


def _generator() -> np.random.Philox:
    """Return the generator of this thread, to be given another key: that takes a tenth of the time of a new one."""
    made: np.random.Philox | None = getattr(_THREAD, "generator", None)
    if made is None:  # numpy.random costs milliseconds, so not before it is used
        made = _THREAD.generator = np.random.Philox(key=0)
    return made


def steps(key: int, count: int) -> npt.NDArray[np.uint16]:
    """Return `count` of 65,536 equal steps, from the key alone."""
    return words(key, -(-count // 4)).view("<u2")[:count]


def normal(key: int, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return standard normal numbers of that shape: 16 bits each, from the key alone."""
    numbers: npt.NDArray[np.float32] = quantiles()[steps(key, math.prod(shape))]
    return numbers.reshape(shape)


def uniform_bytes(key: int, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return values 0..255 of that shape, each as likely, from the key alone."""
    return some_bytes(key, 0, math.prod(shape)).reshape(shape)


def some_bytes(key: int, first: int, last: int) -> npt.NDArray[np.uint8]:
    """Return the bytes `first` to `last`, the end excluded, of what `uniform_bytes` gives for that key."""
    block, skipped = divmod(first, 8 * _BLOCK)
    drawn = words(key, -(-(last - first + skipped) // 8), block).view(np.uint8)
    return drawn[skipped : skipped + last - first]


@cache
def quantiles() -> npt.NDArray[np.float32]:
    """Return the quantiles of the normal distribution in the middle of 65,536 equal steps.

    Rounded to 2**-16, so that the last bits of a platform's logarithm do not matter.
    """
    law = NormalDist()
    upper = np.array([law.inv_cdf(0.5 + (step + 0.5) / 65536) for step in range(32768)])
    half = np.round(upper * 65536) / 65536
    return np.concatenate([-half[::-1], half]).astype(np.float32)
