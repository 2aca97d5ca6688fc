"""Plugins that are right, in styles that are odd but legal: nothing may be held against them."""

import enum
import functools
from dataclasses import dataclass

import numpy as np

import augplug
from augplug import Canvas, Effect, Values
from augplug._policies.building import step
from tests.planted.backends import Wrapped
from tests.planted.commands import right
from tests.planted.evaluators import Slopes
from tests.planted.executors import Here
from tests.planted.exporters import Tables
from tests.planted.operations import ALL, mirrored_but
from tests.planted.searches import Angles


class Side(enum.Enum):
    """Which half of the values."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True)
class Curve:
    """An argument with parts."""

    steps: tuple[float, ...]
    side: Side


def bent(values: Values, curve: Curve) -> Values:
    made = np.interp(values, np.linspace(0, 255, len(curve.steps)), curve.steps)
    return np.where(values < 128, made, values) if curve.side is Side.DARK else made


@augplug.operation(source="a test", name="BentCurve", version=3)
class Bent(augplug.Operation):
    """A curve as a dataclass with an enumeration in it, under another name than its class."""

    side: str = augplug.parameter(choices=("dark", "light"), default="dark")
    middle: float = augplug.parameter(low=0, high=255, unit="8-bit values", level=(127.5, 10), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(bent, Curve((0.0, self.middle, 255.0), Side(self.side)))]


def in_place(values: Values, cut: int) -> Values:
    values *= values >= cut
    return values


@augplug.operation(source="a test")
class InPlace(augplug.Operation):
    """A tone that writes into the values that it was given."""

    cut: int = augplug.parameter(low=0, high=255, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(in_place, self.cut)]


@augplug.operation(source="a test")
class Between(augplug.Operation):
    """Two fields that depend on each other, checked behind the usual checks."""

    low: float = augplug.parameter(low=0, high=255, unit="8-bit values", draw=augplug.Uniform(0, 200))
    high: float = augplug.parameter(low=0, high=255, unit="8-bit values", draw=augplug.Uniform(50, 255))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise augplug.OperationError(f"Between: low is at most high, not {self.low} and {self.high}")

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(np.clip, self.low, self.high)] if canvas.channels else []


@augplug.operation(source="a test")
class OnlyColour(augplug.Operation):
    """Refuses whatever is not RGB; the identity at level 0; two effects."""

    strength: float = augplug.parameter(low=0, high=1, unit="fraction", level=(0, 0.8))

    def describe(self, canvas: Canvas) -> list[Effect]:
        if canvas.channels != 3:
            raise augplug.OperationError("OnlyColour takes RGB images")
        if self.strength == 0:
            return []
        return [
            augplug.ColorMix(gray_blend=1 - self.strength),
            augplug.Filter(kernel="gaussian", arguments=(self.strength,)),
        ]


@augplug.operation(source="a test")
class Halve(augplug.Operation):
    """Half the size, at least a pixel."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        size = max(canvas.height // 2, 1), max(canvas.width // 2, 1)
        across, down = size[1] / canvas.width, size[0] / canvas.height
        transform = ((across, 0.0, across / 2 - 0.5), (0.0, down, down / 2 - 0.5), (0.0, 0.0, 1.0))
        return [augplug.Warp(transform=transform, size=size, interpolation="area")]


@augplug.operation(source="a test")
class Mirror(augplug.Operation):
    """A mirror as another library would do it, all targets in step."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=mirrored_but, key=0, arguments=("nothing",), targets=ALL)]


def sprinkled(sample, key, amount):
    numbers = np.random.default_rng(key)
    image = sample["image"]  # a copy: it may be written
    image[numbers.random(image.shape[:2]) < amount] = 0
    return sample


@augplug.operation(source="a test")
class Sprinkle(augplug.Operation):
    """Black dots from a key; moves nothing, so it may claim everything."""

    amount: float = augplug.parameter(low=0, high=1, unit="fraction", level=(0.0, 0.3))
    key: int = augplug.parameter(low=0, high=2**53, unit="key", draw=augplug.Key())

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=sprinkled, key=self.key, arguments=(self.amount,), targets=ALL)]


@augplug.hookimpl
def augplug_operations():
    return (Bent, InPlace, Between, OnlyColour, Halve, Mirror, Sprinkle)


def turned(operations, degrees=20.0, word="some"):
    node = augplug.one_of(
        step(operations, "augplug:Rotate", degrees=(-degrees, degrees)), augplug.sequence(), weights=[3, 1]
    )
    return augplug.Policy(node, f"turned-{word}", source="a test")


def with_an_own(operations):
    return augplug.Policy(step(operations, "BentCurve", level={"uniform": [0, 9]}), "own", source="a test")


@augplug.hookimpl
def augplug_policies():
    return {"turned": turned, "turned-far": functools.partial(turned, degrees=80.0), "own": with_an_own}


class Few(Angles):
    """Ends after seven."""

    total = 7


@augplug.hookimpl
def augplug_searches():
    return {"angles": Angles, "few": Few}


@augplug.hookimpl
def augplug_evaluators():
    return {"slopes": Slopes}


class Backwards(Here):
    """The last job first: outcomes come in the order in which they are done."""

    def run(self, jobs):
        for job in reversed(list(jobs)):
            yield self.runner(job)


@augplug.hookimpl
def augplug_executors():
    return {"here": Here, "backwards": Backwards}


@augplug.hookimpl
def augplug_backends():
    return {"Wrapped": Wrapped}


class Last:
    """Keeps the last record."""

    def __call__(self, record):
        self.record = dict(record)


def counting():
    counts = {}

    def watch(record):
        counts[record["kind"]] = counts.get(record["kind"], 0) + 1

    return watch


@augplug.hookimpl
def augplug_observers():
    return {"last": Last, "counting": counting}


class Two(Tables):
    """Two files, which nothing here can run."""

    suffix = ""
    bound = None

    def __init__(self, *, note="none", **unknown):
        super().__init__(**unknown)
        self.note = note

    def export(self, source, spec):
        try:
            return {**super().export(source, spec), "notes/note.txt": self.note.encode()}
        except TypeError as error:
            raise augplug.ExportError(str(error)) from error


@augplug.hookimpl
def augplug_exporters():
    return {"tables": Tables, "two": Two}


@augplug.hookimpl
def augplug_commands():
    return {"right": right}
