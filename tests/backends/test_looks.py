"""Bit operations and sums that stand for a table: the very values of the table, on every value, size and layout."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from augplug._backends import opencv_color, tables
from augplug._backends import opencv_looks as looks
from augplug._backends import opencv_tones as tones
from augplug._backends.tables import from_units, run_table, tone_table
from augplug.effects import Tone, ToneFrom
from augplug.ops import tone as formulas

UINT8 = np.dtype(np.uint8)
EVERY = np.arange(256, dtype=np.uint8)
SIZES = [(1, 1), (1, 256), (5, 7), (16, 33), (67, 129)]
BITS: list[tuple[Tone, Any]] = [
    (Tone(formulas.invert), cv2.bitwise_not),
    *((Tone(formulas.posterize, bits), looks._masked) for bits in range(1, 8)),
    *((Tone(formulas.solarize, threshold), looks._inverted) for threshold in (1.0, 77.5, 128.0, 255.0)),
    *((Tone(formulas.solarize_add, add, 128.0), looks._added) for add in (1.0, 110.0, 255.0, -1.0, -90.0)),
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


@pytest.mark.parametrize("wide", [True, False])
def test_a_table_is_looked_up_by_pairs_of_values_or_one_by_one(monkeypatch: pytest.MonkeyPatch, *, wide: bool) -> None:
    """OpenCV 5 has tables for pairs; rows of an odd number of values have no pairs."""
    monkeypatch.setattr(looks, "_PAIRS_FROM", 0)
    monkeypatch.setattr(looks, "WIDE_TABLES", wide and looks.WIDE_TABLES)
    check(looks.by_table(tone_table(Tone(formulas.gamma, 0.7), UINT8)), tone_table(Tone(formulas.gamma, 0.7), UINT8))


@pytest.mark.skipif(not looks.WIDE_TABLES, reason="OpenCV 4 has no tables of pairs")
def test_a_table_of_pairs_is_made_for_the_second_use_or_for_a_large_image(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []
    pairs = looks._pairs

    def making(table: bytes) -> Any:
        made.append(table)
        return pairs(table)

    monkeypatch.setattr(looks, "_pairs", making)
    monkeypatch.setattr(looks, "_PAIRS_FROM", 0)
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for once_from, expected in [(1 << 18, [0, 1, 2]), (0, [1, 2, 3])]:
        table = np.random.default_rng(once_from).permutation(EVERY)
        look, found = looks.by_table(table), []
        made.clear()
        monkeypatch.setattr(looks, "_ONCE_FROM", once_from)
        for _ in range(3):
            np.testing.assert_array_equal(look(image), table[image])
            found.append(len(made))
        assert found == expected


def test_no_bit_operation_is_found_where_one_value_is_another() -> None:
    found = [looks.by_bits(tone_table(effect, UINT8)) for effect, _ in BITS]
    for (effect, _), place in zip(BITS, range(0, 256, 17), strict=False):
        table = tone_table(effect, UINT8).copy()
        table[place] ^= 5
        look = looks.by_bits(table)
        if look is not None:  # a table that differs may be another bit operation; then it is that one
            check(look, table)
    assert None not in found


@pytest.mark.parametrize("factor", [0.1, 0.37, 0.5, 0.73, 1.1, 1.27, 1.9, 3.3, 9.9])
@pytest.mark.parametrize("base", [0.0, 1.0, 64.0, 127.0, 255.0])
def test_a_sum_is_the_table_of_a_blend_or_is_not_used(factor: float, base: float) -> None:
    table = tone_table(Tone(formulas.blend, factor, base), UINT8)
    look = looks.by_line(table, (factor, base * (1 - factor)))
    if look is not None:
        check(look, table)
    np.testing.assert_array_equal(tones.tone(Tone(formulas.blend, factor, base), (1, 256))(EVERY[None])[0], table)


def test_sums_are_used_for_most_stretches() -> None:
    """Or AutoContrast were as slow as before, and the test above would not see it."""
    by = tones._stretches((ToneFrom("extremes", formulas.stretch),))
    pairs = [(float(low), float(high)) for low in range(0, 60, 7) for high in range(180, 256, 5)]
    summed = [pair for pair in pairs if isinstance(by.look(*pair), partial)]
    assert len(summed) > 0.75 * len(pairs)
    for pair in summed[::10]:
        check(by.look(*pair), by.table(*pair)[0])


def test_a_line_that_an_integer_falls_just_short_of_is_left_to_the_table() -> None:
    """A table made in float64 may truncate 49.99999 where the sum in float32 has 50."""
    table = from_units(0.5 * EVERY.astype(np.float64), UINT8)
    assert looks.by_line(table, (0.5, 0.0)) is not None
    table[100] = 49
    assert looks.by_line(table, (0.5, 0.0)) is None


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [(), (Tone(formulas.solarize, 100.0), Tone(formulas.posterize, 3))])
def test_equalize_by_sums_is_equalize(channels: int, after: tuple[Tone, ...]) -> None:
    """Histograms flat and steep, images of one value and of a few, up to the size where sums end."""
    run: tones.Run = (ToneFrom("histogram", formulas.equalize), *after)
    rng = np.random.default_rng(channels)
    for pixels in (1, 300, 1024, 8191):
        shape = (1, pixels) if channels == 1 else (1, pixels, channels)
        kernel = tones._small_equalize(run, shape)
        assert kernel is not None
        for law in (rng.dirichlet([alpha] * 256) for alpha in (0.01, 0.1, 1.0, 50.0)):
            image = rng.choice(256, shape, p=law).astype(np.uint8)
            made = run_table(run, tones.histograms(image), UINT8)
            planes = image.reshape(1, pixels, channels)
            expected = np.stack([made[c][planes[..., c]] for c in range(channels)], axis=-1)
            np.testing.assert_array_equal(kernel(image), expected.reshape(shape))


def test_equalize_by_sums_is_for_small_images_that_are_equalized_first() -> None:
    run: tones.Run = (ToneFrom("histogram", formulas.equalize),)
    assert tones._small_equalize(run, (128, 128, 3)) is None
    assert tones._small_equalize((*run, *run), (16, 16, 3)) is None
    assert tones._small_equalize((Tone(formulas.invert), *run), (16, 16, 3)) is None


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
