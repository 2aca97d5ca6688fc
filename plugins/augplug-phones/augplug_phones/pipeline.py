"""A draw as steps of a program: tables, colours, geometry and painting, with their numbers as constants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import augplug
from augplug import Canvas, Effect, ExportError, Plan
from augplug_phones.program import Program, Value, along, clipped, rounded
from augplug_phones.warps import add_warp

GREY = np.array([[19595, 38470, 7471]])
"""Pillow's weights of red, green and blue, in 1/65536."""
_UINT8 = np.dtype(np.uint8)


def add_plan(program: Program, plan: Plan) -> Value:
    """Add a draw to a program of images; return float32 values `(H, W, C)`, whole numbers of 0..255.

    Raises ExportError that names every operation that is not exported.
    """
    refused = {f"alpha ({plan.channels})"} if plan.channels else set()
    image = program.add("cast", program.image, dtype="float32")
    image = program.add("reshape", image, shape=program.shape[1:])
    items: Iterable[Any] = plan.items
    for item in items:
        match item:
            case object(weights=_, chains=_):
                refused.add("blend")
            case _:
                added = _add_effects(program, image, item.operation.describe(Canvas(*image.shape)))
                refused |= {item.operation.about.name} if added is None else set()
                image = image if added is None else added
    if refused:
        told = ", ".join(sorted(refused))
        raise ExportError(f"models for phones cannot hold {told} with the settings in {plan.policy}; leave it out")
    return image


def _add_effects(program: Program, image: Value, effects: Iterable[Effect]) -> Value | None:
    """Add effects one after the other; return None if one of them is not exported."""
    made: Value | None = image
    for effect in effects:
        if made is not None:
            made = _add_effect(program, made, effect)
    return made


def _add_effect(program: Program, image: Value, effect: Effect) -> Value | None:
    match effect:
        case augplug.Tone():
            table = program.constant(augplug.tone_table(effect, _UINT8))
            return program.add("gather", table, program.add("cast", image, dtype="int32"))
        case augplug.ColorMix():
            return _add_colour(program, image, effect)
        case augplug.Paint():
            return _add_paint(program, image, effect) if effect.key is None else None
        case augplug.Warp():
            return add_warp(program, image, effect, augplug.fill_values(effect.fill, image.shape, _UINT8))
    return None


def _add_colour(program: Program, image: Value, effect: augplug.ColorMix) -> Value | None:
    if effect.gray_blend is None:
        matrix = np.array(effect.matrix)
        same = matrix.shape[1] == image.shape[2]
        return rounded(program, along(program, image, matrix, 2)) if same else None
    if effect.gray_blend == 1:
        return image
    grey = add_grey(program, image)
    moved = program.add("mul", program.add("sub", image, grey), np.float32(effect.gray_blend))
    # Between 0 and 255 truncating, which Pillow does, is rounding down.
    return program.add("floor", clipped(program, program.add("add", moved, grey)))


def add_grey(program: Program, image: Value) -> Value:
    """Add the grey `(H, W, 1)` of an RGB image, as Pillow's L; every number is a whole one below 2**24."""
    total = program.add("add", along(program, image, GREY, 2), 32768.0)
    return program.add("floor", program.add("mul", total, 1 / 65536))


def _add_paint(program: Program, image: Value, effect: augplug.Paint) -> Value:
    kept = np.ones((*image.shape[:2], 1))
    for region in effect.regions:
        kept[region.top : region.bottom, region.left : region.right] = 0
    value = augplug.fill_values(effect.value, image.shape, _UINT8)
    return program.add("add", program.add("mul", image, kept), (1 - kept) * value)


def add_image(program: Program, values: Value) -> Value:
    """Add the end of a pipeline without a classifier: a batch of one uint8 image."""
    return program.add("cast", program.add("reshape", values, shape=(1, *values.shape)), dtype="uint8")
