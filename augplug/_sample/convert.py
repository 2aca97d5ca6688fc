"""From the keywords of a call to samples and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._sample.alpha import Channels, channels_of, join_alpha, split_alpha
from augplug._sample.boxes import Boxes, are_boxes
from augplug._sample.few import FEW, FewBoxes, FewPoints, is_left
from augplug._sample.image import check_image
from augplug._sample.keypoints import Keypoints, check_points, is_plain, points_like, points_of
from augplug._sample.keywords import KNOWN, check_keywords
from augplug._sample.kinds import (
    format_of,
    labels_like,
    like,
    own,
    plain,
    rows_like,
    split_masks,
    to_array,
    to_mask,
    weights_like,
)
from augplug._sample.no_image import size_without_image
from augplug._sample.numbers import numbers_of
from augplug._sample.output import Output
from augplug._sample.targets import Targets, areas_of, as_tags, clip_boxes, corners_of, edges_of, mark_points
from augplug.errors import TargetError
from augplug.types import Image

NO_IMAGE = np.zeros((0, 0), np.uint8)
"""The image of a sample that has none."""
_NOWHERE = frozenset({"image", "label"})
"""What has no place in the image."""
_PLAIN = Boxes([])
"""How boxes that are plain rows go back."""


@dataclass(slots=True)
class Sample:
    """One call's input: the image (its colour channels, if it has alpha), its targets, and how to hand each back."""

    given: Mapping[str, Any]
    image: Image
    targets: Targets
    back: Callable[[Image], Any]
    boxes: Boxes | None
    """What says which boxes are large enough, and their format."""
    masks: Sequence[Image]
    """The masks that were given."""
    moves: bool
    """True if anything but the colours has a place in the image, which effects may move."""

    def result(
        self, image: Image, targets: Targets, size: tuple[int, ...], output: Output | None = None
    ) -> dict[str, Any]:
        """Return the result under the keywords that were given, each as the kind that it was.

        `size` is the height and width of the image, whose axes may stand in another order if an `output` made it, which
        leaves it an array. Nothing shares memory with what was given.
        """
        layout = None if output is None else output.layout
        image = image if targets.alpha is None else join_alpha(image, targets.alpha, layout)
        made: dict[str, Any] = {}
        given = self.given
        masks = iter(self._own(targets.masks))
        tags: Sequence[Any] = ()
        for name, value in given.items():
            if name == "image":
                made[name] = self.back(image) if output is None else image
            elif value is None:
                made[name] = None
            elif name == "mask":
                made[name] = next(masks) if value.__class__ is np.ndarray else to_mask(value)[1](next(masks))
            elif name == "masks":
                every, joined = split_masks(value)
                made[name] = joined([to_mask(mask)[1](next(masks)) for mask in every], size)
            elif name == "keypoints":
                made[name] = _points_as_given(value, targets, size, self.boxes)
            elif name == "label":
                made[name] = own(value) if targets.label is None else weights_like(value, targets.label)
            elif name != "labels" and self.boxes is not None:
                made[name], tags = _boxes_as_given(value, self.boxes, targets, size)
            else:
                made[name] = None  # in its place; the boxes may come behind it
        if given.get("labels") is not None:
            made["labels"] = labels_like(given["labels"], tags)
        return made

    def _own(self, masks: Sequence[Image]) -> list[Image]:
        """Return masks of which none is one that was given."""
        given = set(map(id, self.masks))
        return [mask.copy() if id(mask) in given else mask for mask in masks]


def _boxes_as_given(value: Any, boxes: Boxes, targets: Targets, size: tuple[int, ...]) -> tuple[Any, Sequence[Any]]:
    """Return the boxes that are large enough, as the kind that was given, and their labels."""
    few, least, part = targets.few_boxes, boxes.min_area, boxes.min_visibility
    if few is None:
        edges = edges_of(targets.corners)
        kept = is_left(areas_of(edges), targets.shown, least, part)
        tags: Sequence[Any] = targets.tags[kept].tolist()
        made = boxes.replace_xyxy(edges[kept], tags, *size)
    else:
        rows, tags = few.kept(least, part)
        if isinstance(value, list):
            return rows, tags
        made = boxes.moved_few(rows, tags, *size)
    return made if isinstance(value, Boxes) else rows_like(value, made.array, size), tags


