"""Operations that change the size of the canvas."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug import coords, coords_stack
from augplug.distributions import LogUniform, Uniform
from augplug.effect_batch import EffectBatch
from augplug.effects import Effect, Warp
from augplug.errors import OperationError
from augplug.ops.base import Operation, operation
from augplug.ops.parameters import Filled, parameter, resampling
from augplug.ops.warps import new_warp
from augplug.types import Border, Canvas, Fill, Interpolation

SIDE = 65536
"""The largest side that a field takes, in pixels."""


def cut(
    top: int, left: int, height: int, width: int, fill: Fill, mask_fill: float, border: Border = "constant"
) -> list[Effect]:
    """Return the warp that shows the `height` x `width` pixels from (`top`, `left`) on, which may lie outside."""
    return [_cut(top, left, height, width, fill, mask_fill, border)]


@lru_cache(maxsize=4096)
def _cut(top: int, left: int, height: int, width: int, fill: Fill, mask_fill: float, border: Border) -> Warp:
    # Kept: a random crop comes to few places, and looking for a warp's kernel is quicker when it is the same object.
    shift = coords.translation(-float(left), -float(top))
    return new_warp(shift, (height, width), fill=fill, mask_fill=mask_fill, border=border)


@operation(source="a rectangle of pixels; no number in it")
class Crop(Operation):
    """Keep the rectangle from (`left`, `top`) to (`right`, `bottom`), the ends excluded."""

    left: int = parameter(low=0, high=SIDE, unit="pixels", default=0)
    top: int = parameter(low=0, high=SIDE, unit="pixels", default=0)
    right: int = parameter(low=1, high=SIDE, unit="pixels")
    bottom: int = parameter(low=1, high=SIDE, unit="pixels")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; the rectangle must lie in the image."""
        if not (self.left < self.right <= canvas.width and self.top < self.bottom <= canvas.height):
            raise OperationError(
                f"Crop keeps columns {self.left} to {self.right} and rows {self.top} to {self.bottom}, but the image "
                f"is {canvas.width} pixels wide and {canvas.height} high; choose a rectangle inside it"
            )
        return cut(self.top, self.left, self.bottom - self.top, self.right - self.left, 0.0, 0.0)


@operation(source="the middle of the image; no number in it")
class CenterCrop(Filled, Operation):
    """Keep the middle `height` x `width` pixels; where the image is smaller, `fill` stands around it."""

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp."""
        top, left = (canvas.height - self.height) // 2, (canvas.width - self.width) // 2
        return cut(top, left, self.height, self.width, self.fill, self.mask_fill, self.border)


@operation(source="He et al., arXiv 1512.03385, section 4.2: 4 pixels of padding on CIFAR")
class RandomCrop(Filled, Operation):
    """Keep `height` x `width` pixels somewhere in the image with `padding` around it; `x` and `y` say where."""

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")
    padding: int = parameter(low=0, high=SIDE, unit="pixels", default=0)
    x: float = parameter(low=0, high=1, unit="fraction of the room to the right", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the room below", draw=Uniform(0.0, 1.0))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; an image smaller than the crop stands in its middle."""
        top = place(self.y, canvas.height + 2 * self.padding - self.height) - self.padding
        left = place(self.x, canvas.width + 2 * self.padding - self.width) - self.padding
        return cut(top, left, self.height, self.width, self.fill, self.mask_fill, self.border)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        if _differ(rows.height, rows.width, rows.padding, rows.fill, rows.mask_fill):
            return None
        top = _places(rows.y, canvas.height + 2 * rows.padding - rows.height) - rows.padding
        left = _places(rows.x, canvas.width + 2 * rows.padding - rows.width) - rows.padding
        shifts = coords_stack.translations(-left, -top)
        template = _cut(0, 0, rows.height, rows.width, rows.fill, rows.mask_fill, rows.border)
        return EffectBatch(template, shifts, np.zeros(len(shifts), np.bool_))


