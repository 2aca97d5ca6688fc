"""Checks of an operation that look at pixels: what it makes of images of every kind."""

from __future__ import annotations

import itertools
import json
import pickle
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from augplug import api, naming, stages
from augplug._backends import default_backend
from augplug._backends.reference import Reference
from augplug._policies.reader import read_policy
from augplug.augmenter import Augmenter
from augplug.effects import Blend, ColorMix, Effect, Opaque, Paint, Tone, ToneFrom
from augplug.errors import AugplugError
from augplug.plan import Plan
from augplug.testing.base import Check, Failed, Skipped, Thing, require
from augplug.testing.elsewhere import fingerprints_elsewhere, fingerprints_of
from augplug.testing.samples import augmenter, call, effects_of, examples, images, photograph
from augplug.types import Image

_EXACT = (Tone, ToneFrom, Paint, ColorMix)
"""Effects that all backends render to the bit, or within rounding."""
SLOWEST = 300.0
"""CPU time an image at most, in units of what a float64 sine of the same image takes."""
_SLACK = 1e-6
"""How far floats may leave 0..1: rounding."""
HUNGRIEST = 80.0
"""Memory while an image is made at most, in units of the image as float64."""


def images_of_every_kind(thing: Thing) -> None:
    """Do uint8, uint16 and float images, grey to 4 channels, of any size and layout, come out as the same kind?

    When it fails: work on whatever canvas is given; for an image that makes no sense raise `augplug.OperationError` or
    `augplug.ImageError`, never for uint8 RGB. An Opaque's function keeps shape and dtype.
    """
    try:
        tried = examples(thing)[:3]
    except Skipped as reason:
        raise Failed("no values found that it takes on an RGB image of 33x47 pixels") from reason
    for operation in tried:
        augment, made = augmenter(thing, operation), 0
        for words, image in images():
            try:
                out = call(augment, image)
            except AugplugError as error:
                usual = "uint8, 3 channels, 33x47" in words
                require(not usual, f"{operation} refuses an everyday image ({words}): {error}")
                continue
            made += 1
            require(out.dtype == image.dtype, f"{operation} makes {out.dtype} of {words}")
            require(out.shape[2:] == image.shape[2:], f"{operation} makes {out.shape} of {words}")
            flat = np.asarray(out, dtype=np.float64)
            require(out.dtype.kind != "f" or (flat.min() >= -_SLACK and flat.max() <= 1 + _SLACK), f"{words} leaves 0..1")
        require(made, f"{operation} takes no image at all")


def layout_changes_nothing(thing: Thing) -> None:
    """Does the same image in another memory layout give the same pixels?

    When it fails: index and compute with numpy, and do not read the array's memory.
    """
    for operation in examples(thing)[:3]:
        augment = augmenter(thing, operation)
        for dtype in ("uint8", "float32"):
            image = photograph(dtype=dtype)
            expected = call(augment, image)
            for other in (np.asfortranarray(image), image[::-1].copy()[::-1], np.repeat(image, 2, axis=1)[:, ::2]):
                require(np.array_equal(call(augment, other), expected), f"{operation} sees the layout of {dtype} images")


def input_stays(thing: Thing) -> None:
    """Is the input image (and the partner, and every target) left as it was, and no memory of it handed out?

    When it fails: make new arrays; never keep or write into what a function was given.
    """
    for operation, dtype in itertools.product(examples(thing), ("uint8", "float64")):
        augment, image = augmenter(thing, operation), photograph(dtype=dtype)
        given = image.copy()
        before = _digest(image)
        out = call(augment, image)
        require(_digest(image) == before, f"{operation} changes its input")
        require(not np.shares_memory(out, image), f"{operation} hands out its input's memory")
        kept = _digest(out)
        image.flags.writeable = False
        require(np.array_equal(call(augment, image), out), f"{operation} treats a read-only image differently")
        call(augment, np.flip(given).copy())
        require(_digest(out) == kept, f"{operation} changes a result that it gave before")


def same_key_same_bits(thing: Thing) -> None:
    """Does the same draw give the same pixels again, whatever was rendered in between?

    When it fails: take every random number from a field with `draw=` (a key: `augplug.Key()`), and keep nothing between
    calls.
    """
    image = photograph()
    rows = [augmenter(thing, operation) for operation in examples(thing)]
    first = [_digest(call(augment, image)) for augment in rows]
    other = [_digest(call(augment, image)) for augment in reversed(rows)]
    require(first == other[::-1], "the second rendering of the same draw has other pixels")
    fresh = [_digest(call(augmenter(thing, operation), image)) for operation in examples(thing)]
    require(first == fresh, "a fresh Augmenter gives other pixels for the same draw")


