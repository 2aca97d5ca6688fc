"""Prepared plans: the kernels of what was drawn, kept where it can be drawn again."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from augplug._backends.base import Backend, Kernel
from augplug._policies.draw import Item
from augplug.effects import Effect
from augplug.fuse import FuseLevel
from augplug.outputs import Output
from augplug.rendering import canvas_of, describe, effect_recurs, kernels_of
from augplug.types import Image

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
