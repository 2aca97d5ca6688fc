"""OpenCV beside the reference on noise: fields, area, blurs and mixed channels keep the tolerances of backends.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product

import cv2
import numpy as np
import pytest

from augplug import coords
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug.effects import AdaptiveTone, ColorMix, DisplacementField, Effect, Filter, Warp
from augplug.tones import equalize
from augplug.types import Image, Interpolation

FAST, RIGHT = OpenCV(), Reference()
MAJOR = int(cv2.__version__.split(".", maxsplit=1)[0])
MOST: dict[tuple[int, str], int] = {
    (5, "linear"): 1,
    (5, "cubic"): 1,
    (5, "area"): 1,
    (4, "linear"): 9,
    (4, "cubic"): 12,
    (4, "area"): 9,
}
"""OpenCV by major version: the most by which a resampled value differs; two channels count as version 4."""
NEAREST_SHARE = 0.001
"""Pixels that may come from a neighbour: where the input point is half-way but for rounding to float32."""
SIZES = [(1, 1), (1, 40), (40, 1), (3, 5), (33, 47), (120, 101)]


def images(channels: int) -> Iterator[Image]:
    """Noise of every size."""
    rng = np.random.default_rng(channels)
    for size in SIZES:
        yield rng.integers(0, 256, size if channels == 0 else (*size, channels), dtype=np.uint8)


def difference(effect: Effect, image: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """How far OpenCV's values are from the reference's."""
    made, right = (backend.prepare(effect, image.shape, image.dtype)(image) for backend in (FAST, RIGHT))
    assert made.shape == right.shape
    assert made.dtype == right.dtype
    return np.abs(made.astype(np.int64) - right.astype(np.int64))


def fields_on(image: Image, interpolation: Interpolation) -> Iterator[Warp]:
    """Fields of every kind, up to the strongest."""
    rng = np.random.default_rng(3)
    height, width = image.shape[:2]
    for kind, _ in product(("elastic", "grid", "radial"), range(4)):
        spacing = float(np.hypot(height, width) / 2 if kind == "radial" else rng.uniform(2, 64))
        field = DisplacementField(kind, int(rng.integers(1 << 40)), spacing, spacing * 0.2 * float(rng.uniform(-1, 1)))  # type: ignore[arg-type]  # one of its kinds
        yield Warp(transform=field, size=(height, width), interpolation=interpolation, fill=77.0)


@pytest.mark.parametrize("channels", range(6))
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_fields_keep_the_tolerance(interpolation: Interpolation, channels: int) -> None:
    """As other warps. `pytest -s` prints it."""
    worst = max(int(difference(e, image).max()) for image in images(channels) for e in fields_on(image, interpolation))
    sys.stdout.write(f"\nfields, {interpolation}, {channels} channels: off by up to {worst}\n")
    assert worst <= MOST[4 if channels == 2 else MAJOR, interpolation]


@pytest.mark.parametrize("channels", [0, 3])
def test_fields_show_the_nearest_pixel(channels: int) -> None:
    """But for those half-way."""
    *_, image = images(channels)
    shares = [float((difference(effect, image) > 0).mean()) for effect in fields_on(image, "nearest")]
    assert max(shares) <= NEAREST_SHARE


@pytest.mark.parametrize("last", [(0.0, 0.0, 1.0), (2e-4, -1e-4, 1.0)])
@pytest.mark.parametrize("fill", [(0.0, 0.0, 0.0), (255.0, 254.0, 255.0), (1.0, 0.0, 128.0)])
def test_packed_pixels_move_as_single_channels(last: tuple[float, float, float], fill: tuple[float, ...]) -> None:
    """Large RGB images are packed into float32 for nearest neighbour: no bit is lost, of whatever a float may be."""
    image = np.random.default_rng(4).integers(0, 256, (200, 210, 3), dtype=np.uint8)
    image[:60], image[60:90] = 255, 0
    transform = ((0.8, 0.3, 9.0), (-0.35, 0.9, 60.0), last)
    made = FAST.prepare(
        Warp(transform=transform, size=(200, 210), interpolation="nearest", fill=fill), image.shape, image.dtype
    )(image)
    for channel in range(3):
        alone = Warp(transform=transform, size=(200, 210), interpolation="nearest", fill=fill[channel])
        plane = np.ascontiguousarray(image[..., channel])
        np.testing.assert_array_equal(made[..., channel], FAST.prepare(alone, plane.shape, plane.dtype)(plane))


@pytest.mark.parametrize("channels", range(6))
def test_area_keeps_the_tolerance(channels: int) -> None:
    """Whole images and cuts along the edges of pixels, made smaller and larger. `pytest -s` prints it."""
    rng = np.random.default_rng(5)
    worst = 0
    for image, number in product(images(channels), range(12)):
        height, width = image.shape[:2]
        left, top = (0, 0) if number < 4 else (int(rng.integers(0, width)), int(rng.integers(0, height)))
        right, bottom = (width, height) if number < 4 else (width - int(rng.integers(0, width - left)), height)
        size = (int(rng.integers(1, 2 * height + 3)), int(rng.integers(1, 2 * width + 3)))
        transform = coords.crop_resize((left, top, right, bottom), *size)
        worst = max(worst, int(difference(Warp(transform=transform, size=size, interpolation="area"), image).max()))
    sys.stdout.write(f"\narea, {channels} channels: off by up to {worst}\n")
    assert worst <= MOST[4 if channels == 2 else MAJOR, "area"]


@pytest.mark.parametrize("channels", range(6))
def test_a_linear_resize_keeps_the_tolerance(channels: int) -> None:
    """Smaller: by OpenCV's resize; larger: by its warp."""
    rng = np.random.default_rng(6)
    worst = 0
    for image, number in product(images(channels), range(8)):
        height, width = image.shape[:2]
        most = 2 if number % 2 else 1
        size = (int(rng.integers(1, most * height + 1)), int(rng.integers(1, most * width + 1)))
        transform = coords.crop_resize((0, 0, width, height), *size)
        effect = Warp(transform=transform, size=size, interpolation="linear", fill=77.0)
        worst = max(worst, int(difference(effect, image).max()))
    assert worst <= MOST[4 if channels == 2 else MAJOR, "linear"]


