"""Targets without an image: what a draw does to masks, boxes and keypoints, with no pixel rendered."""

from __future__ import annotations

from collections.abc import Iterable

from augplug._pipeline.describe import describe
from augplug._pipeline.follow import prepare_follow
from augplug._pipeline.items import Item
from augplug._pipeline.render import Renderer
from augplug._sample.convert import Sample
from augplug._sample.no_image import size_without_image
from augplug.effects import Blend, Effect, Opaque
from augplug.errors import TargetError
from augplug.shapes import shape_after
from augplug.types import Canvas

_RGB = 3
"""Number of channels on the canvas that operations see: every operation takes it."""


def move_without_image(items: tuple[Item, ...], sample: Sample, renderer: Renderer) -> tuple[int, ...]:
    """Move the targets of a sample in place; return the height and width that come out.

    Raises TargetError for an operation of another library, which sees pixels.
    """
    height, width = size_without_image(sample.given, None)
    effects = describe(items, Canvas(height, width, _RGB))
    _refuse_opaque(effects)
    shape: tuple[int, ...] = (height, width, _RGB)
    renderer.check(effects, shape)
    for move in prepare_follow(effects, renderer.backend, shape, renderer.masks_by):
        move(sample.targets)
    for effect in effects:
        shape = shape_after(effect, shape)
    return shape[:2]


def _refuse_opaque(effects: Iterable[Effect]) -> None:
    for effect in effects:
        if isinstance(effect, Blend):
            for chain in effect.chains:
                _refuse_opaque(chain)
        if isinstance(effect, Opaque):
            raise TargetError(
                f"{effect.function.__qualname__} belongs to another library and sees pixels: give image= too, or leave "
                "this step out"
            )
