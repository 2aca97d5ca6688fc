"""From what users hold to samples and back: keywords, arrays, PIL images, torch tensors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augplug._sample.boxes import Boxes, Edges
from augplug._sample.image import check_image
from augplug._sample.keypoints import Keypoints
from augplug._sample.targets import Targets, areas_of, clip, corners_of, edges_of
from augplug.errors import ImageError, TargetError, suggest
from augplug.types import Image

_NOWHERE = frozenset({"image", "label"})
"""What has no place in the image."""
_NO_EDGES = np.zeros((0, 4))
KEYWORDS = ("image", "mask", "masks", "boxes", "bboxes", "keypoints", "label", "labels")


def to_array(given: Any, channels: int = 3) -> tuple[Any, Callable[[Image], Any]]:
    """Return a PIL image or torch tensor as an array, and the function that turns a result into the same kind.

    Torch tensors are `(C, H, W)` or `(H, W)`, and come back so; with `channels` dimensions, an array has channels.
    Neither library is imported: it made the object. Anything else comes back as it is.
    """
    if given.__class__ is np.ndarray:
        return given, _same
    home = type(given).__module__.split(".")[0]
    if home == "PIL" and hasattr(given, "getbands"):
        return _from_picture(given)
    if home == "torch" and hasattr(given, "permute"):
        return _from_tensor(given, channels)
    return given, _same


_same = np.asarray
"""Returns an array as it is; a function of C, since every call asks for it."""


def _from_picture(picture: Any) -> tuple[Image, Callable[[Image], Any]]:
    from PIL import Image as Pictures  # whoever holds a picture has it loaded

    if picture.mode not in ("L", "RGB", "RGBA", "LA", "I;16"):
        raise ImageError(f"a PIL image of mode {picture.mode} is not taken; convert it first: image.convert('RGB')")
    return np.asarray(picture), Pictures.fromarray


def _from_tensor(tensor: Any, channels: int) -> tuple[Image, Callable[[Image], Any]]:
    torch = sys.modules["torch"]  # whoever holds a tensor has it loaded
    array = tensor.detach().cpu().numpy()
    if array.ndim == channels:
        array = np.moveaxis(array, -3, -1)

    def back(image: Image) -> Any:
        made = np.moveaxis(image, -1, -3) if image.ndim == channels else image
        return torch.from_numpy(np.ascontiguousarray(made)).to(tensor.device)

    return array, back


@dataclass
class Sample:
    """One call's input: the image, its targets, and how to hand each keyword back."""

    given: Mapping[str, Any]
    image: Image
    targets: Targets
    back: Callable[[Image], Any]
    boxes: Boxes | None
    keypoints: Keypoints | None

    @property
    def moves(self) -> bool:
        """Whether anything but the image has a place in it, which effects may move."""
        return self.boxes is not None or self.keypoints is not None or len(self.targets.masks) > 0

    def result(
        self, image: Image, targets: Targets, size: tuple[int, int], *, as_array: bool = False
    ) -> dict[str, Any]:
        """Return the result under the keywords that were given, each as the kind that it was.

        `size` is the height and width of the image, whose axes may stand in another order; `as_array` leaves it so.
        """
        made: dict[str, Any] = {}
        masks = iter(targets.masks)
        boxes, tags = self._kept(targets)
        for name, value in self.given.items():
            if name == "image":
                made[name] = image if as_array else self.back(image)
            elif value is None:
                made[name] = None
            elif name == "mask":
                made[name] = to_array(value)[1](next(masks))
            elif name == "masks":
                made[name] = [to_array(mask)[1](next(masks)) for mask in value]
            elif name in ("boxes", "bboxes") and self.boxes is not None:
                moved = self.boxes.moved(boxes, tags, *size)
                made[name] = _as_given(value, moved, moved.array)
            elif name == "keypoints":
                points = Keypoints(targets.points, targets.swap, targets.visible)
                made[name] = _as_given(value, points, points.array)
            elif name == "label":
                made[name] = value if targets.label is None else targets.label
            else:
                made[name] = np.array(tags.tolist(), value.dtype) if isinstance(value, np.ndarray) else list(tags)
        return made

    def _kept(self, targets: Targets) -> tuple[Edges, npt.NDArray[np.object_]]:
        """Return the edges and the labels of the boxes that are large enough."""
        if self.boxes is None:
            return _NO_EDGES, targets.tags
        edges = edges_of(targets.corners)
        areas = areas_of(edges)
        least, part = self.boxes.min_area, self.boxes.min_visibility
        kept = (areas > 0) & (areas >= least) & (targets.shown >= part)
        return edges[kept], targets.tags[kept]


