"""Operations that paint over regions."""

from __future__ import annotations

from augplug.distributions import Uniform
from augplug.effects import Effect, Paint, Region
from augplug.ops.base import Operation, operation, parameter
from augplug.types import Canvas, Fill


@operation(
    source="Cutout, arXiv 1708.04552, section 3.2: a square whose centre may lie anywhere, clipped at the border"
)
class Cutout(Operation):
    """Paint a square over the image; its side is `size` of the image's shorter side, its centre at (`x`, `y`)."""

    size: float = parameter(low=0, high=1, unit="fraction of the shorter side", level=(0, 60 / 331))
    x: float = parameter(low=0, high=1, unit="fraction of the width", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the height", draw=Uniform(0.0, 1.0))
    value: Fill = parameter(low=0, high=255, unit="8-bit values", default=0.0, many=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One painted square, clipped to the canvas."""
        side = int(self.size * min(canvas.height, canvas.width))
        top = min(int(self.y * canvas.height), canvas.height - 1) - side // 2
        left = min(int(self.x * canvas.width), canvas.width - 1) - side // 2
        region = Region(max(top, 0), max(left, 0), min(top + side, canvas.height), min(left + side, canvas.width))
        return [] if side == 0 else [Paint(regions=(region,), value=self.value)]
