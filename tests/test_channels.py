"""What a policy cannot do on an image's channels is said at the first image of that kind, never by a random draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augplug
from augplug import Canvas, ColorMix, Effect, ImageError, OperationError, Output
from augplug._policies.grammar import Step
from augplug.ops.base import Operation
from augplug.types import Image
from tests.operations import MIXING, names, step

SELDOM = 1e-12
"""No draw of these tests takes a step of this probability."""
SHAPES = [(12, 14), *((12, 14, channels) for channels in (1, 2, 3, 4, 13, 70))]


def zeros(*shape: int) -> Image:
    """Return a black image."""
    return np.zeros(shape, np.uint8)


def own_step(operation: type[augplug.Operation], **more: Any) -> Step:
    """Return a step of an operation that no plugin provides."""
    return Step(op=operation.__name__, address=f"test:{operation.__name__}", operation=operation, **more)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [*((shape, "uint8") for shape in SHAPES[:-1]), ((12, 14, 3), "uint16"), ((12, 14, 2), "float32")],
)
@pytest.mark.parametrize("name", augplug.policies())
def test_a_named_policy_takes_all_or_refuses_the_first(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Of 200 draws all work, or every one says the same typed error, and so does a plan."""
    augment, image = augplug.Augmenter(name), zeros(*shape).astype(dtype)
    said = {refusal(augment, image, index) for index in range(200)}

    assert len(said) == 1
    assert {refusal(augment.plan, image, 0)} == said


def refusal(call: Any, image: Image, index: int) -> str:
    """Return what the ImageError of a call says, or nothing if there is none."""
    mixes = {"partner": image} if getattr(call, "mixes", False) else {}
    try:
        call(image, index=index, **mixes)
    except ImageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in names() if name not in MIXING])
def test_a_step_that_is_hardly_ever_drawn_is_refused_like_one_that_always_is(name: str, shape: tuple[int, ...]) -> None:
    """The first call says what every draw of the step itself would say, and nothing if they work."""
    always, seldom = augplug.Augmenter(step(name)), augplug.Augmenter(step(name, p=SELDOM))
    said = {refusal(always, zeros(*shape), index) for index in range(10)}

    assert {refusal(seldom, zeros(*shape), 0)} == said


def test_the_error_says_what_to_do() -> None:
    """With the channels that are taken; four and two may be a matter of alpha."""
    color = augplug.Augmenter(augplug.step("Color", p=SELDOM, factor=(0.5, 1.5)))

    with pytest.raises(ImageError, match="Color needs an image of 1 or 3 channels, not 13 channels; leave it out"):
        color(zeros(8, 8, 13), index=0)
    with pytest.raises(ImageError, match=r"not 4 channels.*Augmenter\(\.\.\., channels='RGBA'\)"):
        color(zeros(8, 8, 4), index=0)
    with pytest.raises(ImageError, match=r"channels='LA'"):
        color(zeros(8, 8, 2), index=0)
    with pytest.raises(ImageError, match="ChannelShuffle needs an image of 1 to 64 channels, not 65"):
        augplug.Augmenter(augplug.step("ChannelShuffle", p=SELDOM))(zeros(8, 8, 65), index=0)


@pytest.mark.parametrize("count", [1, 40])
def test_a_batch_is_refused_like_a_call(count: int) -> None:
    """Whether its images are prepared together or one by one."""
    augment = augplug.Augmenter(
        augplug.sequence(augplug.step("Rotate", degrees=(-9, 9)), augplug.step("Color", p=SELDOM, factor=(0.5, 1.5)))
    )

    with pytest.raises(ImageError, match="Color needs"):
        augment.batch(zeros(count, 8, 8, 4), indices=range(count))
    assert augment.batch(zeros(count, 8, 8, 3), indices=range(count)).shape == (count, 8, 8, 3)


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        (augplug.one_of(augplug.step("Invert"), augplug.step("Color", factor=2)), False),
        (augplug.one_of(augplug.step("Color", factor=2), augplug.step("Invert"), weights=(0, 1)), True),
        (augplug.some_of(1, augplug.step("Invert"), augplug.step("Color", factor=2)), False),
        (augplug.some_of({"integers": [0, 1]}, augplug.step("Color", factor=2)), False),
        (augplug.some_of(0, augplug.step("Color", factor=2)), True),
        (augplug.blend(augplug.step("Invert"), augplug.step("Color", factor=2)), False),
        (augplug.step("Color", p=0.0, factor=2), True),
        (augplug.policy("randaugment"), False),
        (augplug.compose([augplug.step("Invert", p=SELDOM), augplug.policy("randaugment")]), False),
        (augplug.step("Rotate", p=SELDOM, degrees=9, fill=(1, 2, 3)), False),
        (augplug.step("Rotate", p=SELDOM, degrees=9, fill=(1, 2, 3, 4)), True),
        (augplug.step("Cutout", p=SELDOM, size=0.5, value=(1, 2, 3)), False),
    ],
)
def test_every_node_that_may_draw_the_step_is_looked_at(node: Any, fits: bool) -> None:
    """And none that may not."""
    for index in range(20):
        assert (refusal(augplug.Augmenter(node), zeros(8, 8, 4), index) == "") == fits


@augplug.operation(source="a test", channels=(1, 3))
class ToOneChannel(Operation):
    """Keep the second of three channels."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One matrix of one row; nothing on grey images."""
        return [] if canvas.channels == 1 else [ColorMix(matrix=((0.0, 1.0, 0.0),))]


