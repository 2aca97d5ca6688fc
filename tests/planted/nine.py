"""A plugin of nine operations with a fault each, which one check each must catch; tests/testing runs pytest on it."""

import functools

import numpy as np

import augplug
from augplug import Canvas, Effect, Values


def brighter(values: Values, add: float) -> Values:
    return values + add


def stretched(values: Values) -> Values:
    return values * (255 / max(values.max(), 1))


def mirrored_but_for_masks(sample, key):
    return {**sample, "image": sample["image"][:, ::-1].copy()}


@augplug.operation(source="planted")
class Unitless(augplug.Operation):
    """Brighter, nobody knows by how much."""

    add: float = augplug.parameter(low=0, high=90, level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@augplug.operation(source="planted")
class DrawOutside(augplug.Operation):
    """Brighter, drawn from more than is legal."""

    add: float = augplug.parameter(low=0, high=50, unit="8-bit values", draw=augplug.Uniform(-90, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@augplug.operation(source="planted")
class Unchecked(augplug.Operation):
    """Brighter, by whatever."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def __post_init__(self) -> None:
        pass

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@augplug.operation(source="planted")
class NoList(augplug.Operation):
    """A tuple of effects, which is not a list."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return (augplug.Tone(np.asarray),)


@augplug.operation(source="planted")
class Stretching(augplug.Operation):
    """A tone that looks at the brightest of all values."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(stretched)]


@augplug.operation(source="planted")
class RefusesAll(augplug.Operation):
    """Takes no image at all."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        raise augplug.OperationError("not today")


@augplug.operation(source="planted")
class Forgetful(augplug.Operation):
    """Brighter, and by less once it was pickled."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(10, 90))

    def __reduce__(self):
        return functools.partial(Forgetful, add=self.add / 2), ()

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@augplug.operation(source="planted")
class Forgotten(augplug.Operation):
    """Brighter, and the level forgotten."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, 30.0)]


@augplug.operation(source="planted")
class ForgetsMasks(augplug.Operation):
    """A mirror that says it moves masks, and does not."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=mirrored_but_for_masks, key=0, targets=frozenset({"masks"}))]


PLANTED = {
    "Unitless": "is-documented",
    "DrawOutside": "levels-are-legal",
    "Unchecked": "bad-values-are-refused",
    "NoList": "effects-are-values",
    "Stretching": "tones-look-at-one-value",
    "RefusesAll": "images-of-every-kind",
    "Forgetful": "pickles",
    "Forgotten": "level-is-strength",
    "ForgetsMasks": "targets-follow",
}


@augplug.hookimpl
def augplug_operations():
    return [Unitless, DrawOutside, Unchecked, NoList, Stretching, RefusesAll, Forgetful, Forgotten, ForgetsMasks]
