"""Boxes as users hand them in and get them back, checked when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._sample.few import FEW, Row
from augplug._sample.kinds import labels_like, like, plain
from augplug._sample.numbers import numbers_of
from augplug.errors import TargetError, suggest
from augplug.ranges import checked_keywords
from augplug.renamed import answers_old_names

BoxFormat: TypeAlias = Literal["xyxy", "xywh", "cxcywh", "yolo", "albumentations", "pascal_voc", "coco"]
FORMATS: tuple[BoxFormat, ...] = ("xyxy", "xywh", "cxcywh", "yolo", "albumentations")
ALIASES: dict[str, BoxFormat] = {"pascal_voc": "xyxy", "coco": "xywh"}
Edges: TypeAlias = npt.NDArray[np.float64]
"""`(N, 4)`: left, top, right, bottom in pixels from the image's corner."""
_NO_BOXES = np.zeros((0, 4))


@answers_old_names
@checked_keywords
@dataclass(frozen=True, eq=False)  # by identity: arrays have no single truth
class Boxes:
    """Boxes `(N, 4)` around things, and what becomes of them.

    `format`: `xyxy` (left, top, right, bottom; also `pascal_voc`), `xywh` (left, top, width, height; also `coco`),
    `cxcywh` (centre, width, height), all in pixels, the image's corner is (0, 0); `yolo` is cxcywh and `albumentations`
    xyxy, in fractions of the image's width and height. `labels` holds one label a box and stays in step. A box that
    ends with less than `min_visibility` (0..1) of its area in the image, or less than `min_area` pixels, or none, is
    left out. With `count_painted` what Cutout, RandomErasing and GridMask paint over a box counts as lost too, and a
    box that they paint over wholly is left out; else they leave boxes alone. What comes back has the kind and dtype of
    `array`, and so have its labels; integers become floats, since rounding would move the boxes. Raises TargetError for
    numbers that are not finite, and for boxes turned inside out.
    """

    array: Any
    format: BoxFormat = "xyxy"
    labels: Sequence[Any] | npt.NDArray[Any] | None = None
    min_visibility: float = 0.0
    min_area: float = 0.0
    count_painted: bool = False

    def __post_init__(self) -> None:
        """Check everything that can be checked without an image."""
        name = ALIASES.get(self.format, self.format)
        if name not in FORMATS:
            raise TargetError(
                f"unknown format of boxes {self.format!r}{suggest(str(self.format), (*FORMATS, *ALIASES))}"
            )
        array = numbers_of(self.array, "boxes", 4)
        if array.ndim != 2 or array.shape[1] != 4:
            raise TargetError(f"boxes are an array (N, 4), not one of shape {array.shape}")
        if self.labels is not None and len(self.labels) != len(array):
            raise TargetError(f"{len(array)} boxes need as many labels, not {len(self.labels)}")
        try:
            limits = 0 <= self.min_visibility <= 1 and self.min_area >= 0
        except TypeError:
            limits = False
        if not limits:
            raise TargetError(
                f"min_visibility lies in 0..1 and min_area is 0 or more, not {self.min_visibility!r} and "
                f"{self.min_area!r}"
            )
        if not isinstance(self.count_painted, bool):
            raise TargetError(f"count_painted is True or False, not {self.count_painted!r}")
        object.__setattr__(self, "array", like(self.array, array))
        upright = name in ("xyxy", "albumentations")
        if len(array) > FEW or not are_boxes(array.tolist(), upright=upright):
            self._check_rows(array, array[:, 2:] - array[:, :2] if upright else array[:, 2:])

    def _check_rows(self, array: Edges, sides: Edges) -> None:
        bad = ~np.isfinite(array).all(axis=1) | ~(sides >= 0).all(axis=1)
        if bad.any():
            row = int(bad.argmax())
            hint = "; COCO's rows are augplug.Boxes(rows, format='coco')" if self.format == "xyxy" else ""
            raise TargetError(
                f"box {row} is {array[row].tolist()} in format {self.format}: its numbers must be finite and its sides "
                f"not negative{hint}"
            )

    def to_xyxy(self, height: int, width: int) -> Edges:
        """Return the boxes as edges in pixels of an image of that size."""
        name = ALIASES.get(self.format, self.format)
        array: Edges = np.asarray(plain(self.array), dtype=np.float64) * _scale(name, height, width)
        first, second = array[:, :2], array[:, 2:]
        if name in ("xyxy", "albumentations"):
            return array
        if name == "xywh":
            return np.concatenate([first, first + second], axis=1)
        return np.concatenate([first - second / 2, first + second / 2], axis=1)

    def rows(self, height: int, width: int) -> list[Row]:
        """Return the same numbers as `edges`, as plain floats: quicker for a few boxes."""
        rows: list[Row] = self.array.tolist()
        if self.format == "xyxy":
            return rows
        name = ALIASES.get(self.format, self.format)
        if name == "xyxy":
            return rows
        if name == "albumentations":
            return [(x * width, y * height, right * width, bottom * height) for x, y, right, bottom in rows]
        if name == "xywh":
            return [(x, y, x + w, y + h) for x, y, w, h in rows]
        if name == "yolo":
            rows = [(x * width, y * height, w * width, h * height) for x, y, w, h in rows]
        return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in rows]

    def replace_xyxy(self, edges: Edges, tags: Sequence[Any], height: int, width: int) -> Boxes:
        """Return boxes of this format with other edges, in an image of that size, and their labels."""
        name = ALIASES.get(self.format, self.format)
        first, second = edges[:, :2], edges[:, 2:]
        if name == "xywh":
            array = np.concatenate([first, second - first], axis=1)
        elif name in ("cxcywh", "yolo"):
            array = np.concatenate([(first + second) / 2, second - first], axis=1)
        else:
            array = edges
        return self._with(array / _scale(name, height, width), tags)

    def moved_few(self, rows: Sequence[Row], tags: Sequence[Any], height: int, width: int) -> Boxes:
        """Return what `moved` does, of edges that are plain floats."""
        name = self.format if self.format == "xyxy" else ALIASES.get(self.format, self.format)
        if name == "xyxy":
            pass
        elif name == "albumentations":
            rows = [(x / width, y / height, right / width, bottom / height) for x, y, right, bottom in rows]
        elif name == "xywh":
            rows = [(x, y, right - x, bottom - y) for x, y, right, bottom in rows]
        else:
            wide, high = (width, height) if name == "yolo" else (1, 1)
            rows = [
                ((x + right) / 2 / wide, (y + bottom) / 2 / high, (right - x) / wide, (bottom - y) / high)
                for x, y, right, bottom in rows
            ]
        return self._with(np.array(rows) if rows else _NO_BOXES.copy(), tags)

    def _with(self, array: Edges, tags: Sequence[Any]) -> Boxes:
        """Return the same settings around another array, which needs no check: we computed it."""
        made = object.__new__(type(self))
        fields = made.__dict__
        fields.update(self.__dict__)
        fields["array"] = like(self.array, array)
        if self.labels is not None:
            fields["labels"] = labels_like(self.labels, tags)
        return made

    def label_array(self) -> Sequence[Any] | npt.NDArray[Any]:
        """Return the labels, one a box; boxes without labels have their numbers."""
        tags: Sequence[Any] = range(len(self.array)) if self.labels is None else plain(self.labels)
        return tags


def are_boxes(rows: Sequence[Row], *, upright: bool) -> bool:
    """True if all rows are surely boxes: each one's numbers and their sum are finite, and no side is negative.

    `upright` rows hold left, top, right, bottom; the others end with width and height.
    """
    for first, second, third, fourth in rows:
        ordered = first <= third and second <= fourth if upright else third >= 0 and fourth >= 0
        if not (ordered and isfinite(first + second + third + fourth)):
            return False
    return True


def _scale(name: str, height: int, width: int) -> Edges:
    return np.array([width, height] * 2 if name in ("yolo", "albumentations") else [1, 1] * 2, dtype=np.float64)
