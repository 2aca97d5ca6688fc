"""Operations with a bug each. `PLANTED` says which check must catch which."""

import itertools
import random
import threading
import time

import numpy as np

import augplug
from augplug import Canvas, Effect, Values

ALL = frozenset({"masks", "boxes", "keypoints"})
PLANTED = {}
CLASSES = []


def planted(*checks, **about):
    """An operation that these checks must catch."""

    def make(cls):
        made = augplug.operation(**{"source": "planted", **about})(cls)
        PLANTED[made.about.name] = checks
        CLASSES.append(made)
        return made

    return make


def brighter(values: Values, add: float) -> Values:
    return values + add


def same(values: Values) -> Values:
    return values


@planted("is-documented")
class Undocumented(augplug.Operation):
    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@planted("is-documented")
class Unitless(augplug.Operation):
    """Brighter, nobody knows by how much."""

    add: float = augplug.parameter(low=0, high=90, level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@planted("is-documented", source=" ")
class Sourceless(augplug.Operation):
    """Brighter, nobody knows why."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, 3.0)]


@planted("levels-are-legal")
class LevelOutside(augplug.Operation):
    """Brighter, up to more than is legal."""

    add: float = augplug.parameter(low=0, high=50, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@planted("levels-are-legal")
class DrawOutside(augplug.Operation):
    """Brighter, drawn from more than is legal."""

    add: float = augplug.parameter(low=0, high=50, unit="8-bit values", draw=augplug.Uniform(-90, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@planted("every-level-is-taken")
class HighLevelsFail(augplug.Operation):
    """Brighter, but refuses what it says it takes."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        if self.add > 60:
            raise augplug.OperationError("too much")
        return [augplug.Tone(brighter, self.add)]


@planted("bad-values-are-refused")
class Unchecked(augplug.Operation):
    """Brighter, by whatever."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def __post_init__(self) -> None:
        pass

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@planted("bad-values-are-refused")
class WrongError(augplug.Operation):
    """Brighter, and a ValueError at the end of the range."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 80))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.add == 90:
            raise ValueError("90")

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


COUNTER = itertools.count()


@planted("describe-is-pure", "same-key-same-bits")
class Counting(augplug.Operation):
    """Brighter each time."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, float(next(COUNTER) % 90))]


LAST = {}


@planted("describe-is-pure")
class Remembering(augplug.Operation):
    """A cutout of the canvas before."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        seen = LAST.get("canvas", canvas)
        LAST["canvas"] = canvas
        return [augplug.Paint(regions=(augplug.Region(0, 0, min(seen.height, canvas.height), 1),), value=seen.width)]


@planted("effects-are-values")
class Arrays(augplug.Operation):
    """A table as an array, which does not hash."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, np.arange(3.0)[1:2])]


class Anything:
    """Compares by identity."""

    def __float__(self):
        return 3.0


def brighter_by(values: Values, what: Anything) -> Values:
    return values + float(what)


@planted("effects-are-values")
class Objects(augplug.Operation):
    """An argument that does not compare by value."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter_by, Anything())]


@planted("effects-are-values")
class NoList(augplug.Operation):
    """A tuple of effects, which is not a list."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return (augplug.Tone(same),)


def stretched(values: Values) -> Values:
    return values * (255 / max(values.max(), 1))


@planted("tones-look-at-one-value")
class Stretching(augplug.Operation):
    """A tone that looks at the brightest of all values."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(stretched)]


def logarithm(values: Values) -> Values:
    with np.errstate(divide="ignore"):
        return 40 * np.log(values)


@planted("tones-look-at-one-value")
class Logarithm(augplug.Operation):
    """Minus infinity at black."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(logarithm)]


def sample_as_float(sample, key):
    return {**sample, "image": sample["image"] / 255.0}


@planted("images-of-every-kind")
class MakesFloats(augplug.Operation):
    """Another dtype than it was given."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=sample_as_float, key=0)]


@planted("images-of-every-kind")
class NeedsRoom(augplug.Operation):
    """Fails on a canvas of one pixel, and not by an error of augplug's."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        edge = random.Random(3).randrange(canvas.width - 1)
        return [augplug.Paint(regions=(augplug.Region(0, 0, 1, edge),))]


@planted("images-of-every-kind")
class RefusesAll(augplug.Operation):
    """Takes no image at all."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        raise augplug.OperationError("not today")


BUFFERS = {}


def into_a_buffer(sample, key):
    image = sample["image"]
    buffer = BUFFERS.setdefault((image.shape, image.dtype.str), np.empty_like(image))
    np.copyto(buffer, image[::-1])
    return {**sample, "image": buffer}


@planted("input-stays")
class OneBuffer(augplug.Operation):
    """Upside down, always in the same memory."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=into_a_buffer, key=0)]


def rolled_by_chance(sample, key):
    return {**sample, "image": np.roll(sample["image"], np.random.randint(1, 9), axis=1)}


@planted("same-key-same-bits")
class GlobalRandom(augplug.Operation):
    """Chance from numpy's global generator."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=rolled_by_chance, key=0)]


SHARED = {}
LOCK = threading.Lock()


def through_a_global(sample, key, shift):
    SHARED["shift"] = shift
    time.sleep(0.002)
    return {**sample, "image": np.roll(sample["image"], SHARED["shift"], axis=0)}


@planted("threads-agree")
class Global(augplug.Operation):
    """Its number on the way through a global."""

    shift: int = augplug.parameter(low=0, high=20, unit="pixels", level=(0, 20))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=through_a_global, key=0, arguments=(self.shift,))]


