"""What operations are tried on: images of every kind, and values for their fields."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from augplug._backends.base import Backend
from augplug._pipeline.augmenter import Augmenter
from augplug._policies import building
from augplug._policies.grammar import Policy
from augplug._sample.image import digest_of
from augplug.effects import Effect
from augplug.errors import AugplugError
from augplug.ops.base import Operation
from augplug.ops.parameters import Parameter
from augplug.rng import Stream
from augplug.testing.base import Skipped, Subject
from augplug.types import Canvas, FuseMode, Image

DTYPES = ("uint8", "uint16", "float32", "float64")
CHANNELS = (None, 1, 3, 4)
SIZES = ((1, 1), (1, 7), (33, 47))
LAYOUTS = ("C", "Fortran", "negative strides", "read-only")
MIDDLE = (33, 47)
_EXAMPLES = 6
_ATTEMPTS = 60
_WIDE = 40.0
"""Of a field's range no more than this is tried from its lower end: sides of 65,536 pixels teach nothing."""


def photograph(size: tuple[int, int] = MIDDLE, channels: int | None = 3, dtype: str = "uint8") -> Image:
    """Return an image with smooth shades, an edge and noise, over most of the range; the same every time."""
    ys, xs = np.mgrid[: size[0], : size[1]]
    shades = [np.sin(xs / (5 + c)) * np.cos(ys / (7 + c)) + ((xs + ys) % 29 > 14) for c in range(channels or 1)]
    noise = np.random.default_rng(5).normal(0, 0.05, (*size, channels or 1))
    real = np.clip((np.stack(shades, axis=-1) + 1) / 3 + noise, 0, 1)
    kind = np.dtype(dtype)
    made: Image = (real * (np.iinfo(kind).max if kind.kind == "u" else 1)).astype(kind)
    return made[..., 0] if channels is None else made


def laid_out(image: Image, layout: str) -> Image:
    """Return an image of the same values in another layout."""
    if layout == "Fortran":
        return np.asfortranarray(image)
    if layout == "negative strides":
        return image[::-1, ::-1].copy()[::-1, ::-1]
    made = image.copy()
    made.flags.writeable = layout != "read-only"
    return made


def images() -> Iterator[tuple[str, Image]]:
    """Yield images of every dtype, number of channels and size, each in one of the layouts in turn."""
    kinds = itertools.product(DTYPES, CHANNELS, SIZES)
    for place, (dtype, channels, size) in enumerate(kinds):
        layout = LAYOUTS[place % len(LAYOUTS)]
        words = f"{dtype}, {'grey' if channels is None else f'{channels} channels'}, {size[0]}x{size[1]}, {layout}"
        yield words, laid_out(photograph(size, channels, dtype), layout)


def examples(subject: Subject) -> list[Operation]:
    """Return the operation with several sets of values: weakest, strongest, and chance. Skipped when none is legal."""
    made: list[Operation] = []
    for attempt in range(_ATTEMPTS):
        stream = Stream(b"augplug.testing", attempt.to_bytes(8, "little"))
        fields = {name: _value(p, stream, attempt) for name, p in subject.value.about.parameters.items()}
        try:
            operation = subject.value(**fields)
            operation.describe(Canvas(*MIDDLE, 3))
        except AugplugError:  # fields may depend on each other and on the canvas
            continue
        made.append(operation)
        if len(made) == _EXAMPLES:
            break
    if not made:
        raise Skipped("no values found that it takes on an RGB image of 33x47 pixels: images-of-every-kind says so")
    return made


def _value(declared: Parameter, stream: Stream, attempt: int) -> Any:
    value = _any_value(declared, stream, attempt)
    # Masks of integers hold whole numbers only.
    return round(value) if declared.unit.startswith("mask value") and isinstance(value, float) else value


def _any_value(declared: Parameter, stream: Stream, attempt: int) -> Any:
    if declared.choices:
        return declared.choices[stream.below(len(declared.choices))]
    if declared.flag:
        return stream.below(2) == 1
    if declared.level is not None:
        weakest, strongest = declared.level
        part = float(attempt) if attempt < 2 else stream.real()
        move = (strongest - weakest) * part * (stream.sign() if declared.signed else 1)
        value = min(max(weakest + move, declared.low), declared.high)
        return round(value) if declared.integer else value
    if declared.draw is not None:
        drawn = declared.draw.draw(stream)
        return int(drawn) if declared.integer else drawn
    if not declared.required and (declared.many or attempt % 2 == 0 or declared.default is None):
        return declared.default
    low, high = tried_range(declared)
    values = sorted(low + (high - low) * stream.real() for _ in range(declared.length or 1))  # most tuples are ranges
    made = tuple(round(value) if declared.integer else value for value in values)
    return made if declared.length and not declared.many else made[0]


def tried_range(declared: Parameter) -> tuple[float, float]:
    """Return the part of a field's range that is tried."""
    low = declared.low if math.isfinite(declared.low) else min(declared.high - _WIDE, 0.0)
    low = low if math.isfinite(low) else 0.0
    return low, min(declared.high, low + _WIDE)


def augmenter(
    subject: Subject, *operations: Operation, backend: Backend | None = None, fuse: FuseMode = "exact"
) -> Augmenter:
    """Return an Augmenter that applies the operations in order; those of other classes are augplug's own."""
    steps = [
        building.step(
            subject.operations,
            subject.address if isinstance(one, subject.value) else f"augplug:{one.about.name}",
            **{field: getattr(one, field) for field in one.about.parameters},
        )
        for one in operations
    ]
    return Augmenter(Policy(building.sequence(*steps), "examined"), backend=backend, fuse=fuse)


def call(augment: Augmenter, image: Image, index: int = 0, **targets: Any) -> Any:
    """Augment, with a partner where one is needed."""
    partner = np.flip(image, axis=1).copy() if augment.mixes else None
    if targets:
        return augment(image=image, index=index, partner=partner, **targets)
    return augment(image, index=index, partner=partner)


def effects_of(operation: Operation, size: tuple[int, int] = MIDDLE, channels: int = 3) -> list[Effect]:
    """Return what an operation describes."""
    return list(operation.describe(Canvas(size[0], size[1], channels)))


def digest(image: Image) -> str:
    """Return a text that is equal for equal images of one dtype."""
    return digest_of(np.ascontiguousarray(image))
