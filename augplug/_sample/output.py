"""What an image leaves as: normalised, and in the order of axes that a framework takes."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from augplug.errors import SettingsError, suggest
from augplug.ranges import checked_keywords

Layout: TypeAlias = Literal["HWC", "CHW"]
LAYOUTS: tuple[Layout, ...] = ("HWC", "CHW")


@checked_keywords
@dataclass(frozen=True)
class Output:
    """The last step of training: float32 (v - mean) / std, v the image's values on the scale [0, 1].

    `mean` and `std` are one number for all channels or one a channel, as torchvision's Normalize takes them behind
    ToTensor; `std` is above 0. `layout` says how the axes stand: `HWC` as they came, or `CHW`; a grey image `(H, W)`
    comes out as `(H, W)` or `(1, H, W)`. Raises SettingsError.
    """

    mean: float | tuple[float, ...] = 0.0
    std: float | tuple[float, ...] = 1.0
    layout: Layout = "HWC"

    def __post_init__(self) -> None:
        """Refuse what is not a number, a deviation that is not above 0, and other layouts."""
        for name in ("mean", "std"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        if min(self.std if isinstance(self.std, tuple) else (self.std,)) <= 0:
            raise SettingsError(f"std divides the values and is above 0, not {self.std!r}")
        if self.layout not in LAYOUTS:
            raise SettingsError(f"unknown layout {self.layout!r}{suggest(str(self.layout), LAYOUTS)}")


def checked_output(given: Any) -> Output | None:
    """Return an Output, or None. Raises SettingsError for anything else."""
    if given is None or isinstance(given, Output):
        return given
    raise SettingsError(
        f"output is an augplug.Output, not {type(given).__name__}; give augplug.Output(mean=..., std=..., layout=...)"
    )


def _numbers(name: str, given: Any) -> float | tuple[float, ...]:
    values = tuple(given) if hasattr(given, "__iter__") else (given,)
    if not values or not all(isinstance(value, numbers.Real) and math.isfinite(value) for value in values):
        raise SettingsError(f"{name} is a number, or one a channel, on the scale [0, 1], not {given!r}")
    return tuple(map(float, values)) if hasattr(given, "__iter__") else float(given)
