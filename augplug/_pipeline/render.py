"""Render: from effects to a program, whose passes are kernels with the movers of the targets that follow them.

An opaque function and a mix with raw partners see the whole sample. They are barriers: effects are fused, and targets
moved, between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from augplug._backends.base import Backend, Finish, ImageFunction
from augplug._pipeline.alpha_effects import follow_with_alpha, split_effects
from augplug._pipeline.follow import Follow
from augplug._pipeline.fuse import fuse
from augplug._pipeline.mix import RawMix, split_last_mix
from augplug._pipeline.opaque import render_opaque
from augplug._pipeline.program import COPY, Barrier, Pass, Program
from augplug._sample.image import MAX_PIXELS, canvas_of_shape
from augplug._sample.output import Output
from augplug._sample.targets import Targets
from augplug.effects import AdaptiveTone, Effect, Mix, Opaque, Tone, Warp
from augplug.shapes import CHANGING, check_canvases, shape_after
from augplug.types import FuseMode, MaskInterpolation

_SEES_THE_SAMPLE = frozenset({Mix, Opaque})


class Renderer(NamedTuple):
    """What effects are prepared for: a fuse mode, a backend, and the Output that ends a program, if there is one.

    With `alpha` the images are the colour channels of images that have it, and it moves with their targets.
    No image on the way has more than `max_pixels` (MAX_PIXELS if it is None).
    `masks_by` is the interpolation of masks, if it is not left to their dtypes.
    """

    fuse: FuseMode
    backend: Backend
    output: Output | None
    alpha: bool = False
    max_pixels: int | None = None
    masks_by: MaskInterpolation | None = None

    def check(self, effects: Sequence[Effect], shape: tuple[int, ...]) -> None:
        """Raise ImageError if effects on images of a shape ask for more than `max_pixels` on the way."""
        check_canvases(effects, shape, self.max_pixels or MAX_PIXELS)

    def program(
        self, effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any], *, ends: bool
    ) -> Program:
        """Return the program of effects on images of this shape and dtype; with `ends` the Output is its end.

        Raises TargetError unless a mix with finished partners comes last, ImageError for a canvas of more than
        `max_pixels`.
        """
        for effect in effects:
            # Most often none changes the size, and then there is nothing to look at: a draw anew pays for every call.
            if type(effect) in CHANGING and not (isinstance(effect, Warp) and effect.size == shape[:2]):
                self.check(effects, shape)
                break
        passes: list[Pass] = []
        last, mixes, output = None, False, self.output if ends else None
        if not _SEES_THE_SAMPLE.isdisjoint(map(type, effects)):
            mixes = Mix in map(type, effects)
            effects, last = split_last_mix(effects)
            start = 0
            for place, effect in enumerate(effects):
                if isinstance(effect, Mix | Opaque):
                    _, shape = self._segment(passes, effects[start:place], shape, dtype, None)
                    passes.append((self._barrier(effect), None, True))
                    shape = shape_after(effect, shape)
                    start = place + 1
            effects = effects[start:]
        finish, shape = self._segment(passes, effects, shape, dtype, output)
        if not passes and finish is None and last is None:
            passes.append((COPY, None, False))
        return Program.of(passes, shape, finish, last, mixes=mixes)

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
        follow: Callable[[Targets], None] = Follow(effects, self.backend, shape, self.masks_by)
        if self.alpha:
            effects, moving = split_effects(effects, shape)
            follow = partial(follow_with_alpha, follow=follow, kernels=self._kernels_of_alpha(moving, shape[:2], dtype))
        tone = None
        fused = fuse(effects, self.fuse, canvas_of_shape(shape))
        if output is not None and self.fuse != "none" and fused and isinstance(fused[-1], Tone | AdaptiveTone):
            tone, fused = fused[-1], fused[:-1]
        final = len(fused) - 1
        for place, effect in enumerate(fused):
            passes.append((self.backend.prepare(effect, shape, dtype), follow if place == final else None, False))
            shape = shape_after(effect, shape)
        if not fused:  # two flips come to nothing for the image; the targets take both
            passes.append((COPY, follow, False))
        return None if output is None else self.backend.finish(output, tone, shape, dtype), shape

    def _kernels_of_alpha(
        self, effects: Sequence[Effect], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> tuple[ImageFunction, ...]:
        """Return the kernels that move an alpha `(H, W)`."""
        kernels = []
        for effect in fuse(effects, self.fuse, canvas_of_shape(shape)):
            kernels.append(self.backend.prepare(effect, shape, dtype))
            shape = shape_after(effect, shape)
        return tuple(kernels)
