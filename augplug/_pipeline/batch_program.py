"""The program of a whole batch: each step is described, prepared and rendered for all images that it hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from augplug._backends.base import BatchFunction, Finish, ImageFunction
from augplug._pipeline.batch import PIECES, in_threads
from augplug._pipeline.cache import Programs
from augplug._pipeline.channels import ChannelCheck
from augplug._pipeline.columns import StepColumns, blends, draw_columns
from augplug._pipeline.compile import NodeDraw, StepDraw, steps_of
from augplug._pipeline.program import Program
from augplug._pipeline.render import Renderer
from augplug._sample.image import canvas_of_shape, check_image
from augplug.effect_batch import EffectBatch
from augplug.effects import Effect, Mix, Opaque
from augplug.errors import AugplugError
from augplug.ops.base import Operation
from augplug.rng import Rows
from augplug.shapes import shape_after
from augplug.types import Image

FEWEST = 16
"""Images of the smallest batch that is prepared together."""
_CHUNK = 1 << 19
"""Bytes of images that go through all steps together, so that they stay in the cache."""


class _Frame(NamedTuple):
    """What a kernel is prepared for: the shape and dtype of an image."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def after(self, effect: Effect) -> _Frame:
        """Return the frame that an effect leaves."""
        return _Frame(shape_after(effect, self.shape), self.dtype)


class _Stage(NamedTuple):
    """A kernel, the images that it renders, ascending, and which row of the kernel's batch each of them is."""

    images: Rows
    kernel: BatchFunction
    rows: Rows


class _OneByOneError(Exception):
    """The images of a batch have unequal sizes on the way, or a kernel of them may raise an error of its own."""


