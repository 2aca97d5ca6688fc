"""The cache of programs: what recurs is kept, bounded by bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from augplug._backends.base import ImageFunction
from augplug._pipeline.channels import ChannelCheck
from augplug._pipeline.describe import describe
from augplug._pipeline.items import Item, mixes
from augplug._pipeline.program import Program
from augplug._pipeline.render import Renderer
from augplug._sample.image import canvas_of_shape
from augplug.effects import ColorMix, Effect, Warp
from augplug.types import Image

MOST_BYTES = 32 << 20
"""About how many bytes the programs of an Augmenter take at most."""
_RECURS = attrgetter("recurs")
_FINISH = "finish"


class Programs:
    """The programs of an Augmenter, kept for as long as their draws may recur.

    The one rule: a program is kept if all of its drawn operations, or all of its effects, may be drawn again. The cache
    has two generations. When the younger one holds half of MOST_BYTES, it becomes the older one, and what is asked for
    again moves back: what recurs stays, what does not is dropped.
    """

    def __init__(self, renderer: Renderer, channels: ChannelCheck | None = None, *, ends: bool = True) -> None:
        """Keep nothing yet; `ends` puts the renderer's Output at the end of each program.

        An Augmenter whose policy mixes images asks for programs without it, and for `finish` behind the mix. With
        `channels` images that its policy may not take are refused before the first program is made for them.
        """
        self.renderer, self.channels, self._ends = renderer, channels, ends
        self.kept: dict[Any, Program] = {}
        self._older: dict[Any, Program] = {}
        self._bytes = 0

    def of(self, items: tuple[Item, ...], image: Image) -> Program:
        """Return the program of drawn operations on images of this shape and dtype: a kept one, or a new one."""
        program = self.kept.get((items, image.shape, image.dtype))
        return self.prepare(items, image.shape, image.dtype) if program is None else program

    def prepare(self, items: tuple[Item, ...], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Program:
        """Return the program of drawn operations that the younger generation does not hold.

        Raises ImageError if the policy does not take this number of channels, whatever these operations are.
        """
        if self.channels is not None and shape[2:] not in self.channels.seen:
            self.channels.check(shape)
        if all(map(_RECURS, items)):
            return self._kept((items, shape, dtype), lambda: describe(items, canvas_of_shape(shape)))
        if not self._ends and mixes(items[-1]):
            # The partner is another one every time; what comes before the mix need not be.
            return self._with_mix(self.prepare(items[:-1], shape, dtype), items[-1], dtype)
        effects = describe(items, canvas_of_shape(shape))
        if all(map(effect_recurs, effects)):
            return self._kept((effects, shape, dtype), lambda: effects)
        return self.renderer.program(effects, shape, dtype, ends=self._ends)

    def kernel(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
        """Return the kernel of one effect on images of this shape and dtype: a kept one if it recurs."""
        if effect_recurs(effect):
            return self._kept(((effect,), shape, dtype), lambda: (effect,)).alone
        return self.renderer.backend.prepare(effect, shape, dtype)

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ImageError unless the policy takes images with this number of channels."""
        if self.channels is not None:
            self.channels.check(shape)

    def finish(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Program:
        """Return the program that does nothing but the Output, or copies the image if there is none."""
        known = self.kept.get((_FINISH, shape, dtype))
        if known is not None:
            return known
        return self._keep((_FINISH, shape, dtype), self.renderer.program((), shape, dtype, ends=True))

    def _kept(
        self, key: tuple[Any, tuple[int, ...], np.dtype[Any]], effects: Callable[[], tuple[Effect, ...]]
    ) -> Program:
        program = self.kept.get(key)
        if program is not None:
            return program
        program = self._older.get(key)
        if program is None:
            program = self.renderer.program(effects(), *key[1:], ends=self._ends)
        return self._keep(key, program)

    def _keep(self, key: Any, program: Program) -> Program:
        self.kept[key] = program
        self._bytes += bytes_of((key[0], program.passes, program.finish))
        if self._bytes > MOST_BYTES // 2:
            self._older, self.kept, self._bytes = self.kept, {}, 0
        return program

    def _with_mix(self, program: Program, item: Item, dtype: np.dtype[Any]) -> Program:
        """Return a program with one more step, an operation that mixes."""
        effects = describe((item,), canvas_of_shape(program.shape))
        if not effects:
            return program
        if program.last is not None:
            effects = (program.last, *effects)  # which raises: a last mix comes last
        mix = self.renderer.program(effects, program.shape, dtype, ends=False)
        if len(effects) > 1 or mix.last is None:
            return Program.of([*program.passes, *mix.passes], mix.shape, last=mix.last, mixes=True)
        return program._replace(last=mix.last, mixes=True)


def effect_recurs(effect: Effect) -> bool:
    """Return True if an effect takes few values even if its numbers are continuous.

    Shifts by whole pixels and permutations of the channels do, so that keeping their programs pays.
    """
    if isinstance(effect, Warp) and isinstance(effect.transform, tuple):
        (_, _, right), (_, _, down), _ = effect.transform
        return right % 1 == 0 == down % 1
    return isinstance(effect, ColorMix) and effect.matrix is not None and 1 in effect.matrix[0]


def bytes_of(value: Any) -> int:
    """Return about how many bytes kernels and what they hold take; arrays that two kernels share count twice."""
    total, pending = 0, [value]
    while pending:
        one = pending.pop()
        total += _OBJECT
        if isinstance(one, np.ndarray):
            total += one.nbytes
        elif isinstance(one, tuple | list):
            pending += one
        elif isinstance(one, partial):
            pending += (one.func, one.args, *one.keywords.values())
        elif getattr(one, "__closure__", None):
            pending += [cell.cell_contents for cell in one.__closure__]
    return total


_OBJECT = 100
"""Bytes of a small object, its place in a tuple included."""
