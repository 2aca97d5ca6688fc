"""The contract of an exporter: a policy or a plan in, files out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from augplug._pipeline.plan import Plan
from augplug._policies.grammar import Policy
from augplug._sample.image import MAX_PIXELS
from augplug.errors import ExportError, SettingsError, suggest
from augplug.ranges import natural
from augplug.types import Image

DType: TypeAlias = Literal["uint8", "uint16", "float32", "float64"]
DTYPES: tuple[DType, ...] = ("uint8", "uint16", "float32", "float64")


@dataclass(frozen=True)
class InputSpec:
    """The images that an export takes: arrays `(height, width, channels)` of `dtype`, floats in 0..1.

    Raises SettingsError for what is not an image.
    """

    height: int = 224
    width: int = 224
    channels: int = 3
    dtype: DType = "uint8"

    def __post_init__(self) -> None:
        """Check each number and the dtype."""
        for name in ("height", "width", "channels"):
            natural(name, getattr(self, name), lowest=1)
        if self.height * self.width > MAX_PIXELS:
            raise SettingsError(f"an image has {MAX_PIXELS} pixels at most, not {self.height}x{self.width}")
        if self.dtype not in DTYPES:
            raise SettingsError(
                f"an image is {', '.join(DTYPES)}, not {self.dtype!r}{suggest(str(self.dtype), DTYPES)}"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.height, self.width, self.channels

    def blank(self) -> Image:
        """Return an image of zeros, for plans that need one."""
        return np.zeros(self.shape, self.dtype)


class Exporter(ABC):
    """Writes a policy or a plan as files that another system reads.

    It is built as `Exporter(**settings)`; an unknown setting is a SettingsError. `suffix` ends the name of a file, and
    is empty if there are several. `bound` is the largest difference, in 8-bit units (0..255), between what the exported
    files make of an image and what the reference backend makes: 0 if they are equal to the bit, None if `run` cannot
    tell because the system's runtime is not for Python.
    """

    suffix: str = ""
    bound: float | None = None

    def __init__(self, **unknown: object) -> None:
        """Take no settings; a subclass that has some takes them by name and hands the rest on. Raises SettingsError."""
        if unknown:
            raise SettingsError(f"the exporter {type(self).__name__} has no setting {next(iter(unknown))!r}")

    @abstractmethod
    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the files by name, the same bytes for the same arguments; one file, or several for a folder.

        A plan is one draw with its numbers; an exported policy takes those of a draw when it runs, or draws itself.
        Raises ExportError that names every operation that the format cannot hold.
        """

    def run(self, files: Mapping[str, bytes], image: Image, plan: Plan) -> Image:
        """Return what exported files make of an image, by the system's own runtime; `plan` is the draw to make.

        Only asked for if there is a `bound`: the examination compares, and so may users.
        """
        del files, image, plan
        raise ExportError(f"what {type(self).__name__} exports cannot be run from Python")
