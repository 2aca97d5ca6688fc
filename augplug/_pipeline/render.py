"""Render: from effects to passes, which are kernels together with the movers of the targets that follow them.

An opaque function and a mix with raw partners see the whole sample. They are barriers: effects are fused, and targets
moved, between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from augplug._backends.base import Backend, Finish, Kernel
from augplug._pipeline.follow import Mover, prepare_follow
from augplug._pipeline.fuse import fuse
from augplug._pipeline.mix import Partners, RawMix
from augplug._pipeline.opaque import render_opaque
from augplug._sample.output import Output
from augplug._sample.targets import Targets
from augplug.effects import Effect, Mix, Opaque, Tone, ToneFrom, shape_after
from augplug.types import Canvas, FuseLevel, Image

Barrier: TypeAlias = Callable[[Image, Targets | None, Partners | None], Image]
"""Renders an image and moves its targets in place."""
Pass: TypeAlias = tuple[Callable[..., Image], tuple[Mover, ...] | None]
"""A kernel with the movers of the targets that run after it; or a barrier with None."""
COPY: Kernel = np.ndarray.copy
COPY_PASS: Pass = (COPY, ())


class Renderer(NamedTuple):
    """What effects are prepared for: a fuse mode, a backend, and the Output that ends a program, if there is one."""

    fuse: FuseLevel
    backend: Backend
    output: Output | None

    def passes(
        self, effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any], *, ends: bool
    ) -> tuple[tuple[Pass, ...], Finish | None, tuple[int, ...]]:
        """Return the passes of effects on images of this shape and dtype, the kernel of the Output and the shape.

        The kernel is None unless `ends` is True and there is an Output; the shape is that before the Output. Without
        passes and kernel the image would stay: then there is one pass that copies it.
        """
        passes: list[Pass] = []
        start = 0
        for place, effect in enumerate(effects):
            if isinstance(effect, Mix | Opaque):
                shape, _ = self._segment(passes, effects[start:place], shape, dtype, ends=False)
                passes.append((self._barrier(effect), None))
                shape = shape_after(effect, shape)
                start = place + 1
        shape, finish = self._segment(passes, effects[start:], shape, dtype, ends=ends)
        if not passes and finish is None:
            passes.append(COPY_PASS)
        return tuple(passes), finish, shape

    def finish(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Finish | None:
        """Return the kernel of the Output alone, for images of this shape; None without an Output."""
        return None if self.output is None else self.backend.finish(self.output, None, shape, dtype)

    def _barrier(self, effect: Mix | Opaque) -> Barrier:
        if isinstance(effect, Opaque):
            return partial(render_opaque, effect)
        return RawMix(effect, self.backend)

    def _segment(
        self, passes: list[Pass], effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any], *, ends: bool
    ) -> tuple[tuple[int, ...], Finish | None]:
        """Append the passes of effects without a barrier; return the shape behind them, and the kernel of the Output.

        A tone that comes last is joined with the Output: one table does both.
        """
        fused = fuse(effects, self.fuse, Canvas(shape[0], shape[1], shape[2] if len(shape) == 3 else 1))
        movers = prepare_follow(effects, shape, self.backend)
        output = self.output if ends else None
        tone = fused[-1] if output is not None and self.fuse != "none" and fused else None
        if not isinstance(tone, Tone | ToneFrom):
            tone = None
        else:
            fused = fused[:-1]
        kernels: list[Kernel] = []
        for effect in fused:
            kernels.append(self.backend.prepare(effect, shape, dtype))
            shape = shape_after(effect, shape)
        if movers and not kernels:  # two flips come to nothing for the image; the targets take both
            kernels.append(COPY)
        passes += [(kernel, ()) for kernel in kernels[:-1]]
        passes += [(kernel, movers) for kernel in kernels[-1:]]
        return shape, None if output is None else self.backend.finish(output, tone, shape, dtype)
