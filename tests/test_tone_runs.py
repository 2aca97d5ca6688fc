"""A fused tone as single tones and back, and the tones that a backend may recognise."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest

import augplug
from augplug import AUTOCONTRAST, EQUALIZE, AdaptiveTone, Canvas, Tone, contrast_factor, join_tones, split_tones
from augplug._backends.reference import Reference
from augplug._pipeline.fuse import fuse
from augplug.effects import contrast
from augplug.errors import OperationError

IMAGE = np.random.default_rng(3).integers(0, 256, (13, 9, 3)).astype(np.uint8)


def halved(values: augplug.Values) -> augplug.Values:
    return values / 2


def inverted(values: augplug.Values) -> augplug.Values:
    return 255 - values


SINGLE: list[Tone | AdaptiveTone] = [Tone(halved), Tone(inverted), EQUALIZE, AUTOCONTRAST]


def rendered(effects: tuple[Tone | AdaptiveTone, ...]) -> augplug.Image:
    image = IMAGE
    for effect in effects:
        image = Reference().prepare(effect, image.shape, image.dtype)(image)
    return image


@pytest.mark.parametrize("run", list(itertools.product(SINGLE, repeat=3)))
def test_a_run_is_joined_into_one_effect_with_the_same_bits_and_split_again(
    run: tuple[Tone | AdaptiveTone, ...],
) -> None:
    joined = join_tones(run)

    assert split_tones(joined) == run
    assert fuse(run, "exact", Canvas(13, 9, 3)) == (joined,)
    np.testing.assert_array_equal(rendered((joined,)), rendered(run))


@pytest.mark.parametrize("tone", [*SINGLE, contrast(0.5)])
def test_a_single_tone_is_a_run_of_one(tone: Tone | AdaptiveTone) -> None:
    assert split_tones(tone) == (tone,)
    assert join_tones([tone]) == tone


def test_tones_within_tones_are_split_too() -> None:
    inner = join_tones([Tone(halved), EQUALIZE, Tone(inverted)])
    outer = AdaptiveTone("extremes", AUTOCONTRAST.function, after=(inner,))

    assert split_tones(outer) == (AUTOCONTRAST, Tone(halved), EQUALIZE, Tone(inverted))


@pytest.mark.parametrize("run", [[], [Tone(halved), contrast(0.5)], [EQUALIZE, contrast(0.5)]])
def test_what_cannot_be_one_effect_is_refused(run: list[Tone | AdaptiveTone]) -> None:
    with pytest.raises(OperationError, match="mean grey"):
        join_tones(run)


def test_the_tones_that_a_backend_may_recognise_are_those_of_the_operations() -> None:
    canvas = Canvas(13, 9, 3)

    def described(name: str, **fields: float) -> object:
        (effect,) = augplug.operations()[name](**fields).describe(canvas)
        return effect

    assert described("Equalize") == EQUALIZE
    assert described("AutoContrast") == AUTOCONTRAST
    assert described("Contrast", factor=1.5) == contrast(1.5)
    assert contrast_factor(join_tones([contrast(1.5), EQUALIZE])) == 1.5
    assert {contrast_factor(tone) for tone in SINGLE} == {None}
    assert contrast_factor(AdaptiveTone("extremes", contrast(1.5).function)) is None
    assert pickle.loads(pickle.dumps([EQUALIZE, AUTOCONTRAST, contrast(2)])) == [EQUALIZE, AUTOCONTRAST, contrast(2)]


def test_a_table_of_tones_is_what_becomes_of_every_value() -> None:
    tone = Tone(halved, after=(Tone(inverted),))
    for dtype in (np.dtype(np.uint8), np.dtype(np.uint16)):
        every = np.arange(np.iinfo(dtype).max + 1).astype(dtype)[None]

        table = augplug.tone_table(tone, dtype)

        np.testing.assert_array_equal(table, Reference().prepare(tone, every.shape, dtype)(every)[0])
        assert not table.flags.writeable
