"""Operations that resize the image and keep its aspect."""

from __future__ import annotations

from augplug import coords
from augplug.effects import Effect
from augplug.ops.base import Operation, operation
from augplug.ops.crops import SIDE, cut
from augplug.ops.parameters import Filled, parameter, resampling
from augplug.ops.warps import new_warp
from augplug.types import Canvas, Interpolation


def resized(canvas: Canvas, height: int, width: int, interpolation: Interpolation) -> list[Effect]:
    """Return the warp that resizes a canvas; none if it has that size."""
    if (height, width) == (canvas.height, canvas.width):
        return []
    transform = coords.crop_resize((0, 0, canvas.width, canvas.height), height, width)
    return [new_warp(transform, (height, width), interpolation)]


def scaled(canvas: Canvas, side: int, of: int) -> tuple[int, int]:
    """Return the height and width of a canvas of which `of` pixels become `side`: rounded, and at least 1."""
    return max(round(canvas.height * side / of), 1), max(round(canvas.width * side / of), 1)


def fitted(canvas: Canvas, height: int, width: int) -> tuple[int, int]:
    """Return the height and width of the largest image of a canvas' aspect that fits into `height` x `width`."""
    if height * canvas.width <= width * canvas.height:
        return height, min(scaled(canvas, height, canvas.height)[1], width)
    return min(scaled(canvas, width, canvas.width)[0], height), width


@operation(source="the image at another size; no number in it")
class ResizeLonger(Operation):
    """Resize the image, keeping its aspect, so that its longer side has `side` pixels."""

    side: int = parameter(low=1, high=SIDE, unit="pixels")
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; none if the size is right."""
        return resized(canvas, *fitted(canvas, self.side, self.side), self.interpolation)


@operation(source="the image at another size; no number in it")
class ResizeShorter(Operation):
    """Resize the image, keeping its aspect, so that its shorter side has `side` pixels.

    If its longer side would then have more than `longest` pixels, that side has `longest` instead.
    """

    side: int = parameter(low=1, high=SIDE, unit="pixels")
    longest: int | None = parameter(low=1, high=SIDE, unit="pixels", default=None)
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp; none if the size is right."""
        height, width = scaled(canvas, self.side, min(canvas.height, canvas.width))
        if self.longest is not None and max(height, width) > self.longest:
            height, width = fitted(canvas, self.longest, self.longest)
        return resized(canvas, height, width, self.interpolation)


@operation(source="the image within a frame of another aspect; no number in it")
class Letterbox(Filled, Operation):
    """Resize the image, keeping its aspect, so that it just fits into `height` x `width`, with `fill` around it.

    It stands in the middle, or elsewhere: at `x` = 0 on the left and 1 on the right, at `y` = 0 above and 1 below.
    """

    height: int = parameter(low=1, high=SIDE, unit="pixels")
    width: int = parameter(low=1, high=SIDE, unit="pixels")
    x: float = parameter(low=0, high=1, unit="fraction of the room to the right", default=0.5)
    y: float = parameter(low=0, high=1, unit="fraction of the room below", default=0.5)
    interpolation: Interpolation = resampling("area", area=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """A warp that resizes and one that pads, so that no edge of the image is mixed with `fill`."""
        height, width = fitted(canvas, self.height, self.width)
        effects = resized(canvas, height, width, self.interpolation)
        if (height, width) == (self.height, self.width):
            return effects
        top, left = int(self.y * (self.height - height)), int(self.x * (self.width - width))
        return [*effects, *cut(0 - top, 0 - left, self.height, self.width, self.fill, self.mask_fill, self.border)]