def _points_as_given(value: Any, targets: Targets, size: tuple[int, ...], boxes: Boxes | None) -> Any:
    few = targets.few_points
    if few is not None and isinstance(value, list) and few.visible is None:
        return list(zip(few.xs, few.ys, strict=True))
    points = targets.points.copy() if few is None else few.array()
    array, known = getattr(value, "array", value), isinstance(value, Keypoints)
    visible = targets.visible if few is None else few.seen()
    if not (isinstance(array, np.ndarray) and is_plain(array)) and not is_plain(points_of(array)):
        points = points_like(array, points, visible)
        visible = visible.reshape(points.shape[:-1])
        if points.ndim == 3 and boxes is not None:
            edges = edges_of(targets.corners)
            left = is_left(areas_of(edges), targets.shown, boxes.min_area, boxes.min_visibility)
            points, visible = points[left], visible[left]
    if known:
        return Keypoints.made(like(array, points, size), value.flip_pairs, visible)
    return points.tolist() if isinstance(value, list) and points.ndim == 3 else rows_like(value, points, size)


def read(
    given: Mapping[str, Any],
    *,
    max_pixels: int | None = None,
    classes: int | None = None,
    channels: Channels | None = None,
    optional: bool = False,
) -> Sample:
    """Read the keywords of a call; with `classes` a label becomes a row of class weights, for a policy that mixes.

    `channels` says that arrays have alpha; with `optional` it may be missing. Without an image the size is that of the
    first mask, or `size`. Raises ImageError or TargetError, with a suggestion for an unknown keyword.
    """
    names = given.keys()
    if not names <= KNOWN:
        check_keywords(names)
    targets, boxes, moves = Targets(), None, False
    if "image" in given:
        raw, back = to_array(given["image"])
        image = check_image(raw, max_pixels)
        size = (image.shape[0], image.shape[1])
        if channels is not None or raw is not given["image"]:
            image, targets.alpha = split_alpha(image, channels_of(given["image"], channels), optional=optional)
    else:
        image, back, size = NO_IMAGE, np.asarray, size_without_image(given, max_pixels)
    if not names <= _NOWHERE:
        masks, boxes = _masks(given, size), _read_boxes(given, targets, size)
        targets.masks = masks
        there = _read_points(given.get("keypoints"), targets, size, mixes=classes is not None)
        moves = there or boxes is not None or len(masks) > 0
    if classes is not None and given.get("label") is not None:
        targets.label = class_row(given["label"], classes)
    return Sample(given, image, targets, back, boxes, targets.masks, moves or targets.alpha is not None)


def _read_points(keypoints: Any, targets: Targets, size: tuple[int, int], *, mixes: bool) -> bool:
    """Put keypoints into targets; return whether there are any.

    Only Keypoints, and a partner's points that are mixed in, say which of them are in the image.
    """
    if keypoints is None:
        return False
    visible = None
    if not isinstance(keypoints, Keypoints) and not is_plain(points := points_of(keypoints)) and points.ndim > 1:
        keypoints = Keypoints(keypoints)
    if isinstance(keypoints, Keypoints):
        _check_instances(keypoints, targets, mixes=mixes)
        points, visible, targets.swap = keypoints.numbers(), keypoints.visible.reshape(-1), keypoints.pairs()
    few = points.ndim == 2 and len(points) <= FEW and points.shape[1] == 2
    xs, ys = points.T.tolist() if few else ([], [])
    if visible is None and not (few and isfinite(sum(xs) + sum(ys))):
        check_points(points)
    if few:
        if visible is None and mixes:
            visible = np.ones(len(xs), dtype=bool)
        targets.few_points = FewPoints(xs, ys, visible, size, points)
    else:
        targets.points = points
        targets.visible = np.ones(len(points), dtype=bool) if visible is None else visible
        mark_points(targets, size)
    return True


