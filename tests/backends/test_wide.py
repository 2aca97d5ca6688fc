"""Tones, colour, filters and noise of uint16 and float images, beside the reference; and of many channels."""

from __future__ import annotations

import itertools
import random
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import augplug
from augplug import coords, tones
from augplug._backends import default_backend
from augplug._backends.opencv_groups import groups
from augplug._backends.reference import Reference
from augplug.effects import (
    AUTOCONTRAST,
    EQUALIZE,
    AdaptiveTone,
    ColorMix,
    Effect,
    Filter,
    Noise,
    Paint,
    Region,
    Tone,
    Warp,
    contrast,
)
from augplug.ops import tone as ops
from augplug.tone_runs import join_tones
from augplug.types import Image
from tests.backends.test_dtypes import CHANNELS, DTYPES, UNITS, noise

FAST, RIGHT = default_backend(), Reference()
WORD, ROUNDED = 1.01 / 257, 1e-6 * 255
"""One level of uint16, and what is promised of floats: 1e-6 of 0..1; both in 8-bit units."""
TONES: dict[str, Tone | AdaptiveTone] = {
    "invert": Tone(ops.invert),
    "darker": Tone(tones.blend, 0.3, 0.0),
    "brighter": Tone(tones.blend, 1.7, 0.0),
    "steep": Tone(tones.blend, 9.0, 100.0),
    "black": Tone(tones.blend, 0, 0.0),
    "solarize": Tone(tones.solarize, 128.0),
    "solarize add": Tone(tones.solarize_add, 60.0, 128.0),
    "posterize": Tone(tones.posterize, 3),
    "gamma": Tone(ops.gamma, 0.4),
    "curve": Tone(ops.tone_curve, 0.2, 0.9),
    "contrast": contrast(1.6),
    "contrast down": contrast(0.2),
    "autocontrast": AUTOCONTRAST,
    "equalize": EQUALIZE,
    "fused": join_tones([Tone(tones.blend, 1.3, 0.0), Tone(tones.solarize, 90.0), Tone(ops.gamma, 1.4)]),
    "fused around": join_tones([Tone(ops.invert), EQUALIZE, Tone(tones.posterize, 5), AUTOCONTRAST]),
    "fused after": join_tones([contrast(1.4), Tone(ops.invert), EQUALIZE]),
}


def apart(effect: Effect, image: Image) -> float:
    """By how much OpenCV's values differ from the reference's, in 8-bit units."""
    before = image.copy()
    made, right = (backend.prepare(effect, image.shape, image.dtype)(image) for backend in (FAST, RIGHT))
    assert (made.dtype, made.shape, made.flags.c_contiguous) == (right.dtype, right.shape, True)
    assert not np.shares_memory(made, image)
    assert np.array_equal(before, image)
    assert made.dtype.kind != "f" or (made.min() >= 0 and made.max() <= 1)
    return float(np.abs(made.astype(np.float64) - right).max() * UNITS[image.dtype.name])


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (130, 190), (300, 260)])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4, 13])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tones_are_those_of_the_reference(dtype: str, channels: int, size: tuple[int, int]) -> None:
    """uint8 to the bit, uint16 too but for a mean on the edge of rounding, floats within 1e-6 of 0..1."""
    image = noise(dtype, channels, size)
    for scaled in (image, (image // 3 + image // 7) if dtype.startswith("uint") else image * image.dtype.type(0.4)):
        for name, effect in TONES.items():
            limit = {"uint8": 0.0, "uint16": WORD if "contrast" in name or name == "fused after" else 0.0}
            if "fused" in name and dtype == "float32":  # what one tone rounds, Equalize counts elsewhere
                continue
            far = apart(effect, np.ascontiguousarray(scaled))
            assert far <= limit.get(dtype, ROUNDED), (name, far)


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_fusing_changes_no_bit(dtype: str) -> None:
    """Of every pair of tones, and of longer runs."""
    image = noise(dtype, 3, (150, 160))
    single = [name for name in TONES if not name.startswith("fused")]
    chance = random.Random(0)  # which runs, no secret
    longer = [tuple(chance.choices(single, k=chance.randint(3, 4))) for _ in range(60)]
    every: list[tuple[str, ...]] = [*itertools.product(single, repeat=2), *longer]
    means = {name for name, made in TONES.items() if getattr(made, "statistic", "") == "gray_mean"}
    runs = [names for names in every if means.isdisjoint(names[1:])]  # fusing puts nothing before the mean grey
    for names in runs:
        alone = image
        for name in names:
            alone = FAST.prepare(TONES[name], image.shape, image.dtype)(alone)
        fused = FAST.prepare(join_tones([TONES[name] for name in names]), image.shape, image.dtype)(image)
        assert np.array_equal(fused, alone), names


FILTERS = {
    "gaussian": Filter(kernel="gaussian", arguments=(1.7,)),
    "sharpen": Filter(kernel="gaussian", arguments=(1.0,), factor=1.8),
    "line": Filter(kernel="line", arguments=(9.0, 30.0)),
    "sharpness": Filter(kernel="smooth3", border="keep", factor=1.7),
    "smooth": Filter(kernel="smooth3", border="keep"),
}


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (37, 53)])
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_filters_keep_the_tolerance(dtype: str, channels: int, size: tuple[int, int]) -> None:
    image = noise(dtype, channels, size)
    for name, effect in FILTERS.items():
        limit = {"uint8": 0.0 if effect.kernel == "smooth3" else 1 + abs(effect.factor), "uint16": 2 * WORD}
        far = apart(effect, image)
        assert far <= limit.get(dtype, ROUNDED), (name, far)


