"""Prepared plans: the kernels of what was drawn, kept where it can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from augplug._backends.base import Backend, Finish, Kernel
from augplug._pipeline import fuse as fusing
from augplug._pipeline.describe import describe
from augplug._pipeline.draw import Item
from augplug._sample.image import canvas_of
from augplug._sample.output import Output
from augplug.effects import ColorMix, Effect, Mix, Opaque, Tone, ToneFrom, Warp, shape_after
from augplug.errors import OperationError, TargetError
from augplug.types import FuseLevel, Image

PROGRAMS = 4096
"""How many are kept."""
_RECURS = attrgetter("recurs")


class Programs:
    """The kernels of draws on images, which end with `output`."""

    def __init__(self, fuse: FuseLevel, backend: Backend, output: Output | None = None) -> None:
        """Keep nothing yet; `kept` is by drawn items, or effects, and by the image's shape and dtype."""
        self._fuse, self._backend, self._output = fuse, backend, output
        self.kept: dict[Any, tuple[Kernel, ...]] = {}

    def of(self, items: tuple[Item, ...], image: Image) -> tuple[Kernel, ...]:
        """Return the kernels of drawn operations: the kept ones, or new ones."""
        program = self.kept.get((items, image.shape, image.dtype))
        return self.prepare(items, image) if program is None else program

    def prepare(self, items: tuple[Item, ...], image: Image) -> tuple[Kernel, ...]:
        """Return new kernels of drawn operations, kept by what was drawn, or by the effects if only these recur."""
        effects = describe(items, canvas_of(image))
        return self._of(items, effects, image) if recur(items) else self.of_effects(effects, image)

    def of_effects(self, effects: tuple[Effect, ...], image: Image, *, recurring: bool = False) -> tuple[Kernel, ...]:
        """Return the kernels of effects; they are kept if the effects are `recurring`, or of a kind that recurs."""
        if recurring or all(map(effect_recurs, effects)):
            return self._of(effects, effects, image)
        return kernels_of(effects, image, self._fuse, self._backend, self._output)

    def _of(self, known_by: tuple[object, ...], effects: tuple[Effect, ...], image: Image) -> tuple[Kernel, ...]:
        key = (known_by, image.shape, image.dtype)
        program = self.kept.get(key)
        if program is None:
            program = kernels_of(effects, image, self._fuse, self._backend, self._output)
            if len(self.kept) >= PROGRAMS:
                self.kept.clear()
            self.kept[key] = program
        return program


def recur(items: tuple[Item, ...]) -> bool:
    """Whether all of the drawn operations may be drawn again."""
    return all(map(_RECURS, items))


def kernels_of(
    effects: Sequence[Effect], image: Image, fuse: FuseLevel, backend: Backend, output: Output | None = None
) -> tuple[Kernel, ...]:
    """Return the kernels that render effects on images of this shape and dtype, and end with `output`."""
    effects = fusing.fuse(effects, fuse, canvas_of(image))
    last: Tone | ToneFrom | None = None
    if output is not None and fuse != "none" and effects and isinstance(tone := effects[-1], Tone | ToneFrom):
        effects, last = effects[:-1], tone
    kernels: list[Kernel] = []
    shape = image.shape
    for effect in effects:
        if isinstance(effect, Mix):
            raise TargetError(
                "this policy mixes images, and one image alone has no partner; use augment.batch(images, ...) or "
                "augment(image=..., partner=...)"
            )
        if isinstance(effect, Opaque):
            kernels.append(partial(_opaque, effect=effect))
        else:
            kernels.append(backend.prepare(effect, shape, image.dtype))
        shape = shape_after(effect, shape)
    if output is not None:
        kernels.append(backend.finish(output, last, shape, image.dtype))
    return tuple(kernels)


def effect_recurs(effect: Effect) -> bool:
    """Whether an effect has few forms, of whatever reals it was made: whole pixels moved, channels in another order."""
    if isinstance(effect, Warp) and isinstance(effect.motion, tuple):
        (_, _, right), (_, _, down), _ = effect.motion
        return right % 1 == 0 == down % 1
    return isinstance(effect, ColorMix) and effect.matrix is not None and 1 in effect.matrix[0]


def _opaque(image: Image, effect: Opaque) -> Image:
    made = effect.function({"image": image.copy()}, effect.key, *effect.arguments)
    return check_opaque(made["image"], image, effect)


def check_opaque(made: Any, image: Image, effect: Opaque) -> Image:
    """Return what an opaque function made of an image, or refuse another shape than it said, or another dtype."""
    shape = shape_after(effect, image.shape)
    if not isinstance(made, np.ndarray) or (made.shape, made.dtype) != (shape, image.dtype):
        given = f"{getattr(made, 'shape', type(made).__name__)} {getattr(made, 'dtype', '')}"
        raise OperationError(
            f"{effect.function.__qualname__} made {given} of an image of {image.shape} {image.dtype}; an opaque "
            f"function keeps the dtype, and makes the shape that its effect says: {shape}"
        )
    return np.ascontiguousarray(made)


def run(program: Sequence[Kernel], image: Image) -> Image:
    """Return a new image: the kernels one after the other, or a copy where there is none."""
    if not program:
        return image.copy()
    for kernel in program:
        image = kernel(image)
    return image


def run_into(program: Sequence[Kernel], image: Image, into: Image) -> Image:
    """Return what `run` does of a program that ends with an output; `into` where that has the shape of the result."""
    last: Finish = program[-1]
    return last(run(program[:-1], image) if program[:-1] else image, into)
