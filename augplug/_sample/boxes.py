"""Boxes as users hand them in and get them back, checked when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._sample.numbers import numbers_of
from augplug.errors import TargetError, suggest

BoxFormat: TypeAlias = Literal["xyxy", "xywh", "cxcywh", "yolo", "albumentations"]
FORMATS: tuple[BoxFormat, ...] = ("xyxy", "xywh", "cxcywh", "yolo", "albumentations")
ALIASES = {"pascal_voc": "xyxy", "coco": "xywh"}
Edges: TypeAlias = npt.NDArray[np.float64]
"""`(N, 4)`: left, top, right, bottom in pixels from the image's corner."""


@dataclass(frozen=True, eq=False)  # by identity: arrays have no single truth
class Boxes:
    """Boxes `(N, 4)` around things, and what becomes of them.

    `format`: `xyxy` (left, top, right, bottom; also `pascal_voc`), `xywh` (left, top, width, height; also `coco`),
    `cxcywh` (centre, width, height), all in pixels, the image's corner is (0, 0); `yolo` is cxcywh and `albumentations`
    xyxy, in fractions of the image's width and height. `labels` holds one label a box and stays in step. A box that
    ends with less than `min_visibility` (0..1) of its area in the image, or less than `min_area` pixels, or none, is
    left out. Raises TargetError for numbers that are not finite, and for boxes turned inside out.
    """

    array: Any
    format: str = "xyxy"
    labels: Sequence[Any] | npt.NDArray[Any] | None = None
    min_visibility: float = 0.0
    min_area: float = 0.0

    def __post_init__(self) -> None:
        """Check everything that can be checked without an image."""
        name = ALIASES.get(self.format, self.format)
        if name not in FORMATS:
            raise TargetError(f"{self.format!r} is no format of boxes{suggest(self.format, (*FORMATS, *ALIASES))}")
        array = numbers_of(self.array, "boxes", 4)
        if array.ndim != 2 or array.shape[1] != 4:
            raise TargetError(f"boxes are an array (N, 4), not one of shape {array.shape}")
        if self.labels is not None and len(self.labels) != len(array):
            raise TargetError(f"{len(array)} boxes need as many labels, not {len(self.labels)}")
        if not 0 <= self.min_visibility <= 1 or not self.min_area >= 0:
            raise TargetError(
                f"min_visibility lies in 0..1 and min_area is 0 or more, not {self.min_visibility} and {self.min_area}"
            )
        object.__setattr__(self, "array", array)
        ends = array[:, 2:] - array[:, :2] if name in ("xyxy", "albumentations") else array[:, 2:]
        bad = ~np.isfinite(array).all(axis=1) | ~(ends >= 0).all(axis=1)
        if bad.any():
            row = int(bad.argmax())
            raise TargetError(
                f"box {row} is {array[row].tolist()} in format {self.format}: its numbers must be finite and its sides "
                "not negative"
            )

    def edges(self, height: int, width: int) -> Edges:
        """Return the boxes as edges in pixels of an image of that size."""
        name = ALIASES.get(self.format, self.format)
        array: Edges = self.array * _scale(name, height, width)
        first, second = array[:, :2], array[:, 2:]
        if name in ("xyxy", "albumentations"):
            return array
        if name == "xywh":
            return np.concatenate([first, first + second], axis=1)
        return np.concatenate([first - second / 2, first + second / 2], axis=1)

    def moved(self, edges: Edges, tags: npt.NDArray[np.object_], height: int, width: int) -> Boxes:
        """Return boxes of this format with other edges, in an image of that size, and their labels."""
        name = ALIASES.get(self.format, self.format)
        first, second = edges[:, :2], edges[:, 2:]
        if name == "xywh":
            array = np.concatenate([first, second - first], axis=1)
        elif name in ("cxcywh", "yolo"):
            array = np.concatenate([(first + second) / 2, second - first], axis=1)
        else:
            array = edges
        return replace(self, array=array / _scale(name, height, width), labels=self._labels_of(tags))

    def tags(self) -> npt.NDArray[np.object_]:
        """Return the labels `(N,)`; boxes without labels have their numbers."""
        return as_tags(range(len(self.array)) if self.labels is None else self.labels)

    def _labels_of(self, tags: npt.NDArray[np.object_]) -> Any:
        if self.labels is None:
            return None
        return np.array(tags.tolist(), dtype=self.labels.dtype) if isinstance(self.labels, np.ndarray) else list(tags)


def as_tags(labels: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    """Return labels of any kind, one a box, as an array of objects `(N,)`."""
    tags = np.empty(len(labels), dtype=object)
    for place, label in enumerate(labels):
        tags[place] = label
    return tags


def _scale(name: str, height: int, width: int) -> Edges:
    return np.array([width, height] * 2 if name in ("yolo", "albumentations") else [1, 1] * 2, dtype=np.float64)
