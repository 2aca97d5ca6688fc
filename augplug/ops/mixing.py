"""Operations between images. They stand at the end of a policy; the partner comes from the batch or from `partner=`.

The share that an image keeps is drawn from Beta(1, 1); for another alpha give `share={"beta": [alpha, alpha]}`.
"""

from __future__ import annotations

import math

from augplug.distributions import Beta, Uniform
from augplug.effects import Effect, Mix, MixPart
from augplug.ops import parameters
from augplug.ops.base import Operation, operation
from augplug.ops.parameters import parameter
from augplug.ops.regions import clipped
from augplug.types import Canvas


@operation(source="CutMix, arXiv 1905.04899, section 3.1")
class CutMix(Operation):
    """Paste a rectangle of a partner: its sides are sqrt(1 - share) of the image's, its centre is at (`x`, `y`).

    The rectangle is clipped at the border, and labels are mixed by the area that was pasted in the end.
    """

    share: float = parameter(low=0, high=1, unit="fraction of the area that is kept", draw=Beta(1.0, 1.0))
    x: float = parameter(low=0, high=1, unit="fraction of the width", draw=Uniform(0.0, 1.0))
    y: float = parameter(low=0, high=1, unit="fraction of the height", draw=Uniform(0.0, 1.0))
    partner: int = parameters.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One mix by region; none when nothing would be pasted."""
        half = 0.5 * math.sqrt(1 - self.share)
        half_height, half_width = int(half * canvas.height), int(half * canvas.width)
        top = min(int(self.y * canvas.height), canvas.height - 1) - half_height
        left = min(int(self.x * canvas.width), canvas.width - 1) - half_width
        region = clipped(top, left, 2 * half_height, 2 * half_width, canvas)
        return [] if region is None else [Mix((MixPart(self.partner, region=region),))]


@operation(source="mixup, arXiv 1710.09412, section 2")
class MixUp(Operation):
    """Add a partner: share of the image and 1 - share of the partner, and so for their labels."""

    share: float = parameter(low=0, high=1, unit="fraction that is kept", draw=Beta(1.0, 1.0))
    partner: int = parameters.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One mix by weight; none when all is kept."""
        return [] if self.share == 1 else [Mix((MixPart(self.partner, weight=1 - self.share),))]


@operation(source="SamplePairing, arXiv 1801.02929; AutoAugment, arXiv 1805.09501, table 6: weight 0 to 0.4")
class SamplePairing(Operation):
    """Add `weight` of a partner as it was before any augmentation, resized to this image; the label stays."""

    weight: float = parameter(low=0, high=1, unit="fraction of the partner", level=(0, 0.4))
    partner: int = parameters.key()

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One mix by weight; none at 0."""
        return [] if self.weight == 0 else [Mix((MixPart(self.partner, weight=self.weight, raw=True),))]
