"""Predictions on views, checked and merged by their kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug._backends.base import Backend
from augplug._sample.boxes import Boxes
from augplug._sample.keypoints import Keypoints, points_like
from augplug._sample.kinds import labels_like, like, plain, to_mask
from augplug._test_time.boxes import Seen, fuse_boxes, seen_of
from augplug._test_time.geometry import Geometry
from augplug._test_time.rasters import merge_masks
from augplug.errors import TargetError, suggest

Geometries: TypeAlias = Sequence[Geometry]
KINDS = ("label", "mask", "boxes", "scores", "keypoints")


def merge(predictions: Sequence[Any] | npt.NDArray[Any], views: Geometries, backend: Backend, iou: float) -> Any:
    """Return one prediction for the image: a dict if they are dicts, else class scores. Raises TargetError."""
    if len(predictions) != len(views):
        raise TargetError(f"{len(views)} views need as many predictions, not {len(predictions)}")
    if not isinstance(predictions[0], Mapping):
        return merge_labels(list(predictions))
    names = list(predictions[0])
    for place, prediction in enumerate(predictions):
        if not isinstance(prediction, Mapping) or set(prediction) != set(names):
            told = f"with {', '.join(prediction)}" if isinstance(prediction, Mapping) else type(prediction).__name__
            raise TargetError(f"every prediction is a dict with the keys {', '.join(names)}, not (view {place}) {told}")
    unknown = next((name for name in names if name not in KINDS), None)
    if unknown is not None:
        raise TargetError(f"predictions have no {unknown!r}{suggest(str(unknown), KINDS)}")
    if "scores" in names and "boxes" not in names:
        raise TargetError("scores belong to boxes: give both, or the scores of classes as label")
    made: dict[str, Any] = {}
    mergers: dict[str, Callable[[list[Any]], Any]] = {
        "label": merge_labels,
        "mask": partial(_merge_masks, views=views, backend=backend),
        "keypoints": partial(_merge_keypoints, views=views),
    }
    for name, merger in mergers.items():
        if name in names:
            made[name] = merger([prediction[name] for prediction in predictions])
    if "boxes" in names:
        scores = [prediction.get("scores") for prediction in predictions]
        made["boxes"], made["scores"] = _merge_boxes([one["boxes"] for one in predictions], scores, views, iou)
    return {name: made[name] for name in (*names, "scores") if name in made}


def merge_labels(labels: list[Any]) -> Any:
    """Return the mean of rows of class scores, or the class with most votes (of equal ones the first view's)."""
    arrays = _alike([np.asarray(plain(label)) for label in labels], "label")
    first = arrays[0]
    if first.ndim == 0 and first.dtype.kind in "iu":
        values, counts = np.unique(np.stack(arrays), return_counts=True)
        most = values[counts == counts.max()]
        chosen = next(array for array in arrays if array in most)
        return type(labels[0])(chosen) if isinstance(labels[0], int) else chosen[()]
    if first.ndim == 0 or not all(np.isfinite(array).all() for array in arrays):
        raise TargetError("a label is a row of finite class scores, or the whole number of a class")
    return like(labels[0], np.mean(np.stack(arrays).astype(np.float64), axis=0))


def _alike(arrays: list[npt.NDArray[Any]], what: str) -> list[npt.NDArray[Any]]:
    first = arrays[0]
    for place, array in enumerate(arrays):
        if array.dtype.kind not in "biuf":
            raise TargetError(f"{what} of view {place} holds {array.dtype}, not numbers")
        if array.shape != first.shape or (array.dtype.kind == "f") != (first.dtype.kind == "f"):
            raise TargetError(
                f"{what} is the same kind of thing in every view: {first.shape} of {first.dtype} in view 0, "
                f"{array.shape} of {array.dtype} in view {place}"
            )
    return arrays


def _merge_masks(masks: list[Any], views: Geometries, backend: Backend) -> Any:
    read = [to_mask(mask) for mask in masks]
    arrays = [np.asarray(array) for array, _ in read]
    for place, (array, view) in enumerate(zip(arrays, views, strict=True)):
        if array.ndim not in (2, 3) or array.shape[:2] != view.size or array.dtype.kind not in "biuf":
            raise TargetError(
                f"the mask of view {place} is {view.size[0]}x{view.size[1]} as the view is, with or without channels, "
                f"not {array.shape} of {array.dtype}"
            )
        if array.dtype != arrays[0].dtype or array.shape[2:] != arrays[0].shape[2:]:
            raise TargetError(f"masks have one dtype and as many channels in every view; view {place} differs")
    return read[0][1](merge_masks(arrays, views, backend))


def _merge_boxes(given: list[Any], scores: list[Any], views: Geometries, iou: float) -> tuple[Any, Any]:
    if not 0 <= iou < 1:
        raise TargetError(f"iou lies in 0..1, 1 excluded, not {iou!r}")
    all_boxes = [boxes if isinstance(boxes, Boxes) else Boxes(boxes) for boxes in given]
    seen: list[Seen] = []
    for place, (boxes, rated, view) in enumerate(zip(all_boxes, scores, views, strict=True)):
        rows = np.ones(len(boxes.array)) if rated is None else np.asarray(plain(rated), dtype=np.float64).reshape(-1)
        if len(rows) != len(boxes.array) or not ((rows >= 0) & (rows <= 1)).all():
            raise TargetError(f"the {len(boxes.array)} boxes of view {place} need as many scores, each in 0..1")
        # Boxes without labels are all of one kind: their numbers say nothing from view to view.
        labels = [None] * len(rows) if boxes.labels is None else list(boxes.label_array())
        seen += seen_of(view, boxes.to_xyxy(*view.size), rows.tolist(), labels)
    fused = fuse_boxes(seen, views, iou)
    first = all_boxes[0]
    edges = np.array([one.edges for one in fused]).reshape(-1, 4)
    rated = np.array([one.score for one in fused])
    boxes = first.replace_xyxy(edges, [one.label for one in fused], *views[0].shown)
    made = boxes if isinstance(given[0], Boxes) else boxes.array
    return made, rated if scores[0] is None else labels_like(scores[0], rated.tolist())


def _merge_keypoints(given: list[Any], views: Geometries) -> Any:
    read = [points if isinstance(points, Keypoints) else Keypoints(points) for points in given]
    _alike([np.asarray(plain(points.array)) for points in read], "keypoints")
    _alike([points.visible for points in read], "visible")
    moved, seen = zip(*(_brought_back(points, view) for points, view in zip(read, views, strict=True)), strict=True)
    places, weights = np.stack(moved), np.stack(seen)[..., None] > 0
    counts = weights.sum(axis=0)
    merged = np.where(counts > 0, (weights * places).sum(axis=0) / np.maximum(counts, 1), places[0])
    visible = np.max(np.stack(seen), axis=0).astype(seen[0].dtype)
    example = read[0]
    made = like(example.array, points_like(example.array, merged, visible.astype(np.float64)))
    if not isinstance(given[0], Keypoints):
        return made
    return Keypoints.made(made, example.flip_pairs, visible.reshape(example.visible.shape))


def _brought_back(points: Keypoints, view: Geometry) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Return where in the image the points of a view lie, and which are visible; a mirrored view's sides change."""
    rows, visible = points.numbers(), points.visible.reshape(-1)
    order = np.arange(len(rows))
    if view.mirrors:
        for one, other in points.pairs():
            order[[one, other]] = other, one
    return coords.apply(view.back, rows[order]), visible[order]
