"""Weighted boxes fusion (Solovyev, Wang and Gabruseva, arXiv 1910.13302), of boxes seen in views that may be tilted.

The box around a tilted thing is wider than the thing, and turned back it would be wider still. So boxes are not turned
back one by one: of all boxes that show one thing, the sides are those which explain best, by weighted least squares,
what every view saw. For flips and quarter turns that is the paper's weighted mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._sample.targets import areas_of, corners_of, edges_of
from augplug._test_time.geometry import Geometry, is_inside

Reals = npt.NDArray[np.float64]
_AT_BORDER = 0.75
"""Pixels beyond the edge of a box at which the view must still show the image, for the box to be whole."""
_UNCLEAR = 0.05
"""Least part of the larger singular value below which a combination of width and height is not told by the views."""


class Seen(NamedTuple):
    """One predicted box: its edges in its view, and what they say of the image.

    `centre` is the box's in the image, `slopes` `(2, 2)` how the box's sides in the view grow with those in the image.
    `cut` says that the border of the view goes through the thing.
    """

    view: Geometry
    edges: Reals
    centre: Reals
    slopes: Reals
    score: float
    label: Any
    cut: bool


class Fused(NamedTuple):
    """One box of the image: left, top, right and bottom, its score and its label."""

    edges: Reals
    score: float
    label: Any


def seen_of(view: Geometry, edges: Reals, scores: Sequence[float], labels: Sequence[Any]) -> list[Seen]:
    """Return the boxes of one view, those whose centre lies in the image and whose score is not 0."""
    made = []
    height, width = view.shown
    for box, score, label in zip(edges, scores, labels, strict=True):
        middle = (box[:2] + box[2:]) / 2 - 0.5
        centre = coords.apply(view.back, middle[None])[0] + 0.5
        if score > 0 and 0 <= centre[0] <= width and 0 <= centre[1] <= height:
            made.append(Seen(view, box, centre, _slopes(view, centre - 0.5, middle), score, label, _is_cut(view, box)))
    return made


def fuse_boxes(boxes: Sequence[Seen], views: Sequence[Geometry], threshold: float) -> list[Fused]:
    """Return one box for all that show one thing, the surest first.

    Boxes of one label show one thing if they overlap by more than `threshold` (intersection over union). The score is
    the mean of the boxes', times the part of the views with the thing in sight that have such a box.
    """
    by_label: list[list[Seen]] = []
    for box in sorted(boxes, key=lambda one: -one.score):
        known = next((several for several in by_label if _equal(several[0].label, box.label)), None)
        if known is None:
            by_label.append([box])
        else:
            known.append(box)
    made = [_rated(*group, views) for several in by_label for group in _grouped(several, threshold)]
    return sorted(made, key=lambda one: -one.score)


def _grouped(boxes: Sequence[Seen], threshold: float) -> list[tuple[Reals, list[Seen]]]:
    """Return boxes of one label, the surest first, by the things that they show: each thing's edges and boxes."""
    groups: list[list[Seen]] = []
    fused: list[Reals] = []
    for box in boxes:
        overlaps = _overlaps(box, [group[0] for group in groups], fused)
        if groups and overlaps.max() > threshold:
            place = int(overlaps.argmax())
            groups[place].append(box)
            fused[place] = _explained(groups[place])
        else:
            groups.append([box])
            fused.append(_explained([box]))
    return list(zip(fused, groups, strict=True))


def _rated(edges: Reals, group: Sequence[Seen], views: Sequence[Geometry]) -> Fused:
    height, width = views[0].shown
    centre = (edges[:2] + edges[2:]) / 2 - 0.5
    looking = sum(view.sees(centre) for view in views)
    score = sum(box.score for box in group) / len(group) * min(len(group), looking) / max(looking, 1)
    return Fused(np.clip(edges, 0, [width, height, width, height]), score, group[0].label)


