"""Operations on space. Outside the image stands `fill`; the canvas keeps its size."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from augplug import coords, coords_stack
from augplug.distributions import Integers
from augplug.effect_batch import EffectBatch
from augplug.effects import DisplacementField, Effect, Warp
from augplug.ops.base import Operation, operation
from augplug.ops.parameters import Resampled, parameter, resampling
from augplug.ops.tone import AUTOAUGMENT
from augplug.ops.warps import new_warp
from augplug.types import Canvas, Interpolation, Matrix

_PAPER = 150 / 331
"""AutoAugment translates by up to 150 pixels of an image 331 pixels wide."""


def warped(resampled: Resampled, transform: Matrix | DisplacementField, canvas: Canvas) -> list[Effect]:
    """Return the warp of an operation that keeps the canvas' size."""
    size = (canvas.height, canvas.width)
    interpolation, fill, mask_fill = resampled.interpolation, resampled.fill, resampled.mask_fill
    return [new_warp(transform, size, interpolation, fill, mask_fill, resampled.border)]


def warped_rows(rows: Any, transforms: coords_stack.Stack, canvas: Canvas) -> EffectBatch | None:
    """Return `warped` for all rows, or None if the fields of resampling differ between them."""
    if any(isinstance(field, np.ndarray) for field in (rows.fill, rows.mask_fill)):
        return None
    return EffectBatch(warped(rows, coords.IDENTITY, canvas)[0], transforms, np.zeros(len(transforms), np.bool_))


def _whole(pixels: float) -> int:
    # Rounded first: 150/331 of 331 pixels at t = 0.7 is 105 pixels, and 104.99999999999999 in floats.
    return int(round(pixels, 6))


def _whole_rows(pixels: coords_stack.Numbers) -> coords_stack.Numbers:
    return np.array([_whole(value) for value in np.atleast_1d(pixels).tolist()], np.float64)


