"""What stands outside a mask, and in painted regions, is a value of the mask's dtype; anything else is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug
from augplug.errors import TargetError

IMAGE = np.zeros((20, 30, 3), dtype=np.uint8)


def steps(name: str, value: Any) -> Any:
    """Return the policies that write a value into masks."""
    if name == "mask_value":
        return [augplug.step("Cutout", size=0.5, mask_value=value), augplug.step("GridMask", mask_value=value)]
    moved = [augplug.step("TranslateX", pixels=10, mask_fill=value), augplug.step("Pad", left=3, mask_fill=value)]
    bent = [augplug.step("ElasticTransform", mask_fill=value), augplug.step("Rotate", degrees=30, mask_fill=value)]
    return [*moved, *bent, augplug.step("Perspective", mask_fill=value)]


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("name", ["mask_fill", "mask_value"])
@pytest.mark.parametrize(
    ("dtype", "value", "says"),
    [
        ("uint8", 300, "is 300, and a mask of uint8 holds whole numbers from 0 to 255"),
        ("uint8", 0.5, "is 0.5, and a mask of uint8 holds whole numbers"),
        ("int16", 70000, "is 70000, and a mask of int16 holds whole numbers from -32768 to 32767"),
        ("float16", 70000, "is 70000, and a mask of float16 holds numbers of at most 65504"),
    ],
)
def test_a_value_that_the_dtype_has_not_is_refused(backend: str, name: str, dtype: str, value: Any, says: str) -> None:
    """It is neither wrapped nor cut off."""
    mask = np.ones((20, 30), dtype=dtype)
    for step in steps(name, value):
        with pytest.raises(TargetError, match=f"{name} {says}"):
            augplug.Augmenter(step, backend=backend)(image=IMAGE, mask=mask, index=0)


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize(
    ("dtype", "value", "held"),
    [
        ("uint8", 255, 255),
        ("int16", -100, -100),
        ("int64", -100, -100),
        ("float32", -100.5, -100.5),
        ("float32", 0.5, 0.5),
        ("bool", 255, True),
        ("bool", 0, False),
    ],
)
def test_a_value_that_the_dtype_has_is_written(backend: str, dtype: str, value: Any, held: Any) -> None:
    """As it is; of a mask of booleans, whatever is not 0 is True."""
    mask = np.full((20, 30), not held if dtype == "bool" else 7, dtype=dtype)
    moved = augplug.step("TranslateX", pixels=10, mask_fill=value)
    made = augplug.Augmenter(moved, backend=backend)(image=IMAGE, mask=mask, index=0)["mask"]

    assert made.dtype == dtype
    assert (made[:, :10] == held).all()
    assert np.array_equal(made[:, 10:], mask[:, 10:])


def test_a_negative_value_of_unsigned_masks_is_refused() -> None:
    """-100, which losses ignore, is not a value of uint8."""
    with pytest.raises(TargetError, match="mask_fill is -100, and a mask of uint8"):
        augplug.Augmenter(augplug.step("Pad", top=2, mask_fill=-100))(image=IMAGE, mask=IMAGE[..., 0], index=0)