@pytest.mark.parametrize("dtype", DTYPES)
def test_mixed_channels_keep_the_tolerance(dtype: str) -> None:
    """Blends with grey, matrices, and channels in another order: these to the bit, of any number."""
    limit = {"uint8": 1.0, "uint16": WORD}.get(dtype, ROUNDED)
    image = noise(dtype, 3, (60, 70))
    for factor in (0.0, 0.4, 1.9, 5.0):
        assert apart(ColorMix(gray_blend=factor), image) <= (0 if dtype == "uint8" else limit)
    rng = np.random.default_rng(4)
    for rows, columns in ((3, 3), (1, 3), (3, 1), (4, 4), (2, 4), (4, 13)):
        matrix = tuple(map(tuple, rng.uniform(-1, 1, (rows, columns)).tolist()))
        assert apart(ColorMix(matrix=matrix), noise(dtype, columns, (60, 70))) <= limit
    for channels in (2, 3, 4, 5, 13):
        order = rng.permutation(channels)
        image = noise(dtype, channels, (20, 30))
        made = FAST.prepare(
            ColorMix(matrix=tuple(map(tuple, np.eye(channels)[order].tolist()))), image.shape, image.dtype
        )(image)
        assert np.array_equal(made, image[..., order])


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_and_paint_are_those_of_the_reference(dtype: str, channels: int) -> None:
    image = noise(dtype, channels, (150, 40))
    limit = {"uint8": 0.0, "uint16": WORD}.get(dtype, ROUNDED)
    assert apart(Noise(key=7, std=20.0), image) <= limit
    regions = (Region(2, 3, 20, 30), Region(15, 0, 40, 9))
    assert apart(Paint(regions=regions, value=77.0), image) == 0
    assert apart(Paint(regions=regions, key=99), image) == 0
    if channels:
        fills = tuple(float(9 * channel) for channel in range(channels))
        assert apart(Paint(regions=regions, value=fills), image) == 0


def test_nothing_of_many_channels_or_words_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """But what OpenCV does not have: a matrix of more than four rows, a side above 32,766 pixels."""

    def refuse(self: Reference, effect: Effect, *rest: object) -> None:
        raise AssertionError(f"{effect} is left to the reference")

    monkeypatch.setattr(Reference, "prepare", refuse)
    effects = [*TONES.values(), *FILTERS.values(), Noise(key=1, std=3.0), Paint(regions=())]
    for dtype in DTYPES:
        for channels in (0, 1, 3, 5, 13):
            image = noise(dtype, channels)
            for effect in effects:
                FAST.prepare(effect, image.shape, image.dtype)


def test_a_function_may_say_that_it_is_affine() -> None:
    assert tones.is_affine(tones.blend)
    assert tones.is_affine(ops.invert)
    assert not tones.is_affine(tones.solarize)
    assert augplug.Tone(ops.invert).function is ops.invert


def test_hundreds_of_channels_are_rendered() -> None:
    """OpenCV takes at most 128 at once."""
    image = noise("uint16", 300, (9, 11))
    for name, effect in {**TONES, **FILTERS, "noise": Noise(key=3, std=9.0)}.items():
        far = apart(effect, image)
        sys.stdout.write(f"{name} {far:.4f}\n")
        assert far <= 2 * WORD, name


def halves() -> Any:
    """Return float32 values on and beside every threshold of 255, and a little outside 0..1."""
    exact = (np.arange(256) / 255).astype(np.float32)
    beside = [np.nextafter(exact, np.float32(end)) for end in (-1, 2)]
    further = [np.nextafter(one, np.float32(end)) for one, end in zip(beside, (-1, 2), strict=True)]
    rng = np.random.default_rng(5)
    values = [exact, *beside, *further, rng.uniform(-9e-4, 1 + 9e-4, 720).astype(np.float32)]
    return np.concatenate(values).reshape(40, 50)


