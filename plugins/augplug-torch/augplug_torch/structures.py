"""torchvision's v2 transforms: whatever structure comes in goes out, its TVTensors moved together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, SupportsIndex

import numpy as np

import augplug

IN_STEP = ("labels", "area", "iscrowd", "masks")
"""Entries beside boxes that lose the rows of the boxes that left the image, as SanitizeBoundingBoxes does."""


class V2Transform:
    """A policy as a transform of `torchvision.transforms.v2`, for its `Compose` or by itself.

    Called with any structure of dicts, lists and tuples, it returns the same structure. An Image, a PIL image, or else
    the first plain tensor, is the image; `Mask`, `BoundingBoxes` and `KeyPoints` follow it and come back as such; the
    rest stays as it is. Boxes that left the image are taken out, and with them the rows of the entries `in_step` of
    the same dict. Without `index` each call draws something else; `dataset(source, V2Transform(...))` gives index and
    epoch, so that each picture depends on them alone.
    """

    def __init__(self, policy: Any, *, seed: int = 0, in_step: Sequence[str] = IN_STEP) -> None:
        """Take a policy, its name or file, or an `augplug.Augmenter`. Raises SettingsError for one that mixes."""
        self.augment = policy if isinstance(policy, augplug.Augmenter) else augplug.Augmenter(policy, seed=seed)
        if self.augment.mixes or self.augment.output is not None:
            raise augplug.SettingsError(
                "V2Transform takes no policy that mixes images, which is for augplug_torch.Collate, and no output=, "
                "for which v2 has ToDtype and Normalize"
            )
        self.in_step = tuple(in_step)

    def __call__(self, *inputs: Any, index: SupportsIndex | None = None, epoch: SupportsIndex = 0) -> Any:
        """Return the inputs augmented: one as it is, several as a tuple. Raises TargetError without an image."""
        given = inputs[0] if len(inputs) == 1 else inputs
        leaves: list[Any] = []
        _map(given, leaves.append)
        found = _sorted_out(leaves)
        made = self.augment(**_keywords(found), index=index, epoch=epoch)
        kept = None if found.boxes is None else np.asarray(made["labels"], dtype=np.intp)
        results = {id(found.image): _image_like(found.image, made["image"])}
        results |= {id(old): new for old, new in zip(found.masks, made.get("masks", ()), strict=True)}
        if found.points is not None:
            results[id(found.points)] = _points_like(found.points, made["keypoints"])
        if found.boxes is not None:
            results[id(found.boxes)] = made["boxes"]
        return self._rebuilt(given, results, found.boxes, kept)

    def _rebuilt(self, given: Any, results: Mapping[int, Any], boxes: Any, kept: Any) -> Any:
        """Return the structure with what was made in the place of what was given."""
        if isinstance(given, dict):
            made = {name: self._rebuilt(value, results, boxes, kept) for name, value in given.items()}
            if boxes is not None and len(kept) < len(boxes) and any(value is boxes for value in given.values()):
                rows = {name: value for name, value in made.items() if name in self.in_step}
                made |= {name: _rows(value, kept) for name, value in rows.items() if len(value) == len(boxes)}
            return made
        if isinstance(given, tuple | list):
            return _like(given, [self._rebuilt(value, results, boxes, kept) for value in given])
        return results.get(id(given), given)

    def __repr__(self) -> str:
        """The transform with its Augmenter."""
        return f"V2Transform({self.augment!r})"


class _Found(NamedTuple):
    """What of a structure is augmented."""

    image: Any
    masks: list[Any]
    boxes: Any
    points: Any


def _sorted_out(leaves: Sequence[Any]) -> _Found:
    """Return the image and the targets among the leaves of a structure. Raises TargetError."""
    import torch
    from PIL.Image import Image as Picture
    from torchvision import tv_tensors

    points_of = _key_points()
    images = [leaf for leaf in leaves if isinstance(leaf, tv_tensors.Image | Picture)]
    plain = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and not isinstance(leaf, tv_tensors.TVTensor)]
    boxes = [leaf for leaf in leaves if isinstance(leaf, tv_tensors.BoundingBoxes)]
    points = [leaf for leaf in leaves if points_of is not None and isinstance(leaf, points_of)]
    images = images or plain[:1]
    for name, found in (("image", images), ("BoundingBoxes", boxes), ("KeyPoints", points)):
        if len(found) > 1 or (name == "image" and not found):
            raise augplug.TargetError(
                f"V2Transform takes one {name} a sample, not {len(found)}; several images that share a draw are given "
                "to an Augmenter, as images="
            )
    masks = [leaf for leaf in leaves if isinstance(leaf, tv_tensors.Mask)]
    return _Found(images[0], masks, boxes[0] if boxes else None, points[0] if points else None)


def _key_points() -> Any:
    """Return torchvision's KeyPoints; None for a torchvision before 0.23, which has none."""
    try:
        from torchvision.tv_tensors import KeyPoints
    except ImportError:
        return None
    return KeyPoints


def _keywords(found: _Found) -> dict[str, Any]:
    """Return what an Augmenter is called with."""
    import torch

    image = found.image
    sample: dict[str, Any] = {"image": image.as_subclass(torch.Tensor) if isinstance(image, torch.Tensor) else image}
    if found.masks:
        sample["masks"] = list(found.masks)
    if found.boxes is not None:
        sample |= {"boxes": found.boxes, "labels": list(range(len(found.boxes)))}
    if found.points is not None:
        sample["keypoints"] = found.points.as_subclass(torch.Tensor).reshape(-1, 2)
    return sample


def _image_like(given: Any, made: Any) -> Any:
    from torchvision import tv_tensors

    return tv_tensors.wrap(made, like=given) if isinstance(given, tv_tensors.Image) else made


def _points_like(given: Any, made: Any) -> Any:
    from torchvision import tv_tensors

    return tv_tensors.wrap(made.reshape(given.shape), like=given)


def _rows(value: Any, kept: Any) -> Any:
    """Return the rows of a tensor, an array or a list that are kept."""
    from torchvision import tv_tensors

    if isinstance(value, list | tuple):
        return _like(value, [value[row] for row in kept.tolist()])
    rows = value[kept]
    return tv_tensors.wrap(rows, like=value) if isinstance(value, tv_tensors.TVTensor) else rows


def _map(given: Any, see: Callable[[Any], object]) -> None:
    """Call `see` with every leaf of a structure of dicts, lists and tuples."""
    if isinstance(given, dict):
        for value in given.values():
            _map(value, see)
    elif isinstance(given, tuple | list):
        for value in given:
            _map(value, see)
    else:
        see(given)


def _like(given: Any, values: list[Any]) -> Any:
    """Return values as the list or tuple that was given."""
    return values if isinstance(given, list) else tuple(values)