def _differ(*fields: Any) -> bool:
    """Return True if any of these fields differs between rows."""
    return any(isinstance(field, np.ndarray) for field in fields)


def _places(fractions: Any, room: Any) -> npt.NDArray[np.float64]:
    """Return `place` for fractions and room that are numbers or arrays `(N,)`."""
    inside = np.minimum(np.trunc(fractions * (room + 1)), room)
    return np.asarray(np.where(np.asarray(room) >= 0, inside, -(-np.asarray(room) // 2)), np.float64)


def place(fraction: float, room: int) -> int:
    """Return an offset in 0..room, each as likely; half the (negative) room where there is none."""
    return min(int(fraction * (room + 1)), room) if room >= 0 else -(-room // 2)


@operation(source="Szegedy et al., arXiv 1409.4842, section 6: 8 % to 100 % of the area, aspect ratio 3/4 to 4/3")
class RandomResizedCrop(Operation):
    """Keep a part of the image, `scale` of its area in the aspect `ratio`, and resize it to `height` x `width`."""

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")
    scale: float = parameter(low=1e-6, high=1, unit="fraction of the area", draw=Uniform(0.08, 1.0))
    ratio: float = parameter(low=1e-3, high=1e3, unit="width / height", draw=LogUniform(3 / 4, 4 / 3))
    x: float = parameter(low=0, high=1, unit="fraction of the room to the right", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the room below", draw=Uniform(0.0, 1.0))
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; a side that would leave the image is clamped to it."""
        area = self.scale * canvas.height * canvas.width
        width = min(max(round(math.sqrt(area * self.ratio)), 1), canvas.width)
        height = min(max(round(math.sqrt(area / self.ratio)), 1), canvas.height)
        left, top = place(self.x, canvas.width - width), place(self.y, canvas.height - height)
        transform = coords.crop_resize((left, top, left + width, top + height), self.height, self.width)
        return [new_warp(transform, (self.height, self.width), self.interpolation)]

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`."""
        if _differ(rows.height, rows.width):
            return None
        area = rows.scale * canvas.height * canvas.width
        width = np.clip(np.rint(np.sqrt(area * rows.ratio)), 1, canvas.width)
        height = np.clip(np.rint(np.sqrt(area / rows.ratio)), 1, canvas.height)
        left, top = _places(rows.x, canvas.width - width), _places(rows.y, canvas.height - height)
        sx, sy = rows.width / width, rows.height / height
        transforms = coords_stack.stack(sx, 0.0, sx * (0.5 - left) - 0.5, 0.0, sy, sy * (0.5 - top) - 0.5)
        size = (rows.height, rows.width)
        template = Warp(transform=coords.IDENTITY, size=size, interpolation=rows.interpolation)
        return EffectBatch(template, transforms, np.zeros(len(transforms), np.bool_))


@operation(source="the image at another size; no number in it")
class Resize(Operation):
    """Resize the image to `height` x `width`; `area` antialiases where it shrinks and is linear where it grows."""

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; none when the size is right."""
        if (self.height, self.width) == (canvas.height, canvas.width):
            return []
        transform = coords.crop_resize((0, 0, canvas.width, canvas.height), self.height, self.width)
        return [new_warp(transform, (self.height, self.width), self.interpolation)]


@operation(source="the image with a border; no number in it")
class Pad(Filled, Operation):
    """Put `left`, `top`, `right` and `bottom` pixels around the image: of `fill`, or as `border` says."""

    left: int = parameter(low=0, high=SIDE, unit="pixels", default=0)
    top: int = parameter(low=0, high=SIDE, unit="pixels", default=0)
    right: int = parameter(low=0, high=SIDE, unit="pixels", default=0)
    bottom: int = parameter(low=0, high=SIDE, unit="pixels", default=0)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; none without a border."""
        size = (canvas.height + self.top + self.bottom, canvas.width + self.left + self.right)
        same = size == (canvas.height, canvas.width)
        return [] if same else cut(0 - self.top, 0 - self.left, *size, self.fill, self.mask_fill, self.border)