def _explained(group: Sequence[Seen]) -> Reals:
    """Return the edges that explain best what the views saw; boxes that a border cuts count if there are no others."""
    whole = [box for box in group if not box.cut] or group
    weights = np.array([box.score for box in whole])
    centre = (weights[:, None] * np.array([box.centre for box in whole])).sum(axis=0) / weights.sum()
    normal, right = np.zeros((2, 2)), np.zeros(2)
    for box in whole:
        normal += box.score * (box.slopes.T @ box.slopes)
        right += box.score * (box.slopes.T @ (box.edges[2:] - box.edges[:2]))
    if normal[0, 1] == 0:
        sides = right / normal.diagonal()  # upright in all views: the weighted mean, without rounding of an inverse
    else:
        sides = np.linalg.pinv(normal, rcond=_UNCLEAR**2, hermitian=True) @ right
    half = np.maximum(sides, 0) / 2
    return np.concatenate([centre - half, centre + half])


def _slopes(view: Geometry, point: Reals, mapped: Reals) -> Reals:
    """Return how a box's sides in the view grow with its sides in the image, at a point: exact unless a perspective."""
    matrix = np.asarray(view.matrix)
    depth = matrix[2, :2] @ point + matrix[2, 2]
    return np.asarray(np.abs((matrix[:2, :2] - np.outer(mapped, matrix[2, :2])) / depth))


def _is_cut(view: Geometry, box: Reals) -> bool:
    """Return True if the view, or a canvas on the way to it, ends at an edge of the box where the image goes on."""
    left, top, right, bottom = box - 0.5 + np.array([-1, -1, 1, 1]) * _AT_BORDER
    x, y = (left + right) / 2, (top + bottom) / 2
    sides = np.array([[left, y], [x, top], [right, y], [x, bottom]])
    # Canvases on the way stand tilted to the view: what they cut off lies behind a corner of the box.
    corners = np.array([[left, top], [right, top], [left, bottom], [right, bottom]])
    around = coords.apply(view.back, sides if len(view.frames) == 1 else np.concatenate([sides, corners]))
    return any(is_inside(point, view.shown) and not view.sees(point) for point in around)


def _overlaps(box: Seen, first: Sequence[Seen], fused: Sequence[Reals]) -> Reals:
    """Return how far a box overlaps each group as its view shows them, and as a group's first view does if tilted.

    If the box is tilted, its own sides are not clear; if the group's first box was, the group's may not be.
    """
    if not first:
        return np.zeros(0)
    here = _shown([box.view] * len(first), np.array(fused))
    there = _shown([other.view for other in first], np.repeat(_explained([box])[None], len(first), axis=0))
    ours = np.repeat(box.edges[None], len(first), axis=0)
    tilted = np.array([other.slopes.all() for other in first])
    return np.maximum(_shared(here, ours), tilted * _shared(there, np.array([other.edges for other in first])))


def _shown(views: Sequence[Geometry], edges: Reals) -> Reals:
    """Return the edges `(N, 4)` of boxes of the image as each view shows them, cut at its border."""
    # One number of all matrices after another, each beside the four corners of its box.
    (a, b, c), (d, e, f), (g, h, i) = np.array([view.matrix for view in views]).transpose(1, 2, 0)[..., None]
    x, y = np.moveaxis(corners_of(edges), -1, 0)
    moved = np.stack([a * x + b * y + c, d * x + e * y + f], axis=-1) / (g * x + h * y + i)[..., None]
    ends = np.array([[view.size[1], view.size[0]] * 2 for view in views], dtype=np.float64)
    return np.clip(edges_of(moved), 0, ends)


def _shared(ours: Reals, theirs: Reals) -> Reals:
    """Return the intersection over union of boxes `(N, 4)`, pair by pair."""
    both = np.concatenate([np.maximum(ours[:, :2], theirs[:, :2]), np.minimum(ours[:, 2:], theirs[:, 2:])], axis=1)
    shared = areas_of(both)
    whole = areas_of(ours) + areas_of(theirs) - shared
    return np.asarray(shared / np.maximum(whole, 1e-12))


def _equal(one: Any, other: Any) -> bool:
    return bool(np.all(one == other))