class BatchPrograms:
    """Prepares the images of a batch together, one step after the other.

    Nothing is fused between steps: that changes no bit, and describing what could be fused costs more than it saves.
    If an image cannot be prepared in this way, none of its batch is.
    """

    def __init__(self, node: NodeDraw, digest: bytes, renderer: Renderer, channels: ChannelCheck | None = None) -> None:
        """Take a policy's compiled node and digest; `useful` is False if one image after the other is as quick."""
        self.useful = not blends(node) and any(map(_takes_reals, steps_of(node)))
        self._node, self._digest, self._blocks = node, digest, 1
        self._renderer, self._programs = renderer, Programs(renderer, ends=False)
        self._channels = channels

    def render(
        self, images: Image, keys: Sequence[bytes], max_pixels: int | None = None, threads: int = 1
    ) -> Image | None:
        """Return the batch rendered, a new array; None if its images have to be rendered one by one."""
        if images.dtype != np.uint8 or images.size == 0 or len(images) < FEWEST:
            return None
        check_image(images[0], max_pixels)  # all are alike
        if self._channels is not None:
            self._channels.check(images.shape[1:])
        program = self.of(keys, images.shape[1:], images.dtype)
        return None if program is None else program.render(images, threads)

    def of(self, keys: Sequence[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> BatchProgram | None:
        """Return the program of the keys on images of that shape; None if they have to be prepared one by one.

        They have to if sizes differ on the way, and if one is refused or may be while it is rendered, as by another
        library's function: then the error is that of the first that fails.
        """
        stages: list[_Stage] = []
        frame = _Frame(shape, dtype)
        try:
            steps, self._blocks = draw_columns(self._node, self._digest, keys, self._blocks)
            for step in steps:
                after = self._add(step, stages, frame)
                if after != frame and len(step.rows) < len(keys):
                    return None
                frame = after
            finish = self._programs.finish(*frame).finish
        except (AugplugError, _OneByOneError):
            return None
        return BatchProgram(stages, frame, finish)

    def _add(self, step: StepColumns, stages: list[_Stage], frame: _Frame) -> _Frame:
        """Append the kernels of a step; return the frame that it leaves."""
        batch = _described(step, frame) if _takes_reals(step.step) else None
        if batch is None:
            return self._add_ordinary(step, np.arange(len(step.rows)), stages, frame)
        self._renderer.check((batch.effect,), frame.shape)
        single = ~batch.ordinary
        prepared = self._renderer.backend.prepare_batch(batch, *frame)
        if prepared is not None:
            rows = np.flatnonzero(single & ~prepared.single)
            stages.append(_Stage(step.rows[rows], prepared.kernel, rows))
            single = single & prepared.single
        rows = np.flatnonzero(single)
        kernels = [self._programs.kernel(batch.at(row), *frame) for row in rows.tolist()]
        _add_singles(kernels, step.rows[rows], stages)
        rows, after = np.flatnonzero(batch.ordinary), frame.after(batch.effect)
        if rows.size and self._add_ordinary(step, rows, stages, frame) != after:
            raise _OneByOneError
        return after

    def _add_ordinary(self, step: StepColumns, rows: Rows, stages: list[_Stage], frame: _Frame) -> _Frame:
        """Append the kernels of some rows of a step, each described by itself; return the frame that they leave."""
        if step.step.recurs:
            programs = [self._programs.prepare((operation,), *frame) for operation in step.operations(rows)]
            ready = [(_checked(program), program.shape) for program in programs]
        else:
            ready = [self._once(operation, frame) for operation in step.new_operations(rows)]
        _add_singles([kernel for kernel, _ in ready], step.rows[rows], stages)
        shapes = {shape for _, shape in ready}
        if len(shapes) > 1:
            raise _OneByOneError
        return _Frame(shapes.pop(), frame.dtype)

    def _once(self, operation: Operation, frame: _Frame) -> tuple[ImageFunction, tuple[int, ...]]:
        """Return the kernel of an operation that is drawn but once, and the shape that it leaves.

        It is most often one effect, and then a program around its kernel costs more than the kernel.
        """
        effects = tuple(operation.describe(canvas_of_shape(frame.shape)))
        if len(effects) != 1 or isinstance(effects[0], Mix | Opaque):
            program = self._renderer.program(effects, *frame, ends=False)
            return _checked(program), program.shape
        self._renderer.check(effects, frame.shape)
        return self._programs.kernel(effects[0], *frame), shape_after(effects[0], frame.shape)


@dataclass(frozen=True, eq=False)
class BatchProgram:
    """What happens to the images of a batch, and what all of them come out as."""

    stages: Sequence[_Stage]
    frame: _Frame
    finish: Finish | None

    def render(self, images: Image, threads: int) -> Image:
        """Return the batch rendered, a new array; `images` have the shape and dtype that was prepared for."""
        if self.finish is None:
            made = np.empty((len(images), *self.frame.shape), self.frame.dtype)
        else:
            first = self.finish(self._run(0, images[:1], [None])[0])
            made = np.empty((len(images), *first.shape), first.dtype)
        size = max(_CHUNK // images[0].nbytes, 1)
        if threads > 1:
            size = min(size, -(-len(images) // (PIECES * threads)))

        def render(number: int) -> None:
            self._render(number * size, images[number * size : (number + 1) * size], made)

        in_threads(render, range(-(-len(images) // size)), threads)
        return made

    def _render(self, start: int, images: Image, made: Image) -> None:
        """Render the images from the one numbered `start` on into their places."""
        outs = list(made[start : start + len(images)])
        results = self._run(start, images, outs if self.finish is None else [None] * len(images))
        for image, out in zip(results, outs, strict=True):
            result = image if self.finish is None else self.finish(image, out)
            if result is not out:
                out[...] = result

    def _run(self, start: int, images: Image, outs: Sequence[Image | None]) -> list[Image]:
        current = list(np.ascontiguousarray(images))
        for stage in self.stages:
            first, last = np.searchsorted(stage.images, (start, start + len(current))).tolist()
            rows = stage.rows[first:last]
            if last - first == len(current):
                current = stage.kernel(current, rows, outs)
            elif last > first:
                places = (stage.images[first:last] - start).tolist()
                some = stage.kernel([current[place] for place in places], rows, [outs[place] for place in places])
                for place, image in zip(places, some, strict=True):
                    current[place] = image
        return current


def _checked(program: Program) -> ImageFunction:
    """Return what a program does to an image. Raises _OneByOneError if it sees the whole sample."""
    if any(is_barrier for _, _, is_barrier in program.passes):
        raise _OneByOneError
    return program.alone


def _add_singles(kernels: Sequence[ImageFunction], images: Rows, stages: list[_Stage]) -> None:
    """Append a stage of images that each have a kernel of their own, if there is one."""
    if not kernels:
        return

    def render(some: list[Image], rows: Rows, _outs: Sequence[Image | None]) -> list[Image]:
        return [kernels[row](image) for row, image in zip(rows.tolist(), some, strict=True)]

    stages.append(_Stage(images, render, np.arange(len(kernels))))


def _takes_reals(step: StepDraw) -> bool:
    """Return True if the step draws real numbers and its operation describes many rows at once."""
    operation = step.step.operation
    many = operation.__dict__.get("describe_batch") is not None
    checked = operation.__post_init__ is Operation.__post_init__  # else every row may be refused for its own reason
    return many and checked and step.draws_values and not step.recurs


def _described(step: StepColumns, frame: _Frame) -> EffectBatch | None:
    """Return what the operation of a step describes on all of its rows.

    Raises OperationError if a number that was drawn is outside its field's range.
    """
    operation, names = step.step.step.operation, list(step.drawn)
    first = vars(operation(**step.step.numbers, **{name: step.drawn[name].item(0) for name in names}))
    for name, column in step.drawn.items():
        declared = operation.about.parameters[name]
        for value in (column.min(), column.max()):
            declared.check(value.item(), name)
    return operation.describe_batch(SimpleNamespace(**{**first, **step.drawn}), canvas_of_shape(frame.shape))
