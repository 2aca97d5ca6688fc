"""What operations decide by the targets on their canvas: a step of its own, between *draw* and *describe*."""

from __future__ import annotations

from augplug._pipeline.cache import Programs
from augplug._pipeline.items import Drawn, Item
from augplug._pipeline.mix import Partners
from augplug._sample.image import canvas_of_shape
from augplug._sample.targets import Targets, edges_of
from augplug.ops.base import Operation
from augplug.types import Canvas, CanvasTargets, Image


def looks(operation: type[Operation]) -> bool:
    """Return True if an operation decides by targets."""
    return operation.decide is not Operation.decide


def decided(
    items: tuple[Item, ...], image: Image, targets: Targets, partners: Partners | None, programs: Programs
) -> tuple[Item, ...]:
    """Return drawn operations with what they decide by the targets of an image, which stay as they are.

    The operations before one that looks are run for it, on the image too: an opaque function moves targets with it.
    """
    made: list[Item] = []
    for item in items:
        if isinstance(item, Drawn) and looks(type(item.operation)):
            canvas, seen = _seen(tuple(made), image, targets, partners, programs)
            operation = item.operation.decide(canvas, seen)
            item = item if operation is item.operation else Drawn(item.address, operation, recurs=False)
        made.append(item)
    return tuple(made)


def _seen(
    before: tuple[Item, ...], image: Image, targets: Targets, partners: Partners | None, programs: Programs
) -> tuple[Canvas, CanvasTargets]:
    """Return the canvas, and the targets on it, that some operations leave."""
    moved, shape = targets.replaced(), image.shape
    if before:
        program = programs.of(before, image)
        program.run(image, moved, partners)
        shape = program.shape
    edges = edges_of(moved.corners)
    there = (edges[:, 2:] > edges[:, :2]).all(axis=1)
    boxes = CanvasTargets(edges[there], tuple(moved.tags[there].tolist()), tuple(moved.masks), moved.points)
    return canvas_of_shape(shape), boxes