def threads_agree(thing: Thing) -> None:
    """Do four threads that render at once get what one thread gets?

    When it fails: write no global, no attribute and no shared array in a function of an effect.
    """
    image = photograph((64, 64))
    rows = [augmenter(thing, operation) for operation in examples(thing)[:4]]
    expected = [_digest(call(augment, image)) for augment in rows]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: _digest(call(rows[number % len(rows)], image)), range(8 * len(rows))))
    require(made == expected * 8, "threads that render at once get other pixels")


def processes_agree(thing: Thing) -> None:
    """Does another process, with another hash seed, describe the same effects and render the same pixels?

    When it fails: use no `hash()` of texts, no order of sets, no process number, no clock, no environment.
    """
    there, here = fingerprints_elsewhere(thing), fingerprints_of(thing)
    require(there == here, f"another process gets other effects or pixels in {_differences(here, there)}")


def _differences(here: list[str], there: list[str]) -> str:
    wrong = sum(one != other for one, other in itertools.zip_longest(here, there))
    return f"{wrong} of {len(here)} examples"


def pickles(thing: Thing) -> None:
    """Does the operation pickle, and an Augmenter with it where it is installed, to the same pixels?

    When it fails: keep operations and functions at the top of a module, under their own names.
    """
    operation, image = examples(thing)[0], photograph()
    augment = augmenter(thing, operation)
    expected = call(augment, image)
    again = pickle.loads(pickle.dumps(operation))  # nosec B301  # pickled one word before
    require(np.array_equal(call(augmenter(thing, again), image), expected), "unpickled, it gives other pixels")
    if naming.operations().get(thing.address) is thing.value:
        public = pickle.loads(pickle.dumps(api.Augmenter(augment.policy)))  # nosec B301  # as above
        require(np.array_equal(call(public, image), expected), "the unpickled Augmenter gives other pixels")


def level_is_strength(thing: Thing) -> None:
    """Does the distance from the image grow from the weakest to the strongest level?

    When it fails: give `level=(weakest, strongest)` in that order, and let the field do something.
    """
    field = thing.value.about.level_field
    if field is None:
        raise Skipped("no parameter carries level=")
    weakest, strongest = thing.value.about.parameters[field].level
    rows = [
        [_distance(thing, base, field, weakest + (strongest - weakest) * part / 4, image) for part in range(5)]
        for base in examples(thing)[:3]
        for image in (photograph((48, 48)),)
    ]
    distances = np.mean(rows, axis=0)
    told = ", ".join(f"{value:.1f}" for value in distances)
    slack = 0.1 * distances.max() + 0.5
    require(distances[-1] > distances[0] + 1e-6, f"the strongest level moves no further than the weakest: {told}")
    require((np.diff(distances) > -slack).all(), f"a higher level moves the pixels less: {told} (8-bit values)")


def _distance(thing: Thing, base: Any, field: str, value: float, image: Image) -> float:
    declared = thing.value.about.parameters
    fields = {name: getattr(base, name) for name in declared}
    operation = thing.value(**{**fields, field: round(value) if declared[field].integer else value})
    out = call(augmenter(thing, operation), image)
    if out.shape != image.shape:
        raise Skipped("it changes the image's size, so there is no distance")
    return float(np.abs(out.astype(float) - image).mean())


def fusing_changes_nothing(thing: Thing) -> None:
    """Is `exact` fusing bit-identical to none, alone and between neighbours?

    When it fails: let a Tone's function see each value by itself, and describe a canvas' size by a Warp only.
    """
    known = thing.operations
    tones = known["augplug:Invert"](), known["augplug:Solarize"](threshold=100)
    turn = known["augplug:HorizontalFlip"]()
    for operation, dtype in itertools.product(examples(thing)[:3], ("uint8", "uint16", "float32")):
        image = photograph(dtype=dtype)
        if any(name == "partner" for name in thing.value.about.parameters):
            raise Skipped("it mixes images, and nothing may stand behind a mix")
        for chain in ((operation,), (tones[1], operation, tones[0]), (turn, operation, turn)):
            fused, plain = (call(augmenter(thing, *chain, fuse=level), image) for level in ("exact", "none"))
            require(np.array_equal(fused, plain), f"{operation} on {dtype} depends on fusing: {_worst(fused, plain)}")


