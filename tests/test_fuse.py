"""Fusing at level `exact` changes no bit, on either backend, and does fuse what it claims to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import augplug
from augplug import coords
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV, histograms
from augplug._backends.reference import Reference
from augplug._policies.draw import Drawn, compile_policy
from augplug._policies.grammar import Node, Policy
from augplug.distributions import Integers
from augplug.effects import Effect, Tone, ToneFrom, Warp
from augplug.fuse import FuseLevel, fuse
from augplug.ops.base import Operation
from augplug.ops.color import Color
from augplug.ops.geometry import HorizontalFlip, Rotate, TranslateX, VerticalFlip
from augplug.ops.tone import AutoContrast, Contrast, Equalize, Invert, Posterize, Solarize
from augplug.rendering import canvas_of, describe, prepare, run
from augplug.rng import Stream, key_of
from augplug.types import Canvas, Image

BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
PLANS = 10_000
"""Random plans in all, over both backends."""
TONES = ["Invert", "AutoContrast", "Equalize", "Solarize", "SolarizeAdd", "Posterize", "Brightness", "Contrast"]
TURNS = ["HorizontalFlip", "VerticalFlip"]
OTHERS = ["Color", "Sharpness", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Cutout", "Identity"]


def _step(name: str) -> Node:
    about = augplug.operations()[name].about
    if about.level_field is not None:
        return augplug.step(name, level=Integers(0, 30))
    return augplug.step(name)


ANY = Policy(
    # Mostly tones and flips, because they are what fuses; everything else, because it must not be crossed.
    augplug.some_of({"integers": [1, 6]}, *map(_step, TONES * 3 + TURNS * 3 + OTHERS)),
    scale="randaugment",
)
DRAW = compile_policy(ANY)


def _image(number: int) -> Image:
    rng = np.random.default_rng(number)
    height, width = (int(side) for side in rng.integers(1, 13, 2))
    shape = (height, width, 3) if number % 3 else (height, width)
    low, high = sorted(int(end) for end in rng.integers(0, 257, 2))
    return rng.integers(low, max(high, low + 1), shape).astype(np.uint8)


def _rendered(items: tuple[Drawn, ...], image: Image, level: FuseLevel, backend: Backend) -> Image:
    return run(prepare(items, image, level, backend), image)


@pytest.mark.parametrize("name", BACKENDS)
def test_exact_equals_none_for_ten_thousand_plans(name: str) -> None:
    """Each of 5,000 random plans a backend gives the same bytes fused and unfused."""
    backend = BACKENDS[name]
    different = []
    for number in range(PLANS // len(BACKENDS)):
        drawn: list[Drawn] = []
        DRAW(Stream(ANY.digest, key_of(7, 0, number)), drawn)  # type: ignore[arg-type]  # no blends in this policy
        image = _image(number)
        made = [_rendered(tuple(drawn), image, level, backend) for level in ("none", "exact")]
        if not np.array_equal(made[0], made[1]):
            different.append(number)

    assert different == []


@given(st.integers(0, 2**32), st.sampled_from(sorted(BACKENDS)))
def test_exact_equals_none_wherever_hypothesis_looks(number: int, name: str) -> None:
    """The same law on plans and images that Hypothesis chooses."""
    drawn: list[Drawn] = []
    DRAW(Stream(ANY.digest, key_of(8, 0, number)), drawn)  # type: ignore[arg-type]  # no blends in this policy
    image = _image(number)
    made = [_rendered(tuple(drawn), image, level, BACKENDS[name]) for level in ("none", "exact")]

    assert np.array_equal(made[0], made[1])


@pytest.mark.parametrize("name", BACKENDS)
def test_large_images_push_histograms_through_tables_to_the_bit(name: str) -> None:
    """From 8,192 pixels on, OpenCV's backend takes one histogram for a run: the bytes are those of single steps."""
    photograph = np.random.default_rng(0).integers(20, 200, (100, 90, 3)).astype(np.uint8)
    runs: list[list[Operation]] = [
        [Solarize(threshold=90.0), Equalize(), AutoContrast()],
        [Equalize(), Equalize(), Posterize(bits=3)],
        [Invert(), AutoContrast(), Equalize(), Solarize(threshold=20.0)],
        [Contrast(factor=1.4), Equalize(), Invert()],
    ]
    for operations in runs:
        for image in (photograph, photograph[..., 0].copy()):
            items = tuple(Drawn("augplug:any", operation) for operation in operations)
            made = [_rendered(items, image, level, BACKENDS[name]) for level in ("none", "exact")]
            assert np.array_equal(made[0], made[1])