@pytest.mark.parametrize("bits", range(1, 9))
def test_every_value_falls_on_its_step(bits: int) -> None:
    """The right step is that of exact fractions: a float32 is one."""
    image = halves()
    made = FAST.prepare(Tone(tones.posterize, bits), image.shape, image.dtype)(image)
    step = 2 ** (8 - bits)
    exact = [max(int(Fraction(float(value)) * 255 // step), 0) * step / 255 for value in image.reshape(-1)]
    np.testing.assert_allclose(made.reshape(-1), exact, rtol=0, atol=2e-7)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0, 25.6, 127.0, 128.0, 254.9, 255.0, 255.1, 256.0])
def test_every_value_falls_on_its_side(threshold: float) -> None:
    image = halves()
    below = np.array([Fraction(float(value)) * 255 < Fraction(threshold) for value in image.reshape(-1)])
    below = below.reshape(image.shape)
    turned = FAST.prepare(Tone(tones.solarize, threshold), image.shape, image.dtype)(image)
    np.testing.assert_allclose(turned, np.clip(np.where(below, image, 1 - image), 0, 1), rtol=0, atol=2e-7)
    lighter = FAST.prepare(Tone(tones.solarize_add, 60.0, threshold), image.shape, image.dtype)(image)
    right = np.clip(np.where(below, image + np.float32(60 / 255), image), 0, 1)
    np.testing.assert_allclose(lighter, right, rtol=0, atol=2e-7)


@pytest.mark.parametrize("backend", [FAST, RIGHT])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_value_just_below_0_has_a_power(backend: Any, dtype: str) -> None:
    """Other libraries' resampling overshoots by a little, and a power of a negative number is NaN."""
    image = np.array([[-0.0005, 0.0, 0.25, 1.0, 1.0005]], dtype)
    made = backend.prepare(Tone(ops.gamma, 1.5), image.shape, image.dtype)(image)
    np.testing.assert_allclose(made, [[0, 0, 0.125, 1, 1]], rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 1), (9, 11, 5), (90, 110, 3), (90, 110, 13), (300, 290, 6)])
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_extremes_are_those_of_each_channel(shape: tuple[int, ...], dtype: str) -> None:
    """Channels with extremes of their own, and channels that share them; by numpy, in float64."""
    rng = np.random.default_rng(6)
    for shared in (False, True):
        values = rng.uniform(0.2, 0.7, shape)
        if not shared and len(shape) == 3:
            values *= np.linspace(0.5, 1, shape[2])
        if shared:
            values[0, 0], values[-1, -1] = 0.1, 0.9
        image = values.astype(dtype) if dtype.startswith("f") else (values * 65535).astype(dtype)
        made = FAST.prepare(AUTOCONTRAST, image.shape, image.dtype)(image)
        wide = image.astype(np.float64)
        low, high = wide.min(axis=(0, 1)), wide.max(axis=(0, 1))
        right = (wide - low) / (high - low)
        step = 1e-6 if dtype.startswith("f") else 1 / 65535
        np.testing.assert_allclose(made if dtype.startswith("f") else made / 65535, right, rtol=0, atol=step)


@pytest.mark.parametrize("channels", [0, 1, 3, 5])
def test_few_words_are_equalized_as_many(channels: int) -> None:
    """The levels of a small image are those of the reference's table of 65,536."""
    rng = np.random.default_rng(7)
    shape = (31, 23, channels) if channels else (31, 23)
    for image in (rng.integers(0, 65536, shape), rng.integers(300, 310, shape), np.full(shape, 777)):
        words = image.astype(np.uint16)
        for effect in (EQUALIZE, join_tones([Tone(ops.invert), EQUALIZE, Tone(tones.posterize, 5)])):
            made, right = (one.prepare(effect, words.shape, words.dtype)(words) for one in (FAST, RIGHT))
            np.testing.assert_array_equal(made, right)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [5, 6, 7, 13])
def test_a_group_of_channels_is_an_image_of_its_own(channels: int, dtype: str, interpolation: Any) -> None:
    """Large enough for what a kernel keeps while it runs: a group of three is warped through a fourth channel."""
    image = noise(dtype, channels, (150, 140))
    effect = Warp(transform=coords.rotation(20, 140, 150), size=(160, 130), interpolation=interpolation, fill=9.0)
    made = FAST.prepare(effect, image.shape, image.dtype)(image)
    for place in groups(channels):
        own = np.ascontiguousarray(image[..., place])
        own = own[..., 0] if own.shape[2] == 1 else own
        right = FAST.prepare(effect, own.shape, own.dtype)(own)
        np.testing.assert_array_equal(made[..., place].reshape(right.shape), right)
