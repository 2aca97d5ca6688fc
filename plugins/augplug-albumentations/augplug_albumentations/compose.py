"""A policy of augplug as a transform of Albumentations: AutoAugment and everything else, within `A.Compose`.

This module imports Albumentations, which takes a second; `augplug_albumentations` loads it when it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from albumentations import DualTransform
from albumentations.core.type_definitions import Targets

import augplug
from augplug import SettingsError, TargetError

Array = npt.NDArray[Any]


# pylint: disable-next=abstract-method  # apply_with_params, which calls them, is what is replaced: one draw for all
class AugplugTransform(DualTransform):  # type: ignore[misc]  # Albumentations carries no types
    """An augplug policy: image, masks, boxes and keypoints move by one draw.

    `policy` is a name (`"randaugment:n=2,m=9"`), the path of a policy file, the content of one, a policy, or a node of
    the grammar. Chance is Albumentations' own: each call takes an index from the generator that `Compose(seed=...)`
    seeds, and is `augplug.Augmenter(policy)(..., index=index)`; `get_applied_params()["index"]` is that index, and
    `ReplayCompose` keeps it. `p` (0..1) is the probability of the whole policy.

    Boxes that leave the image are cut and, as `BboxParams(min_area=, min_visibility=)` says, left out. Keypoints have
    no angle and no scale. Raises SettingsError for a policy that mixes images, TargetError for keypoints that turn.
    """

    # Without a schema of Albumentations', which would turn a policy into a dict: augplug checks it itself.
    _targets = (Targets.IMAGE, Targets.MASK, Targets.BBOXES, Targets.KEYPOINTS)

    def __init__(self, policy: Any, p: float = 1.0) -> None:
        """Read the policy. Raises SettingsError or PolicyError."""
        if not 0 <= p <= 1:
            raise SettingsError(f"p is a probability, 0..1, not {p!r}")
        super().__init__(p=p)
        self.policy = policy
        self.augmenter = augplug.Augmenter(augplug.load_policy(policy) if isinstance(policy, Mapping) else policy)
        if self.augmenter.mixes:
            raise SettingsError(
                f"the policy {self.augmenter.policy.name} mixes images, and Compose has one at a time; use "
                "augplug.Augmenter(policy).batch(images, ...)"
            )

    def get_params(self) -> dict[str, int]:
        """Return the index of this call, from the generator of Albumentations."""
        return {"index": self.py_random.getrandbits(63)}

    def apply_with_params(self, params: dict[str, Any], *args: Any, **data: Any) -> dict[str, Any]:
        """Return everything moved by one draw. Raises the errors of `augplug.Augmenter`."""
        del args  # Albumentations' signature has them, and passes none
        kinds = {name: self._additional_targets.get(name, name) for name, value in data.items() if value is not None}
        given: dict[str, Any] = {"image": data["image"], "masks": []}
        for name, kind in kinds.items():
            if kind in ("mask", "masks"):
                given["masks"] += [data[name]] if kind == "mask" else list(data[name])
        boxes = [name for name, kind in kinds.items() if kind == "bboxes"]
        points = [name for name, kind in kinds.items() if kind == "keypoints"]
        if boxes:
            given["boxes"] = self._boxes(np.concatenate([data[name] for name in boxes]))
        if points:
            given["keypoints"] = self._points(np.concatenate([data[name] for name in points]))
        made = self.augmenter(**given, index=params["index"])
        images = [name for name, kind in kinds.items() if kind == "image" and name != "image"]
        result = {**data, "image": made["image"]}
        result |= {name: self.augmenter(data[name], index=params["index"]) for name in images}
        result |= _masks(made["masks"], data, kinds)
        result |= _moved_boxes(made["boxes"], data, boxes) if boxes else {}
        result |= _moved_points(made["keypoints"], data, points) if points else {}
        return result

    def _boxes(self, rows: Array) -> augplug.Boxes:
        processor = self.get_processor("bboxes")
        limits = {name: getattr(processor.params, name) for name in ("min_area", "min_visibility")} if processor else {}
        return augplug.Boxes(rows[:, :4], format="albumentations", labels=np.arange(len(rows)), **limits)

    def _points(self, rows: Array) -> augplug.Keypoints:
        processor = self.get_processor("keypoints")
        if processor and processor.params.format not in ("xy", "yx", "xyz"):
            raise TargetError(
                f"augplug moves keypoints, and turns none: their format is {processor.params.format!r}, use 'xy'"
            )
        return augplug.Keypoints(rows[:, :2])

    def get_transform_init_args(self) -> dict[str, Any]:
        """Return the settings for `A.to_dict`: the content of the policy's file, so that no name has to be known."""
        return {"policy": json.loads(json.dumps(self.augmenter.policy.to_json()))}


def _masks(made: list[Array], data: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    moved = iter(made)
    result: dict[str, Any] = {}
    for name, kind in kinds.items():
        if kind == "mask":
            result[name] = next(moved)
        elif kind == "masks":
            parts = [next(moved) for _ in data[name]]
            result[name] = np.stack(parts) if isinstance(data[name], np.ndarray) and parts else parts
    return result


def _moved_boxes(made: augplug.Boxes, data: Mapping[str, Any], names: list[str]) -> dict[str, Array]:
    """Return each array of boxes moved; a row's other columns, its labels, stay with it."""
    kept = np.asarray(made.labels, dtype=np.intp)
    rows = np.concatenate([data[name] for name in names])[kept]
    rows = np.concatenate([made.array, rows[:, 4:]], axis=1).astype(np.float32)
    return {name: rows[part] for name, part in _parts(kept, data, names)}


def _moved_points(made: augplug.Keypoints, data: Mapping[str, Any], names: list[str]) -> dict[str, Array]:
    """Return each array of keypoints moved; those outside stay in their place, and Compose takes them out."""
    rows = np.concatenate([data[name] for name in names])
    rows = np.concatenate([made.array, rows[:, 2:]], axis=1).astype(np.float32)
    return {name: rows[part] for name, part in _parts(np.arange(len(rows)), data, names)}


def _parts(rows: Array, data: Mapping[str, Any], names: list[str]) -> list[tuple[str, Array]]:
    ends = np.cumsum([0, *(len(data[name]) for name in names)])
    return [(name, (rows >= ends[i]) & (rows < ends[i + 1])) for i, name in enumerate(names)]
