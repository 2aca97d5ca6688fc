"""Every result is C-contiguous, whatever the operation, the dtype, the backend and the layout of what was given."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import augplug
from tests import operations

DTYPES = ("uint8", "uint16", "float32", "float64")
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": lambda array: array,
    "Fortran": np.asfortranarray,
    "planes": lambda array: np.ascontiguousarray(np.moveaxis(array, -1, 0)).transpose(1, 2, 0),
    "backwards": lambda array: array[::-1, ::-1],
}


def image(dtype: str, channels: int) -> npt.NDArray[np.generic]:
    values = np.random.default_rng(0).random((24, 20, channels))
    return (values if dtype.startswith("float") else values * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("backend", sorted(augplug.backends()))
@pytest.mark.parametrize("dtype", DTYPES)
def test_results_are_contiguous(backend: str, dtype: str) -> None:
    odd = []
    for name in sorted(set(operations.names()) - set(operations.MIXING)):
        augment = augplug.Augmenter(operations.step(name), seed=1, backend=backend)
        for channels in (1, 3, 5):
            if channels != 3 and name in operations.NEED_RGB:
                continue
            given = image(dtype, channels)
            for layout, lay in LAYOUTS.items():
                made = augment(image=lay(given), mask=lay(given)[:, :, 0], index=0)
                made["alone"] = augment(lay(given), index=0)
                odd += [(name, channels, layout, kind) for kind, array in made.items() if not array.flags.c_contiguous]
    assert odd == []
