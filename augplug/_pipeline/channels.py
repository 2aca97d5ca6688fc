"""Which images a policy takes, by their channels: settled when the first image of a kind comes, never by a random draw.

Every step that may be drawn is described at the ends of its ranges on the channels that the steps before it may leave.
What no draw can do on other channels either (a crop larger than the image) is left to the draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from augplug._backends.finishing import check_output
from augplug._backends.tables import fill_values
from augplug._pipeline.alpha_effects import split_effects
from augplug._pipeline.compile import BlendDraw, NodeDraw, OneOfDraw, SequenceDraw, SomeOfDraw, StepDraw
from augplug._pipeline.describe import canvas_after, check_chain
from augplug._pipeline.opaque import takes_alpha
from augplug._policies.documents import brief
from augplug._sample.image import canvas_of_shape
from augplug._sample.output import Output
from augplug.distributions import Distribution
from augplug.effects import Blend, ColorMix, Effect, Opaque, Paint, Warp
from augplug.errors import AugplugError, ImageError, OperationError
from augplug.rng import WORD
from augplug.shapes import shape_after
from augplug.types import Canvas

_USUAL = (1, 2, 3, 4)
"""An operation that takes one of these numbers of channels, and not that of an image, refuses its channels."""


class ChannelCheck:
    """Checks that a policy takes images of some channels, once for each number of them.

    `seen` holds the last axes of the shapes that were checked: `()` or `(C,)`.
    """

    def __init__(self, node: NodeDraw, output: Output | None, *, alpha: bool = False) -> None:
        """Take a policy's compiled node, and what its images end with; with `alpha` they are colour channels."""
        self.seen: set[tuple[int, ...]] = set()
        self._node, self._output, self._alpha = node, output, alpha

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ImageError unless every draw of the policy takes images of that many channels."""
        if shape[2:] in self.seen:
            return
        canvas = canvas_of_shape(shape)
        for channels in self._after(self._node, {canvas.channels}, canvas):
            if self._output is not None:
                check_output(self._output, (*shape[:2], channels))
        self.seen.add(shape[2:])

    def _after(self, node: NodeDraw, before: set[int], canvas: Canvas) -> set[int]:
        """Return the numbers of channels that a node may leave of those before it."""
        if isinstance(node, StepDraw):
            return self._after_step(node, before, canvas)
        if isinstance(node, SequenceDraw):
            for child in node.children:
                before = self._after(child, before, canvas)
            return before
        if isinstance(node, OneOfDraw):
            return _union(self._after(child, before, canvas) for child in _likely(node.children, node.weights))
        if isinstance(node, SomeOfDraw):
            return self._after_some(node, before, canvas)
        return self._after_blend(node, before, canvas)

    def _after_step(self, step: StepDraw, before: set[int], canvas: Canvas) -> set[int]:
        if step.below == 0:
            return before
        after = _union(self._described(step, replace(canvas, channels=channels)) for channels in before)
        return after if step.below == WORD else after | before

    def _after_some(self, some: SomeOfDraw, before: set[int], canvas: Canvas) -> set[int]:
        children, number = _likely(some.children, some.node.weights), some.node.n
        least, most = number.bounds if isinstance(number, Distribution) else (number, number)
        reached, chosen = set(before) if least == 0 else set[int](), before
        for _ in range(int(most)):
            chosen = _union(self._after(child, chosen, canvas) for child in children)
            if chosen <= reached:
                break
            reached |= chosen
        return reached

    def _after_blend(self, blend: BlendDraw, before: set[int], canvas: Canvas) -> set[int]:
        for channels in before:
            for child in blend.children:
                for after in self._after(child, {channels}, canvas):
                    check_chain(replace(canvas, channels=after), replace(canvas, channels=channels))
        return before

    def _described(self, step: StepDraw, canvas: Canvas) -> set[int]:
        """Return the numbers of channels that a step may leave of a canvas. Raises ImageError if it may not take it."""
        after = set()
        for values in step.ends():
            try:
                operation = step.made(values)
                effects = operation.describe(canvas)
            except AugplugError as error:
                if any(_describes(step, values, replace(canvas, channels=channels)) for channels in _USUAL):
                    raise error if isinstance(error, ImageError) else ImageError(str(error)) from error
                after.add(canvas.channels)
                continue
            _check_kinds(effects, operation.about.name)
            if effects:
                operation.about.check_channels(canvas.channels)
            check_effects(effects, (canvas.height, canvas.width, canvas.channels), alpha=self._alpha)
            after.add(canvas_after(effects, canvas).channels)
        return after


def _describes(step: StepDraw, values: tuple[Any, ...], canvas: Canvas) -> bool:
    try:
        step.made(values).describe(canvas)
    except AugplugError:
        return False
    return True


def _check_kinds(given: Any, name: str) -> None:
    """Raise OperationError unless an operation describes itself by a list of effects."""
    if not isinstance(given, list | tuple):
        raise OperationError(
            f"describe of {name} returned {type(given).__name__}; it returns a list of effects, empty if there are none"
        )
    for one in given:
        if not isinstance(one, Effect):
            raise OperationError(f"describe of {name} returned a list with {brief(one)}, which is not an effect")


def check_effects(effects: Sequence[Effect], shape: tuple[int, ...], *, alpha: bool) -> None:
    """Raise ImageError for the first effect that does not fit the channels of an image `(H, W, C)`.

    With `alpha` they are the colour channels of an image that has it.
    """
    for effect in split_effects(effects, shape)[0] if alpha else effects:
        if isinstance(effect, Warp | Paint):
            fill_values(effect.fill if isinstance(effect, Warp) else effect.value, shape, np.dtype(np.uint8))
        elif isinstance(effect, ColorMix):
            _check_mix(effect, shape[2])
        elif isinstance(effect, Opaque) and alpha:
            takes_alpha(effect, shape)
        elif isinstance(effect, Blend):
            for chain in effect.chains:
                check_effects(chain, shape, alpha=False)
        shape = shape_after(effect, shape)


def _check_mix(effect: ColorMix, channels: int) -> None:
    needed = 3 if effect.matrix is None else len(effect.matrix[0])
    if channels != needed:
        what = "a blend with grey" if effect.matrix is None else f"a matrix of {needed} columns"
        raise ImageError(f"{what} mixes {needed} channels, and the image has {channels}; leave this step out")


def _likely(children: Sequence[NodeDraw], weights: Sequence[float] | None) -> list[NodeDraw]:
    """Return the children that may be chosen."""
    return [child for child, weight in zip(children, weights or (1.0,) * len(children), strict=True) if weight > 0]


def _union(sets: Iterable[set[int]]) -> set[int]:
    return set().union(*sets)