def _as_given(value: Any, holder: Any, array: Any) -> Any:
    if isinstance(value, Boxes | Keypoints):
        return holder
    return array if isinstance(value, np.ndarray) else [tuple(row) for row in array.tolist()]


def read(given: Mapping[str, Any], *, max_pixels: int | None = None, classes: int | None = None) -> Sample:
    """Read the keywords of a call; with `classes` a label becomes a row of class weights, for a policy that mixes.

    Raises ImageError or TargetError, with a suggestion for an unknown keyword.
    """
    for name in given:
        if name not in KEYWORDS:
            raise TargetError(f"there is no target {name!r}{suggest(name, KEYWORDS)}")
    if "image" not in given:
        raise ImageError("a call with targets needs image=...")
    raw, back = to_array(given["image"])
    image = check_image(raw, max_pixels)
    size = (image.shape[0], image.shape[1])
    targets, boxes, keypoints = Targets(), None, None
    if not given.keys() <= _NOWHERE:
        targets.masks, boxes, keypoints = _masks(given, size), _boxes(given), _keypoints(given)
    if boxes is not None:
        targets.corners, targets.tags = corners_of(boxes.edges(*size)), boxes.tags()
        targets.shown = np.ones(len(boxes.array))
    if keypoints is not None:
        targets.points, targets.swap = keypoints.array, keypoints.swap
        targets.visible = keypoints.visible.copy()
    clip(targets, size)
    if classes is not None and given.get("label") is not None:
        targets.label = class_row(given["label"], classes)
    return Sample(given, image, targets, back, boxes, keypoints)


def class_row(label: Any, classes: int) -> npt.NDArray[np.float64]:
    """Return a label as class weights `(L,)`: a row stays, the number of one of `classes` becomes one-hot."""
    number = label
    if label.__class__ is not int:
        array = np.asarray(label)
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
    every = [given["mask"]] if given.get("mask") is not None else []
    masks = [to_array(mask)[0] for mask in [*every, *(given.get("masks") or [])]]
    for mask in masks:
        kinds = isinstance(mask, np.ndarray) and mask.dtype.kind in "biuf"
        if not kinds or mask.ndim not in (2, 3) or mask.shape[:2] != size:
            shape = getattr(mask, "shape", type(mask).__name__)
            raise TargetError(
                f"a mask is an array of integers, booleans or floats of the image's size {size}, not {shape}"
            )
    return [np.ascontiguousarray(mask, dtype=mask.dtype.newbyteorder("=")) for mask in masks]


def _boxes(given: Mapping[str, Any]) -> Boxes | None:
    if given.get("boxes") is not None and given.get("bboxes") is not None:
        raise TargetError("boxes= and bboxes= are two names of one thing; give one")
    boxes = given.get("boxes") if given.get("boxes") is not None else given.get("bboxes")
    if boxes is None:
        if "labels" in given:
            raise TargetError("labels= holds one label a box, and there are no boxes; a class is label=")
        return None
    labels = given.get("labels")
    if isinstance(boxes, Boxes):
        if labels is not None:
            raise TargetError("augplug.Boxes holds its labels itself: Boxes(array, labels=...)")
        return boxes
    return Boxes(boxes, labels=labels)


def _keypoints(given: Mapping[str, Any]) -> Keypoints | None:
    keypoints = given.get("keypoints")
    if keypoints is None or isinstance(keypoints, Keypoints):
        return keypoints
    return Keypoints(keypoints)
