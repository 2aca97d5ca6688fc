"""A few boxes and keypoints as plain floats: for so few, Python's arithmetic takes less time than numpy's calls.

Every number is that of the same formula on arrays, to the bit: `augplug/_sample/targets.py` has the arrays, and
tests/test_few.py compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug.types import Matrix, Points

FEW = 16
"""The largest number of boxes, or of keypoints, that is held as plain floats."""
TINY = 1e-9
"""The least area that a box's visible part is divided by, in pixels."""
ROUNDING = 1e-9
"""What areas and visible parts may lose by arithmetic: a box whose area is `min_area` stays when it is resized."""
Row: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Outline: TypeAlias = tuple[float, ...]
"""A box, counted from pixel centres: its edges (4 numbers) while it is upright, else its corners (4 x, then 4 y)."""


def slack(side: int) -> float:
    """Return how far outside a canvas of this side, in pixels, counts as rounding of what was written, not as a cut.

    Edges are written with two decimals of a pixel (COCO), or with six of a side (YOLO), each the sum of two numbers.
    """
    return 0.01 + 1e-6 * side


def is_left(area: Any, shown: Any, min_area: float, min_visibility: float) -> Any:
    """Return True if enough of a box is in the image: of numbers, or of arrays of them."""
    return (area > 0) & (shown > 0) & (area >= min_area * (1 - ROUNDING)) & (shown >= min_visibility - ROUNDING)


class FewBoxes:
    """Boxes as outlines, the part of each that is still in the image, and their labels."""

    __slots__ = ("outlines", "shown", "tags")

    def __init__(self, rows: Sequence[Row], tags: Sequence[Any] | npt.NDArray[Any], size: tuple[int, int]) -> None:
        """Take edges in pixels from the image's corner, and cut off what lies outside the image."""
        self.outlines: list[Outline] = [
            (left - 0.5, top - 0.5, right - 0.5, bottom - 0.5) for left, top, right, bottom in rows
        ]
        self.shown = [1.0] * len(rows)
        self.tags = tags
        self.clip(size)

    def clip(self, size: tuple[int, int]) -> None:
        """Cut off what lies outside a canvas of that height and width."""
        height, width = size
        across, down = slack(width), slack(height)
        for place, outline in enumerate(self.outlines):
            if len(outline) == 4:
                left, top, right, bottom = outline
                if left >= -0.5 and top >= -0.5 and right <= width - 0.5 and bottom <= height - 0.5:
                    continue  # the same as below, sooner
            left, top, right, bottom = _edges(outline)
            if left >= 0 and top >= 0 and right <= width and bottom <= height:
                continue
            area = (right - left) * (bottom - top)
            wide = max(min(right, width + across) - max(left, -across), 0.0)
            high = max(min(bottom, height + down) - max(top, -down), 0.0)
            self.shown[place] = self.shown[place] * (wide * high / max(area, TINY))
            left, right = min(max(left, 0.0), width), min(max(right, 0.0), width)
            top, bottom = min(max(top, 0.0), height), min(max(bottom, 0.0), height)
            self.outlines[place] = (left - 0.5, top - 0.5, right - 0.5, bottom - 0.5)

    def push(self, matrix: Matrix, size: tuple[int, int]) -> None:
        """Move the boxes by an affine matrix onto a canvas of that height and width."""
        self.outlines = [_pushed(outline, matrix) for outline in self.outlines]
        self.clip(size)

    def kept(self, min_area: float, min_visibility: float) -> tuple[list[Row], list[Any]]:
        """Return the edges, in pixels from the image's corner, and the labels of the boxes that are large enough."""
        rows, tags = [], []
        for outline, shown, tag in zip(self.outlines, self.shown, self.tags, strict=True):
            left, top, right, bottom = edges = _edges(outline)
            if is_left((right - left) * (bottom - top), shown, min_area, min_visibility):
                rows.append(edges)
                tags.append(tag)
        return rows, tags

    def corners(self) -> Points:
        """Return the corners `(N, 4, 2)`."""
        columns = [outline if len(outline) == 8 else _columns(outline) for outline in self.outlines]
        return np.reshape(np.array(columns, dtype=np.float64), (-1, 2, 4)).swapaxes(1, 2).copy()


