"""A table on an image, by bit operations or looked up: its very values, on every value, size and layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from augplug._backends import opencv_color, tables
from augplug._backends import opencv_lookup as looks
from augplug._backends import opencv_tones as tones
from augplug._backends.tables import run_table, tone_table
from augplug.effects import EQUALIZE, Tone
from augplug.ops import tone as formulas
from augplug.tones import posterize, solarize

UINT8 = np.dtype(np.uint8)
EVERY = np.arange(256, dtype=np.uint8)
SIZES = [(1, 1), (1, 256), (5, 7), (16, 33), (67, 129)]
BITS: list[tuple[Tone, Any]] = [
    (Tone(formulas.invert), cv2.bitwise_not),
    *((Tone(posterize, bits), looks._masked) for bits in range(1, 8)),
    (Tone(formulas.invert, after=(Tone(formulas.invert),)), looks._copied),
]


def images(channels: tuple[int, ...] = (3,)) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (*size, *channels), dtype=np.uint8) for size in SIZES]


def check(look: Callable[..., Any], table: np.ndarray[Any, Any]) -> None:
    """Compare with the table: into a new array and in place; rows of all values, whatever stands before them."""
    for image in [*images(), *images(()), *(np.roll(EVERY, shift)[None, : 256 - shift] for shift in range(40))]:
        image = np.ascontiguousarray(image)
        given = image.copy()
        made = look(image)
        np.testing.assert_array_equal(made, table[given])
        np.testing.assert_array_equal(image, given)
        assert not np.shares_memory(made, image)
        np.testing.assert_array_equal(look(image, image), table[given])


@pytest.mark.parametrize(("effect", "function"), BITS)
def test_bit_operations_are_found_and_give_the_values_of_the_table(effect: Tone, function: Any) -> None:
    table = tone_table(effect, UINT8)
    look = looks.by_bits(table)
    assert look is not None
    assert getattr(look, "func", look) is function
    check(look, table)


@pytest.mark.parametrize("alone", [True, False])
def test_a_table_is_looked_up_with_stringzilla_and_by_opencv_alone(
    monkeypatch: pytest.MonkeyPatch, *, alone: bool
) -> None:
    assert vars(looks)["translate"] is not None, "the test environment has it"
    if alone:
        monkeypatch.setattr(looks, "translate", None)
    table = tone_table(Tone(formulas.gamma, 0.7), UINT8)
    check(looks.by_table(table), table)


def test_no_bit_operation_is_found_where_one_value_is_another() -> None:
    found = [looks.by_bits(tone_table(effect, UINT8)) for effect, _ in BITS]
    for (effect, _), place in zip(BITS, range(0, 256, 17), strict=False):
        table = tone_table(effect, UINT8).copy()
        table[place] ^= 5
        look = looks.by_bits(table)
        if look is not None:  # a table that differs may be another bit operation; then it is that one
            check(look, table)
    assert None not in found


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [(), (Tone(solarize, 100.0), Tone(posterize, 3))])
def test_equalize_by_sums_is_equalize(channels: int, after: tuple[Tone, ...]) -> None:
    """Histograms flat and steep, images of one value and of a few, small and large."""
    run: tones.Run = (EQUALIZE, *after)
    rng = np.random.default_rng(channels)
    for pixels in (1, 300, 1024, 8191, *([8192, 50176] if channels > 1 else [])):
        shape = (1, pixels) if channels == 1 else (1, pixels, channels)
        kernel = tones._equalize(run, shape)
        assert kernel is not None
        for law in (rng.dirichlet([alpha] * 256) for alpha in (0.01, 0.1, 1.0, 50.0)):
            image = rng.choice(256, shape, p=law).astype(np.uint8)
            made = run_table(run, tones.histograms(image), UINT8)
            planes = image.reshape(1, pixels, channels)
            expected = np.stack([made[c][planes[..., c]] for c in range(channels)], axis=-1)
            np.testing.assert_array_equal(kernel(image), expected.reshape(shape))


@pytest.mark.parametrize("pixels", [256, 1024, 8191, 50176, tones._SUMS_UPTO])
def test_tables_by_sums_are_equalizes(pixels: int) -> None:
    """Four channels, whose offsets are the largest; counts of any kind, those on the edge of a step too."""
    rng = np.random.default_rng(pixels)
    for alpha in (0.003, 0.03, 0.3, 3.0, 300.0) * 40:
        counts = np.stack([rng.multinomial(pixels, rng.dirichlet([alpha] * 256)) for _ in range(4)])
        expected = run_table((EQUALIZE,), counts, UINT8)
        tables = tones._by_sums(counts.reshape(-1), np.arange(1, 5) * pixels)
        for own, table in zip(expected, tables, strict=False):
            np.testing.assert_array_equal(table[0], own)


def test_equalize_by_sums_is_for_images_that_are_equalized_first() -> None:
    run: tones.Run = (EQUALIZE,)
    assert tones._equalize(run, (512, 513, 3)) is None
    assert tones._equalize(run, (128, 128)) is None
    assert tones._equalize((*run, *run), (16, 16, 3)) is None
    assert tones._equalize((Tone(formulas.invert), *run), (16, 16, 3)) is None


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.2, 1.3, 2.7, 9.9])
@pytest.mark.parametrize("wide", [True, False])
def test_a_blend_is_pillows_by_a_table_of_pairs_too(
    monkeypatch: pytest.MonkeyPatch, factor: float, *, wide: bool
) -> None:
    """Factors whose products fall just below integers: every base with every value."""
    monkeypatch.setattr(opencv_color, "_PAIRS_FROM", 0)
    monkeypatch.setattr(opencv_color, "WIDE_TABLES", wide and looks.WIDE_TABLES)
    base, value = np.mgrid[0:256, 0:256].astype(np.uint8)
    expected = tables.blend8(base, value, factor)
    assert np.array_equal(opencv_color.blend(factor)(base, value), expected)
    assert np.array_equal(opencv_color.blend(factor)(np.dstack([base] * 3), np.dstack([value] * 3))[..., 2], expected)
