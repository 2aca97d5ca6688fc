"""What OpenCV renders to the reference's bit: cuts, paint, noise, blends, moved channels; and what that rests on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from augplug import coords
from augplug._backends import noise, opencv_area, opencv_noise, opencv_packing
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._backends.scratch import scratch
from augplug.effects import Blend, ColorMix, DisplacementField, Effect, Filter, Noise, Paint, Region, Warp
from augplug.types import Image, Interpolation

FAST, RIGHT = OpenCV(), Reference()
SHAPES = [(1, 1), (1, 1, 3), (7, 5), (13, 9, 1), (9, 13, 2), (31, 17, 3), (8, 8, 4), (6, 7, 5), (150, 131, 3)]
INTERPOLATIONS: tuple[Interpolation, ...] = ("nearest", "linear", "cubic", "area")


def noise_image(shape: tuple[int, ...], seed: int = 0) -> Image:
    """Noise of a shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def same(effect: Effect, image: Image) -> None:
    """Render on both backends, and compare; the image is not touched."""
    before = image.copy()
    made, right = (backend.prepare(effect, image.shape, image.dtype)(image) for backend in (FAST, RIGHT))
    assert made.dtype == right.dtype
    np.testing.assert_array_equal(made, right)
    assert made.flags.c_contiguous
    assert not np.shares_memory(made, image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_cuts_and_margins_are_exact(interpolation: Interpolation, shape: tuple[int, ...]) -> None:
    """A shift by whole pixels onto a canvas of any size: inside, over each edge, and wholly outside."""
    height, width = shape[:2]
    fill = tuple(range(10, 10 + shape[2])) if len(shape) == 3 else 7.0
    for dx, dy in [(0, 0), (-1, -2), (2, 1), (-3, 4), (width, 0), (0, -height), (-width - 5, 3 * height), (99999, 0)]:
        for size in [(height, width), (1, 1), (height + 3, width + 2), (max(1, height - 2), width + 1)]:
            transform = coords.translation(float(dx), float(dy))
            same(Warp(transform=transform, size=size, interpolation=interpolation, fill=fill), noise_image(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_paint_is_exact(shape: tuple[int, ...]) -> None:
    """One value, one a channel, and the noise of a key; regions may overlap."""
    height, width = shape[:2]
    regions = (Region(0, 0, 1, 1), Region(height // 2, width // 3, height, width), Region(0, width // 2, height, width))
    fill = tuple(range(10, 10 + shape[2])) if len(shape) == 3 else 7.0
    for effect in (
        Paint(regions=regions, value=3.9),
        Paint(regions=regions, value=fill),
        Paint(regions=regions, key=5),
    ):
        same(effect, noise_image(shape))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("deviation", [0.0, 0.3, 1.0, 12.75, 80.0, 1e6])
def test_noise_is_exact(deviation: float, shape: tuple[int, ...]) -> None:
    """By table and without one; numbers half-way between integers go up on both backends."""
    same(Noise(key=2**53 - 1, std=deviation), noise_image(shape))


def test_noise_by_numpy_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV 4 has no tables of 65,536 values; numpy looks up there."""
    monkeypatch.setattr(opencv_noise, "WIDE_TABLES", False)
    same(Noise(key=8, std=20.0), noise_image((150, 131, 3)))


@pytest.mark.parametrize("key", [0, 7, 2**53 - 1, 2**64 + 3])
def test_words_are_those_of_philox(key: int) -> None:
    """From any block on, whatever was drawn before; and some bytes are those of all."""
    right = np.random.Philox(key=key).random_raw(64)
    for block in (0, 1, 5):
        np.testing.assert_array_equal(noise.words(key, 7, block), right[4 * block : 4 * block + 7])
    every = noise.uniform_bytes(key, (500,))
    np.testing.assert_array_equal(every, np.random.Philox(key=key).random_raw(63).astype("<u8").view(np.uint8)[:500])
    for first, last in [(0, 1), (31, 33), (32, 64), (77, 500)]:
        np.testing.assert_array_equal(noise.some_bytes(key, first, last), every[first:last])


@pytest.mark.parametrize("shape", SHAPES)
def test_blends_are_exact(shape: tuple[int, ...]) -> None:
    """Sums that fall half-way, weights beyond 1 and below 0, chains that change the canvas on their way."""
    transposed = (shape[1], shape[0])
    there = Warp(transform=coords.TRANSPOSITION, size=transposed)
    back = Warp(transform=coords.TRANSPOSITION, size=(shape[0], shape[1]))
    shift = Warp(transform=coords.translation(1.0, 0.0), size=transposed, fill=255.0)
    chains: tuple[tuple[Effect, ...], ...] = ((), (there, shift, back), (Noise(key=3, std=30.0),))
    for weights in [(0.5, 0.25, 0.25), (0.1, 0.2, 0.7), (1.5, 0.5, -0.5), (-1.0, 0.25, 0.25)]:
        same(Blend(weights, chains), noise_image(shape))


@pytest.mark.parametrize("order", [(0, 2, 1), (1, 2, 0), (2, 1, 0), (2, 2, 0)])
def test_channels_in_another_order_are_exact(order: tuple[int, ...]) -> None:
    """A matrix that only moves channels."""
    matrix = tuple(tuple(float(column == source) for column in range(3)) for source in order)
    same(ColorMix(matrix=matrix), noise_image((150, 131, 3)))


TURN = coords.rotation(20.0, 150, 131)
PACKED = [
    Warp(transform=TURN, size=(150, 131), interpolation="nearest", fill=(1.0, 0.0, 128.0)),
    Warp(transform=TURN, size=(150, 131), interpolation="linear", fill=(1.0, 0.0, 128.0)),
    Warp(transform=(*TURN[:2], (1e-4, 2e-4, 1.0)), size=(120, 160), interpolation="linear", fill=9.0),
    Warp(transform=DisplacementField("elastic", 3, 20.0, 4.0), size=(150, 131), interpolation="linear", fill=9.0),
    Warp(transform=coords.crop_resize((10, 20, 110, 120), 130, 140), size=(130, 140), interpolation="area"),
]


@pytest.mark.parametrize("effect", PACKED)
def test_a_fourth_byte_changes_no_bit(effect: Warp, monkeypatch: pytest.MonkeyPatch) -> None:
    """RGB goes through a warp packed and as it is."""
    image = noise_image((150, 131, 3))
    made = FAST.prepare(effect, image.shape, image.dtype)(image)
    monkeypatch.setattr(opencv_packing, "_FROM", {})
    plain = FAST.prepare(effect, image.shape, image.dtype)(image)
    if cv2.__version__.startswith("5"):
        np.testing.assert_array_equal(made, plain)
    assert np.abs(made.astype(int) - plain).max() <= 1


BUSY: list[Effect] = [
    *PACKED,
    Warp(transform=DisplacementField("grid", 1, 40.0, 8.0), size=(150, 131), interpolation="linear"),
    Filter(kernel="line", arguments=(9.0, 30.0)),
    Noise(key=1, std=20.0),
    Blend((0.3, 0.7), ((), (Noise(key=4, std=9.0),))),
    Warp(transform=coords.crop_resize((0, 0, 131, 150), 77, 90), size=(77, 90), interpolation="area"),
]


@given(st.one_of(st.sampled_from([0.0, 0.5, 0.1, 0.3, 0.35, 1 / 3, 1.0]), st.floats(0, 1)))
@example(0.5 / 77 - 2.0**-22)  # the half lies within the nudge
def test_two_images_are_weighed_to_the_bit(weight: float) -> None:
    """Every pair of values: in float32, in float64, and by the table that images of so many values have."""
    mine, theirs = np.mgrid[0:256, 0:256].astype(np.uint8)
    for rows in (1 << 8, 1 << 7):
        one, other = mine[:rows], theirs[:rows]
        right = np.floor((1 - weight) * one.astype(float) + weight * other.astype(float) + 0.5)
        for backend in (FAST, RIGHT):
            np.testing.assert_array_equal(backend.weighted_sum(one, other, weight), right)


@pytest.mark.parametrize("shape", SHAPES)
def test_images_of_any_shape_are_weighed(shape: tuple[int, ...]) -> None:
    """Grey, one channel and many; floats too."""
    for scale in (1, np.float32(1 / 255)):
        one, other = noise_image(shape) * scale, noise_image(shape, 1) * scale
        made, right = FAST.weighted_sum(one, other, 0.4), RIGHT.weighted_sum(one, other, 0.4)
        assert (made.shape, made.dtype) == (right.shape, one.dtype)
        np.testing.assert_array_equal(made, right)


def test_threads_do_not_share_scratch() -> None:
    """Kernels of several threads at once give what one thread gives."""
    images = [noise_image((150, 131, 3), seed) for seed in range(6)]
    kernels = [FAST.prepare(effect, images[0].shape, images[0].dtype) for effect in BUSY]
    jobs: list[tuple[Any, Image]] = [(kernel, image) for _ in range(8) for kernel in kernels for image in images]
    alone = [kernel(image) for kernel, image in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: job[0](job[1]), jobs))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_scratch_is_kept_and_large_arrays_are_not() -> None:
    """The same memory for the same use, whatever the shape; another for another use."""
    first = scratch(7, (200, 400), np.float32)
    assert np.shares_memory(first, scratch(7, (300, 500), np.uint8))
    assert not np.shares_memory(first, scratch(8, (200, 400), np.float32))
    small = scratch(7, (4, 4), np.float32)
    assert not np.shares_memory(small, scratch(7, (4, 4), np.float32))
    large = scratch(7, (1 << 24, 2), np.uint8)
    assert not np.shares_memory(large, scratch(7, (1 << 24, 2), np.uint8))


def test_cuts_are_found_at_edges_of_pixels_alone() -> None:
    """The rows and columns that a crop shows; nothing between pixels, beyond the image or turned."""

    def found(left: float, top: float, right: float, bottom: float) -> Any:
        transform = coords.crop_resize((left, top, right, bottom), 13, 17)
        return opencv_area.cuts(transform, (13, 17), (150, 131, 3))

    assert found(3, 20, 90, 150) == (opencv_area.Cut(20, 150, 13), opencv_area.Cut(3, 90, 17))
    assert found(3, 20, 90, 150.5) is None
    assert found(3, 20.25, 90, 150) is None
    assert found(3, 20, 132, 150) is None
    assert found(-1, 20, 90, 150) is None
    assert opencv_area.cuts(TURN, (13, 17), (150, 131, 3)) is None