@operation(source=AUTOAUGMENT)
class ShearX(Resampled, Operation):
    """Shear the rows about the top left corner: each row moves left by `factor` times its depth."""

    factor: float = parameter(low=-2, high=2, unit="pixels a pixel", level=(0, 0.3), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return warped(self, coords.shear_x(self.factor), canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return warped_rows(rows, coords_stack.stack(1.0, -rows.factor, -rows.factor / 2, 0.0, 1.0, 0.0), canvas)


@operation(source=AUTOAUGMENT)
class ShearY(Resampled, Operation):
    """Shear the columns about the top left corner: each column moves up by `factor` times its x."""

    factor: float = parameter(low=-2, high=2, unit="pixels a pixel", level=(0, 0.3), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return warped(self, coords.shear_y(self.factor), canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return warped_rows(rows, coords_stack.stack(1.0, 0.0, 0.0, -rows.factor, 1.0, -rows.factor / 2), canvas)


@operation(source=AUTOAUGMENT)
class TranslateX(Resampled, Operation):
    """Move the content right by `pixels` plus `fraction` of the width (in whole pixels); negative is left."""

    pixels: float = parameter(low=-100000, high=100000, unit="pixels", default=0.0)
    fraction: float = parameter(
        low=-1, high=1, unit="fraction of the width", level=(0, _PAPER), signed=True, default=0.0
    )

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return warped(self, coords.translation(self.pixels + _whole(self.fraction * canvas.width), 0.0), canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        moves = rows.pixels + _whole_rows(rows.fraction * canvas.width)
        return warped_rows(rows, coords_stack.translations(moves, 0.0), canvas)


@operation(source=AUTOAUGMENT)
class TranslateY(Resampled, Operation):
    """Move the content down by `pixels` plus `fraction` of the height (in whole pixels); negative is up."""

    pixels: float = parameter(low=-100000, high=100000, unit="pixels", default=0.0)
    fraction: float = parameter(
        low=-1, high=1, unit="fraction of the height", level=(0, _PAPER), signed=True, default=0.0
    )

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return warped(self, coords.translation(0.0, self.pixels + _whole(self.fraction * canvas.height)), canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        moves = rows.pixels + _whole_rows(rows.fraction * canvas.height)
        return warped_rows(rows, coords_stack.translations(0.0, moves), canvas)


@operation(source=AUTOAUGMENT)
class Rotate(Resampled, Operation):
    """Turn the image counter-clockwise about its centre; with `expand`, the canvas grows to hold the whole picture."""

    degrees: float = parameter(low=-360, high=360, unit="degrees", level=(0, 30), signed=True)
    expand: bool = parameter(default=False)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        turn = coords.rotation(self.degrees, canvas.height, canvas.width)
        return warped(self, *(_expanded(turn, canvas) if self.expand else (turn, canvas)))

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`, if all keep the canvas' size."""
        if rows.expand is not False:
            return None
        return warped_rows(rows, coords_stack.rotations(rows.degrees, canvas.height, canvas.width), canvas)


def _expanded(turn: Matrix, canvas: Canvas) -> tuple[Matrix, Canvas]:
    """Return a turn about the centre, moved to the centre of the smallest canvas that holds all of it."""
    (cos, sin, x), (_, _, y), last = turn
    # Rounded first, as in `_whole`: what sticks out by the last bits of a sine is not a pixel more.
    height = math.ceil(round(abs(sin) * canvas.width + abs(cos) * canvas.height, 6))
    width = math.ceil(round(abs(cos) * canvas.width + abs(sin) * canvas.height, 6))
    right, down = (width - canvas.width) / 2, (height - canvas.height) / 2
    moved = ((cos, sin, x + right), (-sin, cos, y + down), last)
    return moved, dataclasses.replace(canvas, height=height, width=width)


@operation(source="the mirror image; no number in it")
class HorizontalFlip(Operation):
    """Mirror left and right."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return [Warp(transform=coords.flip_x(canvas.width), size=(canvas.height, canvas.width))]


@operation(source="the mirror image; no number in it")
class VerticalFlip(Operation):
    """Mirror top and bottom."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return [Warp(transform=coords.flip_y(canvas.height), size=(canvas.height, canvas.width))]


@operation(source="the image at another scale; no number in it")
class Scale(Resampled, Operation):
    """Scale the content by `factor` about the centre; the canvas keeps its size. `area` antialiases shrinking."""

    factor: float = parameter(low=0.01, high=100, unit="times")
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return warped(self, _centred(coords.scaling(self.factor), canvas), canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        return warped_rows(rows, _centred_rows(coords_stack.scalings(rows.factor), canvas), canvas)


@operation(source="the affine transform of torchvision: rotation, shear and scale about the centre, then a translation")
class Affine(Resampled, Operation):
    """Shear, scale and turn the content about the centre, then move it; positive x is right, y down."""

    degrees: float = parameter(low=-360, high=360, unit="degrees, counter-clockwise", default=0.0)
    scale: float = parameter(low=0.01, high=100, unit="times", default=1.0)
    shear_x: float = parameter(low=-80, high=80, unit="degrees", default=0.0)
    shear_y: float = parameter(low=-80, high=80, unit="degrees", default=0.0)
    x: float = parameter(low=-10, high=10, unit="fraction of the width", default=0.0)
    y: float = parameter(low=-10, high=10, unit="fraction of the height", default=0.0)
    interpolation: Interpolation = resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        tan_x, tan_y = (math.tan(math.radians(angle)) for angle in (self.shear_x, self.shear_y))
        shear: Matrix = ((1.0, tan_x, 0.0), (tan_y, 1.0 + tan_x * tan_y, 0.0), (0.0, 0.0, 1.0))
        about = _centred(coords.multiply(coords.scaling(self.scale), shear), canvas)
        turned = coords.multiply(coords.rotation(self.degrees, canvas.height, canvas.width), about)
        moved = coords.translation(self.x * canvas.width, self.y * canvas.height)
        return warped(self, coords.multiply(moved, turned), canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        tan_x, tan_y = coords_stack.tangents(rows.shear_x), coords_stack.tangents(rows.shear_y)
        shear = coords_stack.stack(1.0, tan_x, 0.0, tan_y, 1.0 + tan_x * tan_y, 0.0)
        about = _centred_rows(coords_stack.products(coords_stack.scalings(rows.scale), shear), canvas)
        turned = coords_stack.products(coords_stack.rotations(rows.degrees, canvas.height, canvas.width), about)
        moved = coords_stack.translations(rows.x * canvas.width, rows.y * canvas.height)
        return warped_rows(rows, coords_stack.products(moved, turned), canvas)


def _centred(matrix: Matrix, canvas: Canvas) -> Matrix:
    return coords.about(matrix, (canvas.width - 1) / 2, (canvas.height - 1) / 2)


def _centred_rows(matrices: coords_stack.Stack, canvas: Canvas) -> coords_stack.Stack:
    return coords_stack.about(matrices, (canvas.width - 1) / 2, (canvas.height - 1) / 2)


@operation(source="the transposed image; no number in it")
class Transpose(Operation):
    """Exchange rows and columns."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        return [Warp(transform=coords.TRANSPOSITION, size=(canvas.width, canvas.height))]


@operation(source="quarter turns; no number in it")
class Rotate90(Operation):
    """Turn the image counter-clockwise by `turns` quarters; nothing is resampled."""

    turns: int = parameter(low=0, high=3, unit="quarter turns", draw=Integers(0, 3))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; none without a turn."""
        height, width = canvas.height, canvas.width
        quarter: Matrix = ((0.0, 1.0, 0.0), (-1.0, 0.0, width - 1.0), (0.0, 0.0, 1.0))
        half: Matrix = ((-1.0, 0.0, width - 1.0), (0.0, -1.0, height - 1.0), (0.0, 0.0, 1.0))
        three: Matrix = ((0.0, -1.0, height - 1.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
        transform = {1: quarter, 2: half, 3: three}.get(self.turns)
        size = (height, width) if self.turns == 2 else (width, height)
        return [] if transform is None else [Warp(transform=transform, size=size)]
