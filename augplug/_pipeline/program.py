"""A program: what one draw does to images of one shape and dtype; and the cache that keeps programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from augplug._backends.base import Finish, Kernel
from augplug._pipeline.describe import describe
from augplug._pipeline.items import Item, mixes
from augplug._pipeline.mix import NO_PARTNER, Partners, split_last_mix
from augplug._pipeline.render import COPY, Barrier, Pass, Renderer
from augplug._sample.image import canvas_of_shape
from augplug._sample.targets import Targets
from augplug.effects import ColorMix, Effect, Mix, Warp
from augplug.errors import TargetError
from augplug.types import Image

MOST_BYTES = 32 << 20
"""Programs of an Augmenter take at most about so many bytes."""


class Program(NamedTuple):
    """Everything that one draw does to images of one shape and dtype, ready to run.

    `passes` render the image and move its targets; `shape` is that of the image behind them. `finish` is the kernel of
    the Output, if the program ends with one. `last` is a mix with finished partners, which follows when all images of a
    batch are rendered (`mix.mix_finished`), and then a program that is only the Output. `mixes`: there is a mix.
    `alone` renders an image without targets: the kernels in a row, or the one kernel that there is.
    """

    passes: Sequence[Pass]
    shape: tuple[int, ...]
    finish: Finish | None
    last: Mix | None
    mixes: bool
    alone: Kernel

    @staticmethod
    def of(
        passes: Sequence[Pass],
        shape: tuple[int, ...],
        finish: Finish | None = None,
        last: Mix | None = None,
        *,
        mixes: bool = False,
    ) -> Program:
        """Return the program of these passes."""
        kernels = [partial(_run_barrier, kernel) if is_barrier else kernel for kernel, _, is_barrier in passes]
        if finish is not None:
            kernels.append(finish)
        return Program(passes, shape, finish, last, mixes, _refuse if mixes else _in_a_row(kernels))

    def run(
        self, image: Image, targets: Targets | None = None, partners: Partners | None = None, out: Image | None = None
    ) -> Image:
        """Return the rendered image, a new array, and move `targets` in place.

        An Output is written to `out` if its shape fits. Raises TargetError for a draw that mixes if there are no
        `partners`, and for targets that a step cannot move.
        """
        if targets is None and partners is None and (out is None or self.finish is None):
            return self.alone(image)
        if self.mixes and partners is None:
            raise TargetError(NO_PARTNER)
        for kernel, follow, is_barrier in self.passes:
            if is_barrier:
                image = kernel(image, targets, partners)
                continue
            image = kernel(image)
            if targets is not None and follow is not None:
                follow(targets)
        return image if self.finish is None else self.finish(image, out)


def _run_barrier(kernel: Barrier, image: Image) -> Image:
    return kernel(image, None, None)


def _refuse(_image: Image) -> Image:
    raise TargetError(NO_PARTNER)


def _in_a_row(kernels: Sequence[Kernel]) -> Kernel:
    if len(kernels) == 1:
        return kernels[0]

    def render(image: Image) -> Image:
        for kernel in kernels:
            image = kernel(image)
        return image

    return render


class Programs:
    """The programs of an Augmenter, kept for as long as their draws may recur.

    The one rule: a program is kept if all of its drawn operations, or all of its effects, may be drawn again. The cache
    has two generations. When the younger one holds half of MOST_BYTES, it becomes the older one, and what is asked for
    again moves back: what recurs stays, what does not is dropped.
    """

    def __init__(self, renderer: Renderer, *, ends: bool = True) -> None:
        """Keep nothing yet; `ends` puts the renderer's Output at the end of each program.

        An Augmenter whose policy mixes images asks for programs without it, and for `finish` behind the mix.
        """
        self.renderer, self._ends = renderer, ends
        self.kept: dict[Any, Program] = {}
        self._older: dict[Any, Program] = {}
        self._bytes = 0

    def of(self, items: tuple[Item, ...], image: Image) -> Program:
        """Return the program of drawn operations on images of this shape and dtype: a kept one, or a new one."""
        program = self.kept.get((items, image.shape, image.dtype))
        return self.prepare(items, image.shape, image.dtype) if program is None else program

    def prepare(self, items: tuple[Item, ...], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Program:
        """Return the program of drawn operations that the younger generation does not hold."""
        if all(map(_RECURS, items)):
            return self._kept((items, shape, dtype), lambda: describe(items, canvas_of_shape(shape)))
        if mixes(items[-1]):
            # The partner is another one every time; what comes before the mix need not be.
            return self._with_mix(self.prepare(items[:-1], shape, dtype), items[-1], dtype)
        effects = describe(items, canvas_of_shape(shape))
        if all(map(effect_recurs, effects)):
            return self._kept((effects, shape, dtype), lambda: effects)
        return self._program(effects, shape, dtype)

    def finish(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Program:
        """Return the program that does nothing but the Output, or copies the image if there is none."""
        known = self.kept.get((_FINISH, shape, dtype))
        if known is not None:
            return known
        kernel = self.renderer.finish(shape, dtype)
        passes: list[Pass] = [] if kernel else [(COPY, None, False)]
        return self._keep((_FINISH, shape, dtype), Program.of(passes, shape, kernel))

    def _kept(
        self, key: tuple[Any, tuple[int, ...], np.dtype[Any]], effects: Callable[[], tuple[Effect, ...]]
    ) -> Program:
        program = self.kept.get(key)
        if program is None:
            program = self._older.get(key)
            program = self._keep(key, self._program(effects(), *key[1:]) if program is None else program)
        return program

    def _keep(self, key: Any, program: Program) -> Program:
        self.kept[key] = program
        self._bytes += bytes_of((key[0], program.passes, program.finish))
        if self._bytes > MOST_BYTES // 2:
            self._older, self.kept, self._bytes = self.kept, {}, 0
        return program

    def _program(self, effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Program:
        mixing = Mix in map(type, effects)
        effects, last = split_last_mix(effects) if mixing else (effects, None)
        passes, finish, shape = self.renderer.passes(effects, shape, dtype, ends=self._ends)
        return Program.of(passes, shape, finish, last, mixes=mixing)

    def _with_mix(self, program: Program, item: Item, dtype: np.dtype[Any]) -> Program:
        """Return a program with one more step, an operation that mixes."""
        effects = describe((item,), canvas_of_shape(program.shape))
        if not effects:
            return program
        before, last = split_last_mix(effects if program.last is None else (program.last, *effects))
        passes, _, shape = self.renderer.passes(before, program.shape, dtype, ends=False)
        both = [*program.passes, *passes] if before else program.passes
        return Program.of(both, shape, last=last, mixes=True)


_RECURS = attrgetter("recurs")
_FINISH = "finish"


def effect_recurs(effect: Effect) -> bool:
    """Return True if an effect takes few values even if its numbers are continuous.

    Shifts by whole pixels and permutations of the channels do, so that keeping their programs pays.
    """
    if isinstance(effect, Warp) and isinstance(effect.motion, tuple):
        (_, _, right), (_, _, down), _ = effect.motion
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