@planted("processes-agree")
class Hashing(augplug.Operation):
    """A number from the hash of a text, another in each process."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, float(hash("augplug") % 1001) / 20)]


def _made():
    @augplug.operation(source="planted")
    class Local(augplug.Operation):
        """Brighter, but no process can find its class."""

        def describe(self, canvas: Canvas) -> list[Effect]:
            return [augplug.Tone(brighter, 9.0)]

    return Local


CLASSES.append(_made())
PLANTED["Local"] = ("pickles",)


@planted("level-is-strength")
class Backwards(augplug.Operation):
    """Brighter, strongest at the weakest level."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(90, 0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]


@planted("level-is-strength")
class Forgotten(augplug.Operation):
    """Brighter, and the level forgotten."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, 30.0)]


def shaken(values: Values) -> Values:
    return values + np.random.normal(0, 20, values.shape)


@planted("backends-agree", "same-key-same-bits", "fusing-changes-nothing")
class Shaken(augplug.Operation):
    """Noise in a tone."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(shaken)]


@planted("policies-and-plans-keep-it")
class Hidden(augplug.Operation):
    """A number that is not a field."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "hidden", float(next(COUNTER) % 97))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.hidden)]


def pixel_by_pixel(sample, key):
    image = sample["image"].copy()
    for place in np.ndindex(image.shape[:2]):
        for _ in range(8):
            image[place] = 255 - np.asarray(image[place])
    return {**sample, "image": image}


@planted("cost-is-bounded")
class Slow(augplug.Operation):
    """A loop over pixels."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=pixel_by_pixel, key=0)]


def hungry(sample, key):
    pile = np.repeat(sample["image"].astype(np.float64)[None], 200, axis=0)
    return {**sample, "image": pile[0].astype(sample["image"].dtype)}


@planted("cost-is-bounded")
class Hungry(augplug.Operation):
    """Two hundred copies."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=hungry, key=0)]


@planted("a-batch-says-the-same")
class Short(augplug.Operation):
    """A tone whose numbers lose digits in a batch."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]

    @classmethod
    def describe_batch(cls, rows, canvas):
        numbers = rows.add[:, None].astype(np.float32).astype(np.float64)
        return augplug.EffectBatch(augplug.Tone(brighter, 0.0), numbers, np.zeros(len(numbers), bool))


@planted("a-batch-says-the-same")
class Careless(augplug.Operation):
    """A tone whose function for many rows rounds."""

    add: float = augplug.parameter(low=0, high=90, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(brighter, self.add)]

    @classmethod
    def describe_batch(cls, rows, canvas):
        numbers = rows.add[:, None]
        template = augplug.Tone(brighter, 0.0)
        return augplug.EffectBatch(template, numbers, np.zeros(len(numbers), bool), lambda v, add: np.rint(v + add))


def mirrored_alone(sample, key):
    return {**sample, "image": sample["image"][:, ::-1]}


@planted("targets-follow")
class ClaimsAll(augplug.Operation):
    """A mirror that claims targets and moves none."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=mirrored_alone, key=0, targets=ALL)]


def mirrored_but(sample, key, forgotten):
    width = sample["image"].shape[1]
    made = {**sample, "image": sample["image"][:, ::-1]}
    if "masks" in sample and forgotten != "masks":
        made["masks"] = [mask[:, ::-1] for mask in sample["masks"]]
    if "boxes" in sample and forgotten != "boxes":
        left, top, right, bottom = sample["boxes"].T
        made["boxes"] = np.stack([width - right, top, width - left, bottom], axis=1)
    if "keypoints" in sample:
        made["keypoints"] = sample["keypoints"] * [-1, 1] + [width - (0 if forgotten != "keypoints" else 12), 0]
    return made


@planted("targets-follow")
class ForgetsMasks(augplug.Operation):
    """A mirror without masks."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=mirrored_but, key=0, arguments=("masks",), targets=ALL)]


@planted("targets-follow")
class ForgetsBoxes(augplug.Operation):
    """A mirror without boxes."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=mirrored_but, key=0, arguments=("boxes",), targets=ALL)]


@planted("targets-follow")
class ShiftsKeypoints(augplug.Operation):
    """A mirror whose keypoints are off by a dozen pixels."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Opaque(function=mirrored_but, key=0, arguments=("keypoints",), targets=ALL)]


@augplug.hookimpl
def augplug_operations():
    return CLASSES
