"""Every operation on every kind of image: what must succeed does and keeps dtype, channels and input."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import augplug
from augplug.types import Image
from tests import operations

DTYPES = ("uint8", "uint16", "float32", "float64", ">u2", ">f4", ">f8")
NO_DTYPES = ("bool", "int64", "float16", "complex128", "object")
CHANNELS = (None, 1, 2, 3, 4, 5, 13)
LAYOUTS = ("c", "fortran", "negative", "view", "readonly")
SMALL, MIDDLE, LARGE = ((0, 0), (1, 1), (1, 64)), (33, 47), (224, 200)
"""Small images go through every layout, the others through one in turn: a layout ends where the image is checked."""


def make(dtype: str, channels: int | None, layout: str, size: tuple[int, int]) -> Image:
    """Return an image of that kind with values over the whole range."""
    shape = size if channels is None else (*size, channels)
    real = np.random.default_rng(sum(size)).random(shape)
    kind = np.dtype(dtype)
    top = {"u": np.iinfo(kind).max if kind.kind == "u" else 0, "f": 1}.get(kind.kind, 1)
    image: Image = (real * top).astype(kind)
    if layout == "fortran":
        image = np.asfortranarray(image)
    elif layout == "negative":
        image = image[::-1, ::-1]
    elif layout == "view":
        image = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)[::2, ::2]
    elif layout == "readonly":
        image.flags.writeable = False
    return image


def cases() -> Iterator[tuple[str, int | None, str, tuple[int, int]]]:
    """Yield the combinations of dtype, channels, layout and size."""
    every = (*DTYPES, *NO_DTYPES)
    yield from itertools.product(every, CHANNELS, LAYOUTS, SMALL)
    for place, (dtype, channels) in enumerate(itertools.product(every, CHANNELS)):
        yield dtype, channels, LAYOUTS[place % len(LAYOUTS)], MIDDLE
    yield "uint8", 3, "view", LARGE
    yield "float32", None, "negative", LARGE


def must_succeed(name: str, dtype: str, channels: int | None, size: tuple[int, int]) -> bool:
    """The table: everything on every image but on no pixels, foreign dtypes, and colour where there is none."""
    if dtype in NO_DTYPES or size == (0, 0):
        return False
    return channels in (None, 1, 3) or name not in operations.NEED_RGB


def call(augment: Any, name: str, image: Image, index: int) -> Image:
    """Augment, with a partner where one is needed."""
    made: Image = augment(image, index=index, **({"partner": image} if name in operations.MIXING else {}))
    return made


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("name", operations.names())
def test_every_operation_on_every_image(name: str, backend: str) -> None:
    """No dtype, shape or input changes silently, and every error is augplug's own."""
    augment = augplug.Augmenter(operations.step(name), seed=5, backend=backend)
    succeeded = 0
    for index, (dtype, channels, layout, size) in enumerate(cases()):
        image = make(dtype, channels, layout, size)
        before = image.copy()
        told = f"{name} {dtype} {channels} {layout} {size}"
        try:
            made = call(augment, name, image, index)
        except augplug.AugplugError:
            assert not must_succeed(name, dtype, channels, size), told
            continue
        succeeded += 1
        assert dtype not in NO_DTYPES, told
        assert made.dtype == image.dtype.newbyteorder("="), told
        assert made.dtype.isnative, told
        assert made.shape[:2] in operations.size_after(name, *size), told
        assert made.shape[2:] == image.shape[2:], told
        assert not np.shares_memory(made, image), told
        assert np.array_equal(image, before), told
    assert succeeded >= len(DTYPES) * 11 * 3


def test_the_matrix_is_as_large_as_it_says() -> None:
    """Every operation of the registry is in it."""
    combinations = sum(1 for _ in cases())

    assert len(operations.names()) >= 48
    assert combinations * len(operations.names()) * 2 > 100_000


@pytest.mark.parametrize("name", operations.names())
def test_layout_and_byte_order_change_no_value(name: str) -> None:
    """The same values in another layout or byte order give the same result."""
    augment = augplug.Augmenter(operations.step(name), seed=5)
    for native, swapped in (("uint16", ">u2"), ("float32", ">f4")):
        image = make(native, 3, "c", MIDDLE)
        expected = call(augment, name, image, 3)
        for other in (image.astype(swapped), np.asfortranarray(image), image[::-1].copy()[::-1]):
            assert np.array_equal(call(augment, name, other, 3), expected)


def test_the_largest_image_is_settable() -> None:
    """max_pixels holds for images and is named in the error."""
    augment = augplug.Augmenter("randaugment", max_pixels=100)

    assert augment(make("uint8", 3, "c", (10, 10)), index=0).shape == (10, 10, 3)
    with pytest.raises(augplug.ImageError, match=r"\(10, 11, 3\).*100 pixels.*max_pixels"):
        augment(make("uint8", 3, "c", (10, 11)), index=0)


def formula(name: str, value: Any) -> Any:
    """Tones in float64 on [0, 1], from their definitions."""
    grey = value @ [19595 / 65536, 38470 / 65536, 7471 / 65536]
    made = {
        "Brightness": lambda: value * 1.3,
        "Contrast": lambda: grey.mean() + 1.3 * (value - grey.mean()),
        "Invert": lambda: 1 - value,
        "Solarize": lambda: np.where(value < 100 / 255, value, 1 - value),
        "Gamma": lambda: value**1.3,
    }[name]()
    return np.clip(made, 0, 1)


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Brightness", {"factor": 1.3}),
        ("Contrast", {"factor": 1.3}),
        ("Invert", {}),
        ("Solarize", {"threshold": 100}),
        ("Gamma", {"gamma": 1.3}),
    ],
)
def test_floats_are_not_quantised(name: str, fields: dict[str, Any], backend: str) -> None:
    """Float tones are within 1e-6 of their formulas."""
    augment = augplug.Augmenter(augplug.step(name, **fields), backend=backend)
    for dtype in ("float32", "float64"):
        image = make(dtype, 3, "c", MIDDLE)
        made = augment(image, index=0)
        assert np.abs(made.astype(np.float64) - formula(name, image.astype(np.float64))).max() <= 1e-6