def test_area_between_pixels_is_the_reference() -> None:
    """A cut through pixels is not OpenCV's."""
    image = next(image for image in images(3) if image.shape[0] == 33)
    transform = coords.crop_resize((1.5, 2.25, 40.1, 30.0), 10, 12)
    assert difference(Warp(transform=transform, size=(10, 12), interpolation="area"), image).max() == 0


@pytest.mark.parametrize("channels", range(6))
def test_blurs_keep_the_tolerance(channels: int) -> None:
    """Within 1 before the blend with the image, which multiplies it. `pytest -s` prints it."""
    arguments: dict[str, list[tuple[float, ...]]] = {
        "gaussian": [(0.4,), (1.5,), (7.0,)],
        "line": [(1.0, 0.0), (2.5, 30.0), (9.0, 90.0), (15.0, 101.0)],
    }
    worst = 0
    for image, (kernel, several) in product(images(channels), arguments.items()):
        for given in several:
            effect = Filter(kernel=kernel, arguments=given)  # type: ignore[arg-type]  # one of its kernels
            worst = max(worst, int(difference(effect, image).max()))
    sys.stdout.write(f"\nblurs, {channels} channels: off by up to {worst}\n")
    assert worst <= 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_mixed_channels_keep_the_tolerance(channels: int) -> None:
    """Matrices to fewer and to more channels. `pytest -s` prints it."""
    rng = np.random.default_rng(channels)
    worst = 0
    for image, out in product(images(channels), range(1, 6)):
        matrix = tuple(map(tuple, rng.normal(0.3, 0.5, (out, channels)).tolist()))
        worst = max(worst, int(difference(ColorMix(matrix=matrix), image).max()))
    sys.stdout.write(f"\nmatrices, {channels} channels: off by up to {worst}\n")
    assert worst <= 1


@pytest.mark.parametrize("channels", range(5))
@pytest.mark.parametrize("side", [91, 400])
def test_tables_of_an_image_are_those_of_the_reference(side: int, channels: int) -> None:
    """To the bit, whether OpenCV looks up pixels or planes, and the image itself stays as it was."""
    size = (side, side) if channels == 0 else (side, side, channels)
    image = np.clip(np.random.default_rng(5).normal(90, 40, size), 0, 255).astype(np.uint8)
    before = image.copy()

    assert not difference(AdaptiveTone("histogram", equalize), image).any()
    np.testing.assert_array_equal(image, before)