def _check_instances(keypoints: Keypoints, targets: Targets, *, mixes: bool) -> None:
    """Refuse points of instances that cannot stay together."""
    if keypoints.visible.ndim == 1:
        return
    many, boxes = len(keypoints.visible), targets.few_boxes
    count = len(targets.tags) if boxes is None else len(boxes.tags)
    if count not in (0, many):
        raise TargetError(
            f"there are keypoints of {many} instances and {count} boxes: give as many, which are left out together, or "
            "give the points flat, (K, 2)"
        )
    if mixes:
        raise TargetError("a policy that mixes images takes points one by one, (K, 2): instances would be torn apart")


def class_row(label: Any, classes: int) -> npt.NDArray[np.float64]:
    """Return a label as class weights `(L,)`: a row stays, the number of one of `classes` becomes one-hot."""
    number = label
    if label.__class__ is not int:
        array = np.asarray(plain(label))
        if array.ndim == 1 and array.dtype.kind in "iuf" and np.isfinite(array).all():
            return array.astype(np.float64)
        number = int(array) if array.ndim == 0 and array.dtype.kind in "iu" else -1
    if 0 <= number < classes:
        row = np.zeros(classes)
        row[number] = 1
        return row
    raise TargetError(
        f"mixed labels are rows of class weights: label= is such a row, or a number below classes, which is {classes}, "
        f"not {label!r}; give Augmenter(..., classes=...) the number of classes"
    )


def _masks(given: Mapping[str, Any], size: tuple[int, ...]) -> list[Image]:
    mask, masks = given.get("mask"), given.get("masks")
    every = [] if mask is None else [_mask(mask, size)]
    if masks is not None:
        every += [_mask(one, size) for one in split_masks(masks)[0]]
    return every


def _mask(given: Any, size: tuple[int, ...]) -> Image:
    mask = given if given.__class__ is np.ndarray else to_mask(given)[0]
    kinds = isinstance(mask, np.ndarray) and mask.dtype.kind in "biuf"
    if not kinds or mask.ndim not in (2, 3) or mask.shape[:2] != size:
        shape = getattr(mask, "shape", type(mask).__name__)
        raise TargetError(f"a mask is an array of integers, booleans or floats of the image's size {size}, not {shape}")
    ready: bool = mask.flags.c_contiguous and mask.dtype.isnative
    return mask if ready else np.ascontiguousarray(mask, dtype=mask.dtype.newbyteorder("="))


def _read_boxes(given: Mapping[str, Any], targets: Targets, size: tuple[int, int]) -> Boxes | None:
    """Put boxes into targets; return what says how they go back."""
    value = given.get("boxes")
    if value is None:
        value = given.get("bboxes")
    elif given.get("bboxes") is not None:
        raise TargetError("boxes= and bboxes= are two names of one thing; give one")
    labels = plain(given.get("labels"))
    if value is None:
        if "labels" in given:
            raise TargetError("labels= holds one label a box, and there are no boxes; a class is label=")
        return None
    if not isinstance(value, Boxes):
        array, form = numbers_of(value, "boxes", 4), format_of(value)
        if (
            form == "xyxy"
            and array.shape[1:] == (4,)
            and len(array) <= FEW
            and (labels is None or len(labels) == len(array))
        ):
            rows = array.tolist()
            if are_boxes(rows, upright=True):
                targets.few_boxes = FewBoxes(rows, range(len(rows)) if labels is None else labels, size)
                return _PLAIN
        value = Boxes(array, format=form, labels=labels)
    elif labels is not None:
        raise TargetError("augplug.Boxes holds its labels itself: Boxes(array, labels=...)")
    targets.counts_painted = value.count_painted
    if len(value.array) <= FEW:
        targets.few_boxes = FewBoxes(value.rows(*size), value.label_array(), size)
    else:
        targets.corners, targets.tags = corners_of(value.to_xyxy(*size)), as_tags(value.label_array())
        targets.shown = np.ones(len(value.array))
        clip_boxes(targets, size)
    return value
