"""Libraries that need help to be imported."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


def torchvision() -> Any:
    """Return torchvision's `transforms.v2`, also where its compiled operators were built for another torch.

    Its Python part asks when it is imported for the schemas of two of them, which no transform calls. Raises
    ImportError where it is not installed.
    """
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        with suppress(RuntimeError):  # the compiled operators are there and have declared it
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _HELD.append(library)
    from torchvision.transforms import v2

    return v2


_HELD: list[object] = []
"""A declaration is taken back when the object that made it goes."""
