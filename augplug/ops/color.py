"""Operations that mix the channels of a pixel."""

from __future__ import annotations

from augplug.effects import ColorMix, Effect
from augplug.ops.base import Operation, operation, parameter
from augplug.ops.tone import AUTOAUGMENT, require_rgb
from augplug.types import Canvas


@operation(source=AUTOAUGMENT)
class Color(Operation):
    """Move every pixel away from its grey: 0 is a grey image, 1 the image, above 1 stronger colour."""

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One blend with grey; nothing on grey images."""
        require_rgb("Color", canvas)
        return [] if self.factor == 1 or canvas.channels == 1 else [ColorMix(grey_blend=self.factor)]
