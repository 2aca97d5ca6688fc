"""From drawn operations to effects."""

from __future__ import annotations

from collections.abc import Sequence

from augplug._pipeline.items import Drawn, Item
from augplug.effects import Blend, Effect
from augplug.errors import ImageError
from augplug.shapes import shape_after
from augplug.types import Canvas


def describe(items: Sequence[Item], canvas: Canvas) -> tuple[Effect, ...]:
    """Return the effects of drawn operations, each described on the canvas that those before it leave."""
    if len(items) == 1 and isinstance(items[0], Drawn):
        return tuple(items[0].operation.describe(canvas))
    effects: list[Effect] = []
    new: Sequence[Effect] = ()
    for item in items:
        canvas = canvas_after(new, canvas) if new else canvas
        if isinstance(item, Drawn):
            new = item.operation.describe(canvas)
        else:
            new = (Blend(item.weights, tuple(_chain(chain, canvas) for chain in item.chains)),)
        effects += new
    return tuple(effects)


def _chain(items: Sequence[Item], canvas: Canvas) -> tuple[Effect, ...]:
    effects = describe(items, canvas)
    check_chain(canvas_after(effects, canvas), canvas)
    return effects


def check_chain(after: Canvas, canvas: Canvas) -> None:
    """Raise ImageError if a chain of a blend leaves another canvas than the one that the blend starts from."""
    if after != canvas:
        same_size = (after.height, after.width) == (canvas.height, canvas.width)
        what = "numbers of channels" if same_size else "sizes"
        made = (
            f"{after.channels} channels of {canvas.channels}"
            if same_size
            else f"{after.height}x{after.width} pixels of {canvas.height}x{canvas.width}"
        )
        raise ImageError(
            f"a chain of a blend makes {made}, and images of unequal {what} cannot be blended; put what changes them "
            "before or after the blend"
        )


def canvas_after(effects: Sequence[Effect], canvas: Canvas) -> Canvas:
    """Return the canvas that effects leave."""
    shape: tuple[int, ...] = (canvas.height, canvas.width, canvas.channels)
    for effect in effects:
        shape = shape_after(effect, shape)
    return Canvas(*shape)
