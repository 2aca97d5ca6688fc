"""Tones, colour, filters and noise of uint16 and float images, beside the reference; and of many channels."""

from __future__ import annotations

import itertools
import random
import sys

import numpy as np
import pytest

import augplug
from augplug import tones
from augplug._backends import default_backend
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
    "solarize": Tone(ops.solarize, 128.0),
    "solarize add": Tone(ops.solarize_add, 60.0, 128.0),
    "posterize": Tone(ops.posterize, 3),
    "gamma": Tone(ops.gamma, 0.4),
    "curve": Tone(ops.tone_curve, 0.2, 0.9),
    "contrast": contrast(1.6),
    "contrast down": contrast(0.2),
    "autocontrast": AUTOCONTRAST,
    "equalize": EQUALIZE,
    "fused": join_tones([Tone(tones.blend, 1.3, 0.0), Tone(ops.solarize, 90.0), Tone(ops.gamma, 1.4)]),
    "fused around": join_tones([Tone(ops.invert), EQUALIZE, Tone(ops.posterize, 5), AUTOCONTRAST]),
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
    assert not tones.is_affine(ops.solarize)
    assert augplug.Tone(ops.invert).function is ops.invert


def test_hundreds_of_channels_are_rendered() -> None:
    """OpenCV takes at most 128 at once."""
    image = noise("uint16", 300, (9, 11))
    for name, effect in {**TONES, **FILTERS, "noise": Noise(key=3, std=9.0)}.items():
        far = apart(effect, image)
        sys.stdout.write(f"{name} {far:.4f}\n")
        assert far <= 2 * WORD, name
