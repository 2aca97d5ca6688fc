"""Checks of a backend: every effect, beside the reference, which is the specification."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from augplug import builtin
from augplug._backends.base import Backend
from augplug._backends.reference import Reference
from augplug._pipeline.fuse import fuse
from augplug._sample.output import Output
from augplug.effects import AdaptiveTone, Blend, ColorMix, Effect, Mix, Opaque, Paint, Tone, Warp
from augplug.errors import AugplugError
from augplug.ops.base import Operation
from augplug.testing.base import Check, Subject, require, require_same
from augplug.testing.samples import CHANNELS, digest, effects_of, examples, photograph
from augplug.types import Canvas, Image

_SIZE = (40, 52)
_EXACT = (Tone, AdaptiveTone, Paint)
_KINDS = [(dtype, channels) for dtype in ("uint8", "uint16", "float32") for channels in CHANNELS]


def _backend(subject: Subject) -> Backend:
    made = subject.value()
    require(isinstance(made, Backend), f"it makes {type(made).__name__}, not a Backend")
    return made  # type: ignore[no-any-return]  # `require` has looked


def _operations(subject: Subject) -> Iterator[tuple[type[Operation], list[Operation]]]:
    """Yield the built-in operations, each with some sets of values."""
    for operation in builtin.augplug_operations():
        about = operation.about
        yield operation, examples(Subject("operations", about.name, operation, builtin, subject.operations))[:3]


def _effects(subject: Subject, channels: int) -> Iterator[Effect]:
    for _, made in _operations(subject):
        for operation in made:
            try:
                described = effects_of(operation, _SIZE, channels)
            except AugplugError:  # colour, on a grey image
                continue
            yield from (one for one in described if not isinstance(one, Mix | Opaque))


def _units(image: Image) -> Image:
    """Return values in 8-bit units."""
    scale = {"uint8": 1.0, "uint16": 1 / 257}.get(image.dtype.name, 255.0)
    made: Image = image.astype(np.float64) * scale
    return made


def has_a_name(subject: Subject) -> None:
    """Has it the name that it is provided by, and a version that says what its pixels depend on?

    When it fails: set `name`, and return the library and its version from `version()`: plans hold both.
    """
    made = _backend(subject)
    require(made.name == subject.name, f"it is provided as {subject.name!r}, but its name is {made.name!r}")
    version = made.version()
    require(any(sign.isdigit() for sign in str(version)), f"its version is {version!r}")


def agrees_with_the_reference(subject: Subject) -> None:
    """Does every effect look as the reference renders it, and keep dtype and shape, on every kind of image?

    When it fails: compare with `augplug/_backends/reference.py`, or let the reference render what you cannot. Tones
    and paint are exact; other effects are within 12 of 255 at any pixel and 1 on average, nearest neighbour within 4 on
    average.
    """
    made, slow = _backend(subject), Reference()
    for dtype, channels in _KINDS:
        image = photograph(_SIZE, channels, dtype)
        for effect in _effects(subject, channels or 1):
            expected = slow.prepare(effect, image.shape, image.dtype)(image)
            out = made.prepare(effect, image.shape, image.dtype)(image)
            told = f"{effect} on {dtype}, {image.shape}"
            same = (out.shape, out.dtype) == (expected.shape, expected.dtype)
            require(same, f"{told}: {out.shape} {out.dtype}, not {expected.shape} {expected.dtype}")
            apart = np.abs(_units(out) - _units(expected))
            most, mean = _limits(effect)
            fits = apart.max() <= most and apart.mean() <= mean
            require(fits, f"{told}: {apart.max():.3g} from the reference, {apart.mean():.3g} on average")


def _limits(effect: Effect) -> tuple[float, float]:
    if isinstance(effect, _EXACT) or (isinstance(effect, ColorMix) and effect.gray_blend is not None):
        return 1e-3, 1e-3
    if isinstance(effect, Warp) and effect.interpolation == "nearest":
        # Of few pixels each may show the neighbour: in the middle between two, the last bit decides.
        return 255.0, 4.0 if effect.size[0] * effect.size[1] >= _FEW_PIXELS else 255.0
    return (255.0, 4.0) if isinstance(effect, Blend) else (12.0, 1.0)


_FEW_PIXELS = 64


def input_stays(subject: Subject) -> None:
    """Does every kernel leave its input as it was, take a read-only one, and return memory of its own?

    When it fails: write into new arrays only.
    """
    made = _backend(subject)
    for dtype in ("uint8", "float32"):
        image = photograph(_SIZE, 3, dtype)
        before = digest(image)
        for effect in _effects(subject, 3):
            kernel = made.prepare(effect, image.shape, image.dtype)
            image.flags.writeable = True
            out = kernel(image)
            require(digest(image) == before, f"{effect} on {dtype} changes its input")
            require(not np.shares_memory(out, image), f"{effect} on {dtype} returns its input's memory")
            image.flags.writeable = False
            kept = digest(out)
            require(digest(kernel(image)) == kept, f"{effect} on {dtype} gives other pixels the second time")
            kernel(np.flip(image).copy())
            require(digest(out) == kept, f"{effect} on {dtype} changes a result that it gave before")


def kernels_are_reentrant(subject: Subject) -> None:
    """Do eight threads that share a kernel get what one thread gets?

    When it fails: keep no buffer in a kernel; what is prepared is read only.
    """
    made = _backend(subject)
    pictures = [np.roll(photograph((96, 96)), 7 * number, axis=0) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        for effect in _effects(subject, 3):
            if isinstance(effect, Warp) and effect.size != _SIZE:
                continue
            kernel = made.prepare(effect, pictures[0].shape, pictures[0].dtype)
            expected = [digest(kernel(picture)) for picture in pictures]
            given = list(pool.map(lambda number, kernel=kernel: digest(kernel(pictures[number % 4])), range(32)))
            require(given == expected * 8, f"{effect}: threads that share a kernel get other pixels")


def fusing_is_exact(subject: Subject) -> None:
    """Do runs of tones that fusing joined give the bits of one after the other?

    When it fails: apply `before` and `after` of Tone and AdaptiveTone, quantised one by one.
    """
    made = _backend(subject)
    tones = [effect for effect in _effects(subject, 3) if isinstance(effect, Tone | AdaptiveTone)]
    for dtype in ("uint8", "uint16", "float32"):
        image = photograph(_SIZE, 3, dtype)
        for first, then in zip(tones, tones[5:] + tones[:5], strict=True):
            plain = image
            for tone in (first, then):
                plain = made.prepare(tone, image.shape, image.dtype)(plain)
            fused = image
            for effect in fuse([first, then], "exact", Canvas(*_SIZE, 3)):
                fused = made.prepare(effect, image.shape, image.dtype)(fused)
            require_same(fused, plain, f"{first} and {then}, fused, differ on {dtype}")


def output_is_normalised(subject: Subject) -> None:
    """Does `finish` give float32 in the layout that is asked for, as the reference does, with and without a tone?

    When it fails: apply the tone `last`, then (v - mean) / deviation on values in 0..1, then the layout. The kernel
    writes the same into the array that it is given beside the image, if it is given one.
    """
    made, slow = _backend(subject), Reference()
    last = next(effect for effect in _effects(subject, 3) if isinstance(effect, Tone))
    for dtype in ("uint8", "uint16", "float32"):
        image = photograph(_SIZE, 3, dtype)
        for output in (Output(mean=0.5, std=0.25, layout="CHW"), Output(mean=(0.1, 0.2, 0.3), std=0.5, layout="HWC")):
            for tone in (None, last):
                kernel, reference = (back.finish(output, tone, image.shape, image.dtype) for back in (made, slow))
                one, other = kernel(image), reference(image)
                same = (one.shape, one.dtype) == (other.shape, other.dtype) and np.allclose(one, other, atol=1e-5)
                require(same, f"finish of {dtype} with {output} and {tone} differs from the reference")
                written = kernel(image, np.full_like(one, np.nan))
                require(np.array_equal(one, written), f"finish of {dtype} with {output} and {tone} writes other values")


def mixes_as_the_reference(subject: Subject) -> None:
    """Does `weighted_sum` add two images as the reference does, to the bit, and leave both as they were?

    When it fails: return `augplug.weighted_sum` where your sums round otherwise. The
    array that it may be given for the result is written, or left alone.
    """
    made, slow = _backend(subject), Reference()
    for dtype, channels in _KINDS:
        image = photograph((160, 144), channels, dtype)
        partner = np.flip(image).copy()
        before = digest(image), digest(partner)
        for weight in (0.0, 0.25, 0.3, 1 / 3, 0.49999997, 1.0):
            expected = slow.weighted_sum(image, partner, weight)
            for out in (None, np.full_like(image, 1)):
                mixed = made.weighted_sum(image, partner, weight, out)
                told = f"weighted_sum, by {weight:.9g}, of {dtype} {image.shape}"
                require(
                    mixed.dtype == image.dtype and np.array_equal(mixed, expected),
                    f"{told}, differs from the reference",
                )
                shared = np.shares_memory(mixed, image) or np.shares_memory(mixed, partner)
                require(not shared and (digest(image), digest(partner)) == before, f"{told}, changes its input")


CHECKS: tuple[Check, ...] = (
    has_a_name,
    agrees_with_the_reference,
    input_stays,
    kernels_are_reentrant,
    fusing_is_exact,
    output_is_normalised,
    mixes_as_the_reference,
)
