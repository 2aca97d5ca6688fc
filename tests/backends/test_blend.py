"""A blend whose chains change the number of channels or the size: alike on both backends, or one clear error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import augplug
from augplug import AdaptiveTone, Blend, Canvas, ColorMix, Effect, Filter, Region, Tone, Warp
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.fuse import fuse
from augplug.coords import IDENTITY
from augplug.effects import EQUALIZE, Paint
from augplug.errors import ImageError, OperationError
from augplug.shapes import shape_after

BACKENDS: Sequence[Backend] = (Reference(), OpenCV())
DTYPES = ("uint8", "uint16", "float32")


def inverted(values: augplug.Values) -> augplug.Values:
    return 255.0 - values


def matrix(outputs: int, inputs: int) -> ColorMix:
    """Channels moved as they are: the first again where there are more, the last left out where there are fewer."""
    rows = [[float(column == row % inputs) for column in range(inputs)] for row in range(outputs)]
    return ColorMix(matrix=tuple(map(tuple, rows)))


def cropped(height: int, width: int) -> Warp:
    """Cut at the bottom and the right, or padded there: whole pixels, which both backends move to the bit."""
    return Warp(transform=IDENTITY, size=(height, width))


def image(shape: tuple[int, ...], dtype: str = "uint8") -> augplug.Image:
    levels = np.random.default_rng(len(shape)).integers(0, 256, shape)
    if dtype == "float32":
        return (levels / 255).astype(np.float32)
    return (levels * (257 if dtype == "uint16" else 1)).astype(dtype)


def rendered(backend: Backend, effect: Effect, picture: augplug.Image) -> augplug.Image:
    return backend.prepare(effect, picture.shape, picture.dtype)(picture)


THERE_AND_BACK = Blend((0.5, 0.5), ((), (matrix(4, 3), EQUALIZE, matrix(3, 4))))
SMALLER_AND_BACK = (cropped(10, 12), EQUALIZE, cropped(20, 24))
CASES = {
    "channels there and back": ((20, 24, 3), THERE_AND_BACK),
    "five channels and back": ((20, 24, 3), Blend((0.3, 0.7), ((), (matrix(5, 3), Tone(inverted), matrix(3, 5))))),
    "size there and back": ((20, 24, 3), Blend((0.25, 0.75), ((), SMALLER_AND_BACK))),
    "all chains to four channels": ((20, 24, 3), Blend((0.5, 0.5), ((matrix(4, 3),), (matrix(4, 3), EQUALIZE)))),
    "all chains to another size": (
        (20, 24, 3),
        Blend((0.5, 0.5), (SMALLER_AND_BACK[:1], (Tone(inverted), SMALLER_AND_BACK[0]))),
    ),
    "a blend in a chain": ((20, 24, 3), Blend((0.5, 0.5), ((), (matrix(4, 3), THERE_AND_BACK, matrix(3, 4))[1:2]))),
    "a blend of four channels in a chain": (
        (20, 24, 3),
        Blend((0.5, 0.5), ((), (matrix(4, 3), Blend((0.5, 0.5), ((), (EQUALIZE,))), EQUALIZE, matrix(3, 4)))),
    ),
    "a blend that makes four channels of three in a chain": (
        (20, 24, 3),
        Blend((0.5, 0.5), ((), (Blend((0.5, 0.5), ((matrix(4, 3),),) * 2), EQUALIZE, matrix(3, 4)))),
    ),
    "one channel": ((20, 24, 1), Blend((0.5, 0.5), ((), (matrix(3, 1), EQUALIZE, matrix(1, 3))))),
    "grey": ((20, 24), Blend((0.5, 0.5), ((), (matrix(3, 1), EQUALIZE, matrix(1, 3))))),
    "grey, the image last": ((20, 24), Blend((0.5, 0.5), ((matrix(3, 1), EQUALIZE, matrix(1, 3)), ()))),
    "grey to three": ((20, 24), Blend((0.5, 0.5), ((matrix(3, 1),), (matrix(3, 1), Tone(inverted))))),
    "grey, a matrix of one": ((20, 24), Blend((0.5, 0.5), ((), (ColorMix(matrix=((0.5,),)), EQUALIZE)))),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_a_blend_renders_alike_on_both_backends(case: str, dtype: str) -> None:
    shape, effect = CASES[case]
    picture = image(shape, dtype)

    slow, fast = (rendered(backend, effect, picture) for backend in BACKENDS)

    assert slow.shape == fast.shape == shape_after(effect, shape)
    np.testing.assert_array_equal(slow, fast)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_what_follows_a_blend_is_prepared_for_the_shape_it_leaves(case: str, dtype: str) -> None:
    shape, effect = CASES[case]
    picture = image(shape, dtype)
    effects = (Tone(inverted), effect, EQUALIZE, Tone(inverted))
    canvas = Canvas(shape[0], shape[1], shape[2] if len(shape) == 3 else 1)

    made = []
    for backend in BACKENDS:
        for level in ("none", "exact"):
            result = picture
            for one in fuse(effects, level, canvas):
                result = rendered(backend, one, result)
            made.append(result)

    for other in made[1:]:
        np.testing.assert_array_equal(made[0], other)


UNEQUAL = {
    "channels": ((20, 24, 3), Blend((0.5, 0.5), ((), (matrix(4, 3),)))),
    "channels that numpy would broadcast": ((20, 24, 3), Blend((0.5, 0.5), ((), (matrix(1, 3),)))),
    "grey and RGB": ((20, 24), Blend((0.5, 0.5), ((), (matrix(3, 1),)))),
    "one channel and RGB": ((20, 24, 1), Blend((0.5, 0.5), ((), (matrix(3, 1),)))),
    "sizes": ((20, 24, 3), Blend((0.5, 0.5), ((), SMALLER_AND_BACK[:1]))),
    "height and width swapped": ((20, 24, 3), Blend((0.5, 0.5), ((), (cropped(24, 20),)))),
    "within": ((20, 24, 3), Blend((0.5, 0.5), ((), (Blend((0.5, 0.5), ((), (matrix(4, 3),))), matrix(3, 4))))),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", UNEQUAL)
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_chains_that_end_in_unequal_shapes_are_refused_when_prepared(backend: Backend, case: str, dtype: str) -> None:
    shape, effect = UNEQUAL[case]

    with pytest.raises(ImageError, match="the chains of a blend end in images of unequal shapes"):
        backend.prepare(effect, shape, np.dtype(dtype))


@pytest.mark.parametrize(("weights", "chains"), [((), ()), ((0.5, 0.5), ((),)), ((1.0,), ((), ()))])
def test_a_blend_has_as_many_weights_as_chains(weights: Any, chains: Any) -> None:
    with pytest.raises(OperationError, match="as many weights as chains"):
        Blend(weights, chains)


@augplug.operation(source="a test")
class Channels(augplug.Operation):
    """Channels repeated or left out."""

    count: int = augplug.parameter(low=1, high=9, unit="channels")

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [matrix(self.count, canvas.channels)]


@augplug.operation(source="a test")
class Blended(augplug.Operation):
    """A blend with an image of `count` channels."""

    count: int = augplug.parameter(low=1, high=9, unit="channels")

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [Blend((0.5, 0.5), ((), (matrix(self.count, canvas.channels),)))]


OPERATIONS = {
    **augplug.operations(),
    "Channels": Channels,
    "test:Channels": Channels,
    "Blended": Blended,
    "test:Blended": Blended,
}


def step(name: str, **fields: Any) -> Any:
    return augplug.step(name, operations=OPERATIONS, **fields)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
@pytest.mark.parametrize("fuse_level", ["none", "exact"])
@pytest.mark.parametrize(
    "policy", [step("Blended", count=4), augplug.sequence(step("Blended", count=4), step("Invert"))]
)
def test_an_augmenter_refuses_unequal_chains_of_an_operation(policy: Any, fuse_level: Any, backend: Backend) -> None:
    with pytest.raises(ImageError, match="20x24x3 and 20x24x4"):
        augplug.Augmenter(policy, backend=backend, fuse=fuse_level)(image((20, 24, 3)), index=0)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name)
def test_a_chain_of_a_policy_may_change_the_channels_if_it_changes_them_back(backend: Backend) -> None:
    there = augplug.blend(augplug.sequence(step("Channels", count=4), step("Equalize"), step("Channels", count=3)))
    augment = augplug.Augmenter(there, backend=backend)
    slow = augplug.Augmenter(there, backend=Reference())

    for index in range(5):
        np.testing.assert_array_equal(augment(image((9, 7, 3)), index=index), slow(image((9, 7, 3)), index=index))
    with pytest.raises(ImageError, match="makes 4 channels of 3"):
        augplug.Augmenter(augplug.blend(step("Channels", count=4)), backend=backend)(image((9, 7, 3)), index=0)


def test_the_shape_after_effects_of_every_kind() -> None:
    assert shape_after(Filter(kernel="smooth3"), (4, 5, 3)) == (4, 5, 3)
    assert shape_after(AdaptiveTone("histogram", inverted), (4, 5)) == (4, 5)
    assert shape_after(Paint(regions=(Region(0, 0, 1, 1),)), (4, 5, 2)) == (4, 5, 2)
    assert shape_after(matrix(4, 3), (4, 5, 3)) == (4, 5, 4)
    assert shape_after(matrix(3, 1), (4, 5)) == (4, 5, 3)
    assert shape_after(matrix(1, 1), (4, 5)) == (4, 5)
    assert shape_after(matrix(1, 3), (4, 5, 3)) == (4, 5, 1)
    assert shape_after(cropped(7, 8), (4, 5)) == (7, 8)