def backends_agree(thing: Thing) -> None:
    """Do the reference and the fast backend make the same image, within the stated tolerance?

    When it fails: leave pixels to the effects; a function of an effect must not depend on who calls it.
    """
    fast, slow = default_backend(), Reference()
    if fast.name == slow.name:
        raise Skipped("there is only one backend here")
    for operation in examples(thing):
        effects = effects_of(operation)
        if any(_is_opaque(effect) for effect in effects):
            raise Skipped("an Opaque is rendered by its own function on every backend")
        exact = all(isinstance(effect, _EXACT) for effect in effects)
        for dtype in ("uint8", "float32"):
            image = photograph((48, 64), dtype=dtype)
            made, expected = (call(augmenter(thing, operation, backend=one), image) for one in (fast, slow))
            apart = np.abs(made.astype(float) - expected) * (255 if dtype == "float32" else 1)
            limit = 1.0 if exact else 4.0  # nearest neighbour may fall on the other side of an edge
            require(
                apart.mean() <= limit and (not exact or apart.max() <= limit),
                f"{operation} on {dtype}: backends differ by {apart.max():.2f}, {apart.mean():.3f} on average",
            )


def _is_opaque(effect: Effect) -> bool:
    inner = [one for chain in effect.chains for one in chain] if isinstance(effect, Blend) else []
    return isinstance(effect, Opaque) or any(map(_is_opaque, inner))


def policies_and_plans_keep_it(thing: Thing) -> None:
    """Does the operation survive a policy file and a saved plan, to the same draw and the same pixels?

    When it fails: let all that matters be fields; what is no field is in no file.
    """
    image = photograph()
    for operation in examples(thing):
        augment = augmenter(thing, operation)
        document = json.loads(json.dumps(augment.policy.to_json()))
        again = read_policy(document, thing.operations)
        require(again.digest == augment.policy.digest, f"{operation} comes back as another from a policy file")
        expected = call(augment, image)
        require(np.array_equal(call(Augmenter(again), image), expected), f"{operation} from a file has other pixels")
        partner = np.flip(image, axis=1).copy() if augment.mixes else None
        plan = Plan.from_json(augment.plan(image, index=0, partner=partner).to_json(), thing.operations)
        made = stages.replay(plan.items, image, partner, augment.fuse, augment.backend)
        require(np.array_equal(made, expected), f"{operation} replayed from a plan has other pixels")


def cost_is_bounded(thing: Thing) -> None:
    """Does an image take bounded CPU time and memory, beside plain arithmetic on it in the same run?

    When it fails: use whole-array arithmetic instead of loops over pixels, and arrays no larger than a few images.
    """
    image = photograph((192, 192))
    real = image.astype(np.float64)
    unit = _least(lambda: np.sin(real))
    for operation in examples(thing)[:3]:
        augment = augmenter(thing, operation)
        spent = _least(lambda augment=augment: call(augment, image)) / unit
        require(spent <= SLOWEST, f"{operation} takes {spent:.0f} times as long as the sine of the image")
        tracemalloc.start()
        try:
            call(augment, image)
            peak = tracemalloc.get_traced_memory()[1] / real.nbytes
        finally:
            tracemalloc.stop()
        require(peak <= HUNGRIEST, f"{operation} needs the memory of {peak:.0f} images of float64")


def _least(work: Any) -> float:
    """Return the least CPU time of this thread that `work` took; the first time prepares."""
    spent = []
    for _ in range(4):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return max(min(spent[1:]), 1e-4)


def _digest(image: Image) -> str:
    return stages.digest_of(np.ascontiguousarray(image))


def _worst(one: Image, other: Image) -> str:
    if one.shape != other.shape:
        raise Failed(f"one makes {one.shape}, the other {other.shape}")
    return f"{np.abs(one.astype(float) - other).max():g} at most"


CHECKS: tuple[Check, ...] = (
    images_of_every_kind,
    layout_changes_nothing,
    input_stays,
    same_key_same_bits,
    threads_agree,
    processes_agree,
    pickles,
    level_is_strength,
    fusing_changes_nothing,
    backends_agree,
    policies_and_plans_keep_it,
    cost_is_bounded,
)