class FewPoints:
    """Keypoints as lists of x and y, and the visibility of each: None if nobody will ask for that."""

    __slots__ = ("_kind", "_source", "visible", "xs", "ys")

    def __init__(
        self, xs: list[float], ys: list[float], visible: npt.NDArray[Any] | None, size: tuple[int, int], source: Points
    ) -> None:
        """Take points counted from pixel centres, and the array that holds them, and mark those outside the image."""
        self.xs, self.ys = xs, ys
        self.visible: list[Any] | None = None if visible is None else visible.tolist()
        self._kind: Any = bool if visible is None else visible.dtype
        self._source: Points | None = source
        self.clip(size)

    def clip(self, size: tuple[int, int]) -> None:
        """Mark the points outside a canvas of that height and width."""
        if self.visible is None:
            return
        bottom, right = size[0] - 0.5, size[1] - 0.5
        xs, ys = self.xs, self.ys
        if not xs or (min(xs) >= -0.5 and max(xs) < right and min(ys) >= -0.5 and max(ys) < bottom):
            return  # most often none is outside
        self.visible = [
            seen if -0.5 <= x < right and -0.5 <= y < bottom else 0
            for x, y, seen in zip(xs, ys, self.visible, strict=True)
        ]

    def push(self, matrix: Matrix) -> None:
        """Move the points by an affine matrix; `clip` comes afterwards."""
        (a, b, c), (d, e, f), _ = matrix
        xs, ys = self.xs, self.ys
        if b != 0:
            self.xs = [a * x + b * y + c for x, y in zip(xs, ys, strict=True)]
        elif a != 1 or c != 0:
            self.xs = [a * x + c for x in xs]
        if d != 0:
            self.ys = [d * x + e * y + f for x, y in zip(xs, ys, strict=True)]
        elif e != 1 or f != 0:
            self.ys = [e * y + f for y in ys]
        self._source = None

    def swap(self, pairs: Sequence[Sequence[int]]) -> None:
        """Let the rows of each pair change places, after `push`."""
        for one, other in pairs:
            self.xs[one], self.xs[other] = self.xs[other], self.xs[one]
            self.ys[one], self.ys[other] = self.ys[other], self.ys[one]
            if self.visible is not None:
                self.visible[one], self.visible[other] = self.visible[other], self.visible[one]

    def seen(self) -> npt.NDArray[Any]:
        """Return the visibility `(K,)` of each point, 0 or False outside the image; True, if nobody was to ask."""
        return np.array([True] * len(self.xs) if self.visible is None else self.visible, dtype=self._kind)

    def array(self) -> Points:
        """Return the points `(K, 2)`, an array of their own."""
        if self._source is not None:
            return self._source.copy()
        return np.array([self.xs, self.ys], dtype=np.float64).T.copy()


def _columns(outline: Outline) -> Outline:
    """Return an upright box by its corners."""
    left, top, right, bottom = outline
    return left, right, right, left, top, top, bottom, bottom


def _pushed(outline: Outline, matrix: Matrix) -> Outline:
    (a, b, c), (d, e, f), _ = matrix
    if len(outline) == 4:
        left, top, right, bottom = outline
        if b == 0 == d:  # it stays upright
            x0, x1, y0, y1 = a * left + c, a * right + c, e * top + f, e * bottom + f
            return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        outline = _columns(outline)
    xs, ys = outline[:4], outline[4:]
    points = list(zip(xs, ys, strict=True))
    return *(a * x + b * y + c for x, y in points), *(d * x + e * y + f for x, y in points)


def _edges(outline: Outline) -> Row:
    """Return left, top, right, bottom in pixels from the image's corner."""
    if len(outline) == 4:
        left, top, right, bottom = outline
        return left + 0.5, top + 0.5, right + 0.5, bottom + 0.5
    xs, ys = outline[:4], outline[4:]
    return min(xs) + 0.5, min(ys) + 0.5, max(xs) + 0.5, max(ys) + 0.5
