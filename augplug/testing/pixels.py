"""Checks of an operation that look at pixels: what it makes of images of every kind."""

from __future__ import annotations

import itertools
import time
import tracemalloc
from typing import Any

import numpy as np

from augplug.errors import AugplugError
from augplug.testing.base import Check, Failed, Skipped, Subject, require, require_same
from augplug.testing.samples import augmenter, call, digest, examples, images, photograph
from augplug.types import Image

SLOWEST = 100.0
"""CPU time an image at most, in units of what a float64 sine of the same image takes."""
_SLACK = 1e-6
"""How far floats may leave 0..1: rounding."""
HUNGRIEST = 80.0
"""Memory while an image is made at most, in units of the image as float64."""


def images_of_every_kind(subject: Subject) -> None:
    """Do uint8, uint16 and float images, grey to 4 channels, of any size and layout, come out as the same kind?

    When it fails: work on whatever canvas is given; for an image that makes no sense raise `augplug.OperationError` or
    `augplug.ImageError`, never for uint8 RGB. An Opaque's function keeps shape and dtype.
    """
    try:
        tried = examples(subject)[:3]
    except Skipped as reason:
        raise Failed("no values found that it takes on an RGB image of 33x47 pixels") from reason
    for operation in tried:
        augment, made = augmenter(subject, operation), 0
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
            require(
                out.dtype.kind != "f" or (flat.min() >= -_SLACK and flat.max() <= 1 + _SLACK), f"{words} leaves 0..1"
            )
        require(made, f"{operation} takes no image at all")


def input_stays(subject: Subject) -> None:
    """Is the input image (and the partner, and every target) left as it was, and no memory of it handed out?

    When it fails: make new arrays; never keep or write into what a function was given.
    """
    for operation, dtype in itertools.product(examples(subject), ("uint8", "float64")):
        augment, image = augmenter(subject, operation), photograph(dtype=dtype)
        given = image.copy()
        before = digest(image)
        out = call(augment, image)
        require(digest(image) == before, f"{operation} changes its input")
        require(not np.shares_memory(out, image), f"{operation} hands out its input's memory")
        kept = digest(out)
        image.flags.writeable = False
        require_same(call(augment, image), out, f"{operation} treats a read-only image differently")
        call(augment, np.flip(given).copy())
        require(digest(out) == kept, f"{operation} changes a result that it gave before")


def same_key_same_bits(subject: Subject) -> None:
    """Does the same draw give the same pixels again, whatever was rendered in between?

    When it fails: take every random number from a field with `draw=` (a key: `augplug.Key()`), and keep nothing between
    calls.
    """
    for dtype in ("uint8", "float32"):  # tables of integers are cached
        image = photograph(dtype=dtype)
        rows = [augmenter(subject, operation) for operation in examples(subject)]
        first = [call(augment, image).copy() for augment in rows]
        again = [call(augment, image).copy() for augment in reversed(rows)]
        fresh = [call(augmenter(subject, operation), image) for operation in examples(subject)]
        for expected, other, anew in zip(first, reversed(again), fresh, strict=True):
            require_same(other, expected, f"the second rendering of the same draw on {dtype} has other pixels")
            require_same(anew, expected, f"a fresh Augmenter gives other pixels for the same draw on {dtype}")


def level_is_strength(subject: Subject) -> None:
    """Does the distance from the image grow from the weakest to the strongest level?

    When it fails: give `level=(weakest, strongest)` in that order, and let the field do something.
    """
    field = subject.value.about.level_field
    if field is None:
        raise Skipped("no parameter carries level=")
    weakest, strongest = subject.value.about.parameters[field].level
    rows = [
        [_distance(subject, base, field, weakest + (strongest - weakest) * part / 4, image) for part in range(5)]
        for base in examples(subject)[:3]
        for image in (photograph((48, 48)),)
    ]
    distances = np.mean(rows, axis=0)
    told = ", ".join(f"{value:.1f}" for value in distances)
    slack = 0.1 * distances.max() + 0.5
    require(distances[-1] > distances[0] + 1e-6, f"the strongest level moves no further than the weakest: {told}")
    require((np.diff(distances) > -slack).all(), f"a higher level moves the pixels less: {told} (8-bit values)")


def _distance(subject: Subject, base: Any, field: str, value: float, image: Image) -> float:
    declared = subject.value.about.parameters
    fields = {name: getattr(base, name) for name in declared}
    operation = subject.value(**{**fields, field: round(value) if declared[field].integer else value})
    out = call(augmenter(subject, operation), image)
    if out.shape != image.shape:
        raise Skipped("it changes the image's size, so there is no distance")
    return float(np.abs(out.astype(float) - image).mean())


def cost_is_bounded(subject: Subject) -> None:
    """Does an image take bounded CPU time and memory, beside plain arithmetic on it in the same run?

    When it fails: use whole-array arithmetic instead of loops over pixels, and arrays no larger than a few images.
    """
    image = photograph((192, 192))
    real = image.astype(np.float64)
    unit = _least(lambda: np.sin(real))
    for operation in examples(subject)[:3]:
        augment = augmenter(subject, operation)
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


CHECKS: tuple[Check, ...] = (
    images_of_every_kind,
    input_stays,
    same_key_same_bits,
    level_is_strength,
    cost_is_bounded,
)
