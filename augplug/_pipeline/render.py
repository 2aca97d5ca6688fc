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
from augplug._pipeline.follow import Follow
from augplug._pipeline.fuse import fuse
from augplug._pipeline.mix import Partners, RawMix
from augplug._pipeline.opaque import render_opaque
from augplug._sample.image import canvas_of_shape
from augplug._sample.output import Output
from augplug._sample.targets import Targets
from augplug.effects import Effect, Mix, Opaque, Tone, ToneFrom, shape_after
from augplug.types import FuseLevel, Image

Barrier: TypeAlias = Callable[[Image, Targets | None, Partners | None], Image]
"""Renders an image and moves its targets in place."""
Pass: TypeAlias = tuple[Callable[..., Image], Follow | None, bool]
"""A kernel, what moves the targets after it, and False; or a barrier, None and True."""
COPY: Kernel = np.ndarray.copy
_SEES_THE_SAMPLE = frozenset({Mix, Opaque})


class Renderer(NamedTuple):
    """What effects are prepared for: a fuse mode, a backend, and the Output that ends a program, if there is one."""

    fuse: FuseLevel
    backend: Backend
    output: Output | None

    def passes(
        self, effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any], *, ends: bool
    ) -> tuple[list[Pass], Finish | None, tuple[int, ...]]:
        """Return the passes of effects on images of this shape and dtype, the kernel of the Output and the shape.

        The kernel is None unless `ends` is True and there is an Output; the shape is that before the Output. Without
        passes and kernel the image would stay: then there is one pass that copies it.
        """
        passes: list[Pass] = []
        if not _SEES_THE_SAMPLE.isdisjoint(map(type, effects)):
            start = 0
            for place, effect in enumerate(effects):
                if isinstance(effect, Mix | Opaque):
                    _, shape = self._segment(passes, effects[start:place], shape, dtype, None)
                    passes.append((self._barrier(effect), None, True))
                    shape = shape_after(effect, shape)
                    start = place + 1
            effects = effects[start:]
        finish, shape = self._segment(passes, effects, shape, dtype, self.output if ends else None)
        if not passes and finish is None:
            passes.append((COPY, None, False))
        return passes, finish, shape

    def finish(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Finish | None:
        """Return the kernel of the Output alone, for images of this shape; None without an Output."""
        return None if self.output is None else self.backend.finish(self.output, None, shape, dtype)

    def _barrier(self, effect: Mix | Opaque) -> Barrier:
        if isinstance(effect, Opaque):
            return partial(render_opaque, effect)
        return RawMix(effect, self.backend)

    def _segment(
        self,
        passes: list[Pass],
        effects: Sequence[Effect],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        output: Output | None,
    ) -> tuple[Finish | None, tuple[int, ...]]:
        """Append the passes of effects without a barrier; return the kernel of the Output, and the shape before it.

        A tone that comes last is joined with the Output: one table does both.
        """
        if not effects:
            return None if output is None else self.backend.finish(output, None, shape, dtype), shape
        follow, tone = Follow(effects, self.backend), None
        fused = fuse(effects, self.fuse, canvas_of_shape(shape))
        if output is not None and self.fuse != "none" and fused and isinstance(fused[-1], Tone | ToneFrom):
            tone, fused = fused[-1], fused[:-1]
        for effect in fused:
            passes.append((self.backend.prepare(effect, shape, dtype), None, False))
            shape = shape_after(effect, shape)
        if fused:
            passes[-1] = (passes[-1][0], follow, False)
        else:  # two flips come to nothing for the image; the targets take both
            passes.append((COPY, follow, False))
        return None if output is None else self.backend.finish(output, tone, shape, dtype), shape
