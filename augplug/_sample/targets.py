"""The targets of one image on their way through effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._sample.few import ROUNDING, TINY, FewBoxes, FewPoints, slack
from augplug._sample.outlines import padded
from augplug.types import Image, Matrix, Points

Flags = npt.NDArray[Any]
Reals = npt.NDArray[np.float64]
Tags = npt.NDArray[np.object_]
# Empty arrays are shared: nothing can be written into them, and five new ones take longer than a small kernel.
_NO_CORNERS, _NO_POINTS, _NO_SHOWN = np.zeros((0, 4, 2)), np.zeros((0, 2)), np.zeros(0)
_NO_TAGS, _NO_VISIBLE = np.zeros(0, dtype=object), np.zeros(0, dtype=bool)


class Targets:
    """The targets of one image on their way. `corners` `(N, C, 2)` and `points` `(K, 2)` count from pixel centres.

    `shown` `(N,)` is the part of each box's area that is still in the image, `tags` `(N,)` its label; `visible` `(K,)`
    is the visibility of each point, 0 or False outside the image. `label` is a row of class weights `(L,)`, `alpha`
    `(H, W)` that of the image. `counts_painted` says that what is painted over a box counts as lost. A few boxes or
    points are held as plain floats, in `few_boxes` and `few_points`, until one of these arrays is asked for.
    """

    __slots__ = (
        *("_corners", "_points", "_shown", "_tags", "_visible"),
        *("alpha", "counts_painted", "few_boxes", "few_points", "label", "masks", "swap"),
    )

    def __init__(
        self,
        masks: list[Image] | None = None,
        corners: Points = _NO_CORNERS,
        shown: Reals = _NO_SHOWN,
        tags: Tags = _NO_TAGS,
        points: Points = _NO_POINTS,
        visible: Flags = _NO_VISIBLE,
        swap: tuple[tuple[int, int], ...] = (),
        label: Reals | None = None,
        alpha: Image | None = None,
    ) -> None:
        """Take arrays; `few_boxes`, `few_points` and `counts_painted` are set afterwards."""
        self.alpha = alpha
        self.counts_painted = False
        self.masks = [] if masks is None else masks
        self._corners, self._shown, self._tags = corners, shown, tags
        self._points, self._visible, self.swap, self.label = points, visible, swap, label
        self.few_boxes: FewBoxes | None = None
        self.few_points: FewPoints | None = None

    @property
    def corners(self) -> Points:
        """The corners of boxes, four or more each: `outlines` says how they stand."""
        self._spread_boxes()
        return self._corners

    @corners.setter
    def corners(self, corners: Points) -> None:
        self._spread_boxes()
        self._corners = corners

    @property
    def shown(self) -> Reals:
        """The part of each box that is still in the image."""
        self._spread_boxes()
        return self._shown

    @shown.setter
    def shown(self, shown: Reals) -> None:
        self._spread_boxes()
        self._shown = shown

    @property
    def tags(self) -> Tags:
        """The labels of boxes."""
        self._spread_boxes()
        return self._tags

    @tags.setter
    def tags(self, tags: Tags) -> None:
        self._spread_boxes()
        self._tags = tags

    @property
    def points(self) -> Points:
        """The keypoints."""
        self._spread_points()
        return self._points

    @points.setter
    def points(self, points: Points) -> None:
        self._spread_points()
        self._points = points

    @property
    def visible(self) -> Flags:
        """The visibility of each keypoint, 0 or False outside the image."""
        self._spread_points()
        return self._visible

    @visible.setter
    def visible(self, visible: Flags) -> None:
        self._spread_points()
        self._visible = visible

    def _spread_boxes(self) -> None:
        few = self.few_boxes
        if few is not None:
            self._corners = few.corners()
            self._shown, self._tags = np.array(few.shown, dtype=np.float64), as_tags(few.tags)
            self.few_boxes = None  # last: another thread may ask for a partner's arrays meanwhile

    def _spread_points(self) -> None:
        few = self.few_points
        if few is not None:
            self._points = few.array()
            self._visible = few.seen()
            self.few_points = None  # last, as above

    def replaced(
        self,
        *,
        corners: Points | None = None,
        shown: Reals | None = None,
        points: Points | None = None,
        visible: Flags | None = None,
        alpha: Image | None = None,
    ) -> Targets:
        """Return the same targets with other arrays in place of those that are given."""
        made = Targets(
            self.masks,
            self.corners if corners is None else corners,
            self.shown if shown is None else shown,
            self.tags,
            self.points if points is None else points,
            self.visible if visible is None else visible,
            self.swap,
            self.label,
            self.alpha if alpha is None else alpha,
        )
        made.counts_painted = self.counts_painted
        return made

    def names(self) -> list[str]:
        """Return which spatial targets there are."""
        there = (("masks", self.masks), ("boxes", self.tags), ("keypoints", self.visible))
        return [name for name, values in there if len(values) > 0]

    def push(self, matrix: Matrix, size: tuple[int, int], *, mirrors: bool) -> None:
        """Move boxes and keypoints by an affine matrix onto a canvas of that size."""
        boxes, points = self.few_boxes, self.few_points
        if boxes is not None:
            boxes.push(matrix, size)
        elif len(self._corners):
            self._corners = coords.apply(matrix, self._corners.reshape(-1, 2)).reshape(self._corners.shape)
            clip_boxes(self, size)
        if points is not None:
            points.push(matrix)
            if mirrors and self.swap:
                points.swap(self.swap)
            points.clip(size)
        elif len(self._points):
            self._points = coords.apply(matrix, self._points)
            if mirrors:
                self.swap_sides()
            mark_points(self, size)

    def swap_sides(self) -> None:
        """Let the rows of each pair of `swap` change places."""
        if self.swap:
            order = np.arange(len(self.points))
            for one, other in self.swap:
                order[[one, other]] = other, one
            self.points, self.visible = self.points[order], self.visible[order]


def as_tags(labels: Sequence[Any] | npt.NDArray[Any]) -> Tags:
    """Return labels of any kind, one a box, as an array of objects `(N,)`."""
    tags = np.empty(len(labels), dtype=object)
    for place, label in enumerate(labels):
        tags[place] = label
    return tags


def corners_of(edges: npt.NDArray[np.float64]) -> Points:
    """Return the corners `(N, 4, 2)`, counted from pixel centres, of edges `(N, 4)`."""
    return edges[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) - 0.5


def edges_of(corners: Points) -> npt.NDArray[np.float64]:
    """Return the edges `(N, 4)` of the boxes around corners."""
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1) + 0.5


def clip(targets: Targets, size: tuple[int, int]) -> None:
    """Cut what lies outside a canvas off boxes, and mark points outside it."""
    if targets.few_boxes is not None:
        targets.few_boxes.clip(size)
    elif len(targets.corners):
        clip_boxes(targets, size)
    if targets.few_points is not None:
        targets.few_points.clip(size)
    elif len(targets.points):
        mark_points(targets, size)


def clip_boxes(targets: Targets, size: tuple[int, int]) -> None:
    """Cut what lies outside a canvas off boxes that are held as arrays."""
    height, width = size
    edges = edges_of(targets.corners)
    inside = np.clip(edges, 0, [width, height, width, height])
    cut = (inside != edges).any(axis=1)
    if cut.any():
        slacks = np.array([slack(width), slack(height)])
        ends = np.minimum(edges[:, 2:], np.array([width, height]) + slacks)
        sides = np.maximum(ends - np.maximum(edges[:, :2], -slacks), 0)
        seen = sides[:, 0] * sides[:, 1] / np.maximum(areas_of(edges), TINY)
        targets.shown = np.where(cut, targets.shown * seen, targets.shown)
        upright = padded(corners_of(inside), targets.corners.shape[1])
        targets.corners = np.where(cut[:, None, None], upright, targets.corners)


def lose_painted(targets: Targets, painted: Flags) -> None:
    """Count what is painted, `(H, W)` of booleans, as lost from boxes: their rectangles, to the fraction of a pixel."""
    edges = edges_of(targets.corners)
    counts = np.pad(painted, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    # Of a rectangle from the corner the area grows linearly within a pixel, along either side.
    left, top, right, bottom = edges.T
    covered = _below(counts, right, bottom) - _below(counts, left, bottom) - _below(counts, right, top)
    part = (covered + _below(counts, left, top)) / np.maximum(areas_of(edges), TINY)
    targets.shown = targets.shown * np.where(part >= 1 - ROUNDING, 0.0, 1 - part)


def _below(counts: Reals, x: Reals, y: Reals) -> Reals:
    """Return the sums `counts` `(H + 1, W + 1)` of all pixels left of and above points between pixels."""
    column, row = (
        np.clip(at.astype(np.intp), 0, side - 2) for at, side in ((x, counts.shape[1]), (y, counts.shape[0]))
    )
    right, down = x - column, y - row
    upper = counts[row, column] * (1 - right) + counts[row, column + 1] * right
    lower = counts[row + 1, column] * (1 - right) + counts[row + 1, column + 1] * right
    made: Reals = upper * (1 - down) + lower * down
    return made


def mark_points(targets: Targets, size: tuple[int, int]) -> None:
    """Mark the points outside a canvas, held as arrays, as not visible."""
    height, width = size
    x, y = targets.points.T
    inside = (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
    targets.visible = np.where(inside, targets.visible, np.zeros((), targets.visible.dtype))


def areas_of(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the areas `(N,)` of edges `(N, 4)`, in pixels."""
    sides = np.maximum(edges[:, 2:] - edges[:, :2], 0)
    areas: npt.NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return areas
