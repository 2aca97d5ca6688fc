"""A program: what one draw does to images of one shape and dtype."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from augplug._backends.base import Finish, ImageFunction
from augplug._pipeline.mix import NO_PARTNER, Partners
from augplug._sample.targets import Targets
from augplug.effects import Mix
from augplug.errors import TargetError
from augplug.types import Image

Barrier: TypeAlias = Callable[[Image, Targets | None, Partners | None], Image]
"""A function of the whole sample: renders an image and moves its targets in place."""
Pass: TypeAlias = tuple[Callable[..., Image], Callable[[Targets], None] | None, bool]
"""A kernel, what moves the targets after it, and False; or a barrier, None and True."""
COPY: ImageFunction = np.ndarray.copy


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
    alone: ImageFunction

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
        if mixes:
            alone: ImageFunction = _refuse
        elif len(passes) == 1 and finish is None and not passes[0][2]:
            alone = passes[0][0]
        else:
            kernels = [partial(_run_barrier, kernel) if is_barrier else kernel for kernel, _, is_barrier in passes]
            alone = partial(_run_all, kernels if finish is None else [*kernels, finish])
        return Program(passes, shape, finish, last, mixes, alone)

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


def _run_all(kernels: Sequence[ImageFunction], image: Image) -> Image:
    for kernel in kernels:
        image = kernel(image)
    return image
