"""Operations on neighbourhoods."""

from __future__ import annotations

from augplug.effects import Effect, Filter
from augplug.ops.base import Operation, operation, parameter
from augplug.ops.tone import AUTOAUGMENT
from augplug.types import Canvas


@operation(source=AUTOAUGMENT)
class Sharpness(Operation):
    """Move every pixel away from its smoothed neighbourhood: 0 is smooth, 1 the image, above 1 sharper."""

    factor: float = parameter(low=0, high=10, unit="times", level=(1, 1.9), signed=True)

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One filter that keeps the border."""
        return [] if self.factor == 1 else [Filter(kernel="smooth3", border="keep", factor=self.factor)]
