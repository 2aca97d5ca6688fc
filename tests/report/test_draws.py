"""Draws with captions."""

import numpy as np

import augplug
from augplug.report.draws import caption, draws


def test_captions_say_what_was_drawn() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    policy = augplug.sequence(augplug.step("Rotate", degrees=12.5), augplug.step("Invert"))
    made, captions = draws(augplug.Augmenter(policy), [image, image])
    assert captions == ["Rotate 12.5, Invert"] * 2
    np.testing.assert_array_equal(made[0], augplug.Augmenter(policy)(image, index=0))
    assert caption(()) == "unchanged"
    blend = augplug.Augmenter(augplug.blend(augplug.step("Invert")))
    assert caption(blend.plan(image, index=0).items) == "blend of 2"


def test_a_shift_in_pixels_says_how_many() -> None:
    shift = augplug.Augmenter(augplug.step("TranslateX", pixels=9, fraction=0))

    assert caption(shift.plan(np.zeros((32, 32, 3), np.uint8), index=0).items) == "TranslateX 9 pixels"