def _effects(*operations: Operation) -> list[Effect]:
    canvas = Canvas(9, 7, 3)
    return [effect for operation in operations for effect in operation.describe(canvas)]


def _fused(*operations: Operation) -> tuple[Effect, ...]:
    return fuse(_effects(*operations), "exact", Canvas(9, 7, 3))


def test_neighbouring_tones_become_one() -> None:
    """A run of plain tones is one Tone; with statistics in it, one ToneFrom with what stands before and behind."""
    plain = _fused(Invert(), Solarize(threshold=3.0), Posterize(bits=2))
    read = _fused(Solarize(threshold=90.0), Equalize(), AutoContrast(), Invert())

    assert [type(effect) for effect in plain] == [Tone]
    assert isinstance(plain[0], Tone)
    assert len(plain[0].after) == 2
    assert [type(effect) for effect in read] == [ToneFrom]
    assert isinstance(read[0], ToneFrom)
    assert (read[0].statistic, len(read[0].before), len(read[0].after)) == ("histogram", 1, 2)


def test_a_grey_mean_begins_a_run_of_its_own() -> None:
    """What stands before Contrast is rendered first; what stands behind it joins its table."""
    fused = _fused(Invert(), Contrast(factor=0.5), Solarize(threshold=9.0))

    assert [type(effect) for effect in fused] == [Tone, ToneFrom]


def test_nothing_crosses_what_moves_or_mixes_pixels() -> None:
    """Tones on both sides of a warp or a colour mix stay on their sides."""
    for between in (Rotate(degrees=10.0), TranslateX(pixels=2.0), Color(factor=0.2)):
        assert len(_fused(Invert(), between, Invert())) == 3


def test_turns_join_and_vanish() -> None:
    """Two flips are a half turn, the same flip twice is nothing, four quarter turns are nothing."""
    half = _fused(HorizontalFlip(), VerticalFlip())
    quarters = [Rotate(degrees=90.0).describe(Canvas(8, 8, 3))[0]] * 4

    assert len(half) == 1
    assert isinstance(half[0], Warp)
    assert half[0].motion == ((-1.0, 0.0, 6.0), (0.0, -1.0, 8.0), (0.0, 0.0, 1.0))
    assert _fused(HorizontalFlip(), HorizontalFlip()) == ()
    assert fuse(quarters, "exact", Canvas(8, 8, 3)) == ()


def test_a_turn_of_another_canvas_is_no_turn() -> None:
    """A flip about another axis than the canvas' own brings in fill, and stays a warp by itself."""
    beside = Warp(motion=coords.flip_x(6), size=(9, 7))

    assert len(fuse([beside, beside], "exact", Canvas(9, 7, 3))) == 2


def test_level_none_leaves_everything() -> None:
    """At level none the effects are those that were described."""
    effects = _effects(Invert(), Invert(), HorizontalFlip(), HorizontalFlip())

    assert fuse(effects, "none", Canvas(9, 7, 3)) == tuple(effects)


def test_plans_describe_what_they_fuse() -> None:
    """`plan.effects` gives the described effects and the fused ones of the very same draw."""
    image = np.zeros((9, 7, 3), dtype=np.uint8)
    node = augplug.sequence(augplug.step("Invert"), augplug.step("Equalize"), augplug.step("HorizontalFlip"))
    plan = augplug.Augmenter(node, backend="reference").plan(image, index=0)
    described, fused = plan.effects(image)

    assert described == describe(plan.items, canvas_of(image))
    assert (len(described), len(fused)) == (3, 2)


def test_histograms_are_exact_beyond_what_float32_counts() -> None:
    """OpenCV counts in float32, which ends at 2**24: more pixels are counted in parts."""
    image = np.full((4100, 4100), 7, dtype=np.uint8)
    image[0, 0] = 8

    counted = histograms(image, 1)[0]

    assert (counted[7], counted[8], counted.sum()) == (4100 * 4100 - 1, 1, 4100 * 4100)