@augplug.operation(source="a test")
class Swap(Operation):
    """Swap two channels, of any image, without a word about others."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One matrix of two rows."""
        return [ColorMix(matrix=((0.0, 1.0), (1.0, 0.0)))]


@augplug.operation(source="a test")
class AtOneEnd(Operation):
    """Refuse five channels, but only above strength 1."""

    strength: float = augplug.parameter(low=0, high=2, unit="a strength", draw=augplug.Uniform(0.0, 2.0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """Nothing, or an error."""
        if self.strength > 1.999 and canvas.channels == 5:
            raise OperationError("five are too many")
        return []


@augplug.operation(source="a test")
class TooLarge(Operation):
    """Refuse images of less than 100 rows, whatever their channels."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """Nothing, or an error."""
        if canvas.height < 100:
            raise ImageError("too small")
        return []


def test_channels_are_followed_through_the_policy() -> None:
    """What makes one channel of three comes before what needs three: that is said, if it may be drawn so."""
    swap3 = augplug.step("Rotate", degrees=9, fill=(1, 2, 3))
    one, image = own_step(ToOneChannel), zeros(8, 8, 3)

    assert augplug.Augmenter(augplug.sequence(swap3, one))(image, index=0).shape == (8, 8, 1)
    for before in (own_step(ToOneChannel, p=SELDOM), augplug.one_of(one, augplug.step("Invert"), weights=(SELDOM, 1))):
        with pytest.raises(ImageError, match="a fill of 3 numbers"):
            augplug.Augmenter(augplug.sequence(before, swap3))(image, index=0)
    with pytest.raises(ImageError, match="a chain of a blend makes 1 channels of 3"):
        augplug.Augmenter(augplug.blend(own_step(ToOneChannel, p=SELDOM)))(image, index=0)
    with pytest.raises(ImageError, match="ToOneChannel needs an image of 1 or 3 channels, not 4"):
        augplug.Augmenter(own_step(ToOneChannel, p=SELDOM))(zeros(8, 8, 4), index=0)
    with pytest.raises(ImageError, match="holds 3 numbers"):
        augplug.Augmenter(own_step(ToOneChannel, p=SELDOM), output=Output(mean=(0.1, 0.2, 0.3)))(image, index=0)


def test_an_operation_that_says_nothing_is_described_at_both_ends() -> None:
    """What it describes there is looked at, and so is the error that it raises there."""
    with pytest.raises(ImageError, match="a matrix of 2 columns mixes 2 channels, and the image has 3"):
        augplug.Augmenter(own_step(Swap, p=SELDOM))(zeros(8, 8, 3), index=0)
    assert augplug.Augmenter(own_step(Swap, p=SELDOM))(zeros(8, 8, 2), index=0).shape == (8, 8, 2)
    with pytest.raises(ImageError, match="five are too many"):
        augplug.Augmenter(own_step(AtOneEnd))(zeros(8, 8, 5), index=0)
    assert augplug.Augmenter(own_step(AtOneEnd))(zeros(8, 8, 4), index=0).shape == (8, 8, 4)


def test_what_has_nothing_to_do_with_channels_is_left_to_the_draws() -> None:
    """An image may be too small for a step that is seldom drawn."""
    augment = augplug.Augmenter(own_step(TooLarge, p=0.5))

    assert {refusal(augment, zeros(8, 8, 3), index) for index in range(40)} == {"", "too small"}


@pytest.mark.parametrize("channels", [(), (0,), ("3",), (1, -3)])
def test_declared_channels_are_positive_numbers(channels: Any) -> None:
    """Anything else is refused when the class is made."""
    with pytest.raises(OperationError, match="it holds numbers of channels"):

        @augplug.operation(source="a test", channels=channels)
        class Wrong(Operation):  # pylint: disable=unused-variable  # it cannot be made
            """An operation."""

            def describe(self, canvas: Canvas) -> list[Effect]:
                """Nothing."""
                return []


def test_the_check_is_made_once_for_each_number_of_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at every call, nor for every size."""
    from augplug._pipeline import channels

    augment, described = augplug.Augmenter(augplug.step("Rotate", degrees=(-9, 9))), list[Any]()
    checked = channels.check_effects

    def counted(effects: Any, shape: Any, **more: Any) -> None:
        described.append(effects)
        checked(effects, shape, **more)

    monkeypatch.setattr(channels, "check_effects", counted)
    for size in (8, 9, 10):
        for index in range(3):
            augment(zeros(size, size, 3), index=index)
    assert len(described) == 2
    augment(zeros(8, 8), index=0)
    assert len(described) == 4


@pytest.mark.parametrize("channels", [2, 4, 13])
def test_every_number_of_channels_is_looked_at_whatever_came_before(channels: int) -> None:
    """An Augmenter that has seen RGB refuses the first image of other channels, whatever that image draws."""
    augment = augplug.Augmenter(augplug.step("Color", factor=0.5, p=1e-9))
    augment(np.zeros((8, 9, 3), np.uint8), index=0)
    for _ in range(2):
        with pytest.raises(ImageError, match="Color"):
            augment(np.zeros((8, 9, channels), np.uint8), index=1)
    augment(np.zeros((8, 9, 3), np.uint8), index=2)
