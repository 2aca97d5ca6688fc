"""The targets of one image on their way through effects."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from augplug.types import Image, Points

_TINY = 1e-9
# Empty arrays are shared: nothing can be written into them, and five new ones take longer than a small kernel.
_NO_CORNERS, _NO_POINTS, _NO_SHOWN = np.zeros((0, 4, 2)), np.zeros((0, 2)), np.zeros(0)
_NO_TAGS, _NO_VISIBLE = np.zeros(0, dtype=object), np.zeros(0, dtype=bool)


@dataclass
class Targets:
    """The targets of one image on their way. `corners` `(N, 4, 2)` and `points` `(K, 2)` count from pixel centres.

    `shown` `(N,)` is the part of each box's area that is still in the image, `tags` `(N,)` its label; `visible` `(K,)`
    says which points are in the image. `label` is a row of class weights `(L,)`.
    """

    masks: list[Image] = field(default_factory=list)
    corners: Points = field(default_factory=lambda: _NO_CORNERS)
    shown: npt.NDArray[np.float64] = field(default_factory=lambda: _NO_SHOWN)
    tags: npt.NDArray[np.object_] = field(default_factory=lambda: _NO_TAGS)
    points: Points = field(default_factory=lambda: _NO_POINTS)
    visible: npt.NDArray[np.bool_] = field(default_factory=lambda: _NO_VISIBLE)
    swap: tuple[tuple[int, int], ...] = ()
    label: npt.NDArray[np.float64] | None = None

    def names(self) -> list[str]:
        """Return which spatial targets there are."""
        there = (("masks", self.masks), ("boxes", self.tags), ("keypoints", self.visible))
        return [name for name, values in there if len(values) > 0]


def corners_of(edges: npt.NDArray[np.float64]) -> Points:
    """Return the corners `(N, 4, 2)`, counted from pixel centres, of edges `(N, 4)`."""
    return edges[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) - 0.5


def edges_of(corners: Points) -> npt.NDArray[np.float64]:
    """Return the edges `(N, 4)` of the boxes around corners."""
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1) + 0.5


def clip(targets: Targets, size: tuple[int, int]) -> None:
    """Cut what lies outside a canvas off boxes, and mark points outside it."""
    if not (len(targets.corners) or len(targets.points)):
        return
    height, width = size
    edges = edges_of(targets.corners)
    inside = np.clip(edges, 0, [width, height, width, height])
    cut = (inside != edges).any(axis=1)
    if cut.any():
        before, after = areas_of(edges), areas_of(inside)
        targets.shown = np.where(cut, targets.shown * after / np.maximum(before, _TINY), targets.shown)
        targets.corners = np.where(cut[:, None, None], corners_of(inside), targets.corners)
    x, y = targets.points.T
    targets.visible = targets.visible & (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)


def areas_of(edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the areas `(N,)` of edges `(N, 4)`, in pixels."""
    sides = np.maximum(edges[:, 2:] - edges[:, :2], 0)
    areas: npt.NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return areas
