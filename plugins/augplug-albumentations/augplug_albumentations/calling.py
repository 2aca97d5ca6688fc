"""From the fields of an operation to a call of Albumentations, and back: one effect an operation.

A transform of Albumentations holds its own random numbers, so that every call builds its own, seeded by the operation's
key. It is called without `Compose`: what `Compose` adds would cut boxes before augplug has counted what they lost.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug
from augplug import Canvas, Effect, ImageError, Operation, OperationError, TargetError

Sample = dict[str, Any]
Array = npt.NDArray[Any]
Settings = tuple[tuple[str, Any], ...]

BOTH = ("uint8", "float32")
TARGETS = frozenset({"masks", "boxes", "keypoints"})
INTERPOLATION = ("nearest", "linear", "cubic", "area", "lanczos4", "linear_exact", "nearest_exact")
BORDER = ("constant", "replicate")
"""The others show things twice, and Albumentations then has two boxes and two points of one."""
CODES = {"interpolation": INTERPOLATION, "border_mode": BORDER}
"""Settings that Albumentations takes as OpenCV's numbers: the position in the tuple."""
NO_YES = augplug.FormerField({"no": False, "yes": True})
"""How version 1 of the operations wrote a flag."""
FILLS = ("fill", "drop_value")
"""Values of pixels, given in 8-bit units whatever the dtype."""
OUTSIDE = -1.0
"""Where a point goes that Albumentations has lost: no pixel is there, so that it is not visible."""
_TOPS = {"uint8": 255.0, "uint16": 65535.0, "uint32": 4294967295.0}
_EXACT = 2**24
"""Whole numbers up to here are exact in float32."""


@cache
def library() -> Any:
    """Return Albumentations, imported when it is first needed: it takes a second."""
    # It asks the network for a newer version of itself when it is imported, unless it is told not to.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    return importlib.import_module("albumentations")


def flags(*names: str) -> dict[str, augplug.FormerField]:
    """Return how version 1 of an operation wrote these flags."""
    return dict.fromkeys(names, NO_YES)


def call(
    operation: Operation,
    canvas: Canvas,
    *,
    channels: tuple[int, ...] = (),
    takes: tuple[str, ...] = BOTH,
    pairs: tuple[str, ...] = (),
    size: tuple[int, int] | None = None,
) -> list[Effect]:
    """Return the one effect of an operation: a call of the transform that it is named after, less the A.

    `channels` are the numbers of channels that it takes (empty: any), `takes` the dtypes, `pairs` the settings that
    Albumentations wants as two numbers, `size` the (height, width) that comes out (None: that of the canvas). Raises
    ImageError.
    """
    title = operation.about.name
    if channels and canvas.channels not in channels:
        wanted = " or ".join(map(str, channels))
        raise ImageError(f"{title} takes images of {wanted} channels, and this one has {canvas.channels}")
    values = {name: getattr(operation, name) for name in operation.about.parameters}
    key = values.pop("key")
    settings = tuple((name, _setting(name, value, pair=name in pairs)) for name, value in values.items())
    arguments = (title[1:], settings, takes, size or (canvas.height, canvas.width))
    return [augplug.Opaque(function=transformed, key=key, arguments=arguments, targets=TARGETS, size=size)]


def _setting(name: str, value: Any, *, pair: bool) -> Any:
    if name in CODES:
        return CODES[name].index(value)
    return (value, value) if pair and not isinstance(value, tuple) else value


def transformed(
    sample: Sample, key: int, name: str, settings: Settings, takes: tuple[str, ...], size: tuple[int, int]
) -> Sample:
    """Return what the transform `name` makes of a sample with `key`; image, masks, boxes and points in step.

    The image comes out with its dtype and channels, `size` (height, width) high and wide. Raises OperationError for
    settings that Albumentations refuses, TargetError for masks that it cannot hold.
    """
    image = sample["image"]
    given = _given(image, takes)
    transform = build(name, settings, given.dtype.name)
    transform.set_random_seed(key)
    moves = isinstance(transform, library().DualTransform)
    data = {"image": given} | (_data(sample, transform) if moves else {})
    try:
        made = transform(**data)
        if made["image"].shape[:2] != size:
            made = _resized(transform, made, size)
    except Exception as error:
        raise OperationError(
            f"Albumentations' {name} cannot be used on an image of {image.shape} {image.dtype} with "
            f"{_shown(settings)}: {_said(error)}"
        ) from error
    back = _image(made["image"], image, size, name)
    return {**sample, "image": back, **(_targets(made, sample, size) if moves else {})}


def build(name: str, settings: Settings, dtype: str) -> Any:
    """Return a new transform that is always applied. Raises OperationError for settings that Albumentations refuses."""
    scale = 255.0 if dtype == "float32" else 1.0
    given = {field: _divided(value, scale) if field in FILLS else value for field, value in settings}
    try:
        return getattr(library(), name)(**given, p=1.0)
    except (TypeError, ValueError) as error:
        raise OperationError(f"Albumentations' {name} refuses {_shown(settings)}: {_said(error)}") from error


def _divided(value: Any, scale: float) -> Any:
    return tuple(part / scale for part in value) if isinstance(value, tuple) else value / scale


def _shown(settings: Settings) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in settings) or "no settings"


def _said(error: Exception) -> str:
    """Return what an error says in one line, without the headings and links of pydantic."""
    lines = [line.split(" [type=")[0].strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines if " validation error" not in line and not line.startswith("For further"))


def _resized(transform: Any, made: dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    # OpenCV's plain nearest neighbour shifts a mask by up to half a pixel against the image; the exact one does not.
    resize = library().Resize(*size, mask_interpolation=INTERPOLATION.index("nearest_exact"), p=1.0)
    resize.add_targets({name: "mask" for name in made if name.startswith("mask")} if _is_dual(transform) else {})
    result: dict[str, Any] = resize(**made)
    return result


def _is_dual(transform: Any) -> bool:
    return isinstance(transform, library().DualTransform)


def _given(image: Array, takes: tuple[str, ...]) -> Array:
    """Return the image as a dtype that the transform takes, of equal or less precision."""
    if image.dtype.name in takes:
        return image
    if "float32" in takes:
        return (image / _TOPS.get(image.dtype.name, 1.0)).astype(np.float32)
    return np.rint(image / _TOPS.get(image.dtype.name, 1.0) * 255.0).astype(np.uint8)


def _image(made: Array, image: Array, size: tuple[int, int], name: str) -> Array:
    """Return what was made as an image of the dtype and channels that were given."""
    shape = (*size, *image.shape[2:])
    if made.size != np.prod(shape):
        raise OperationError(f"Albumentations' {name} made {made.shape} of {image.shape}, where {shape} is needed")
    made = made.reshape(shape)
    if made.dtype == image.dtype == np.uint8:
        return made
    values = np.clip(made / _TOPS.get(made.dtype.name, 1.0), 0.0, 1.0)
    if not np.isfinite(values).all():
        raise OperationError(f"Albumentations' {name} made values that are not numbers of this image")
    top = _TOPS.get(image.dtype.name)
    return values.astype(image.dtype) if top is None else np.rint(values * top).astype(image.dtype)


def _data(sample: Sample, transform: Any) -> dict[str, Any]:
    """Return the targets as Albumentations holds them within a pipeline; a last column numbers boxes and points."""
    height, width = sample["image"].shape[:2]
    masks = {f"mask{number}": _mask(mask) for number, mask in enumerate(sample.get("masks", []))}
    transform.add_targets(dict.fromkeys(masks, "mask"))
    data: dict[str, Any] = dict(masks)
    if "boxes" in sample:
        # With a processor, dropped regions shrink boxes; without, they would stay where the pixels are gone.
        params = library().BboxParams(format="albumentations")
        transform.set_processors({"bboxes": library().core.bbox_utils.BboxProcessor(params)})
        edges = np.asarray(sample["boxes"]) / [width, height, width, height]
        data["bboxes"] = np.column_stack([edges, np.arange(len(edges))])
    if "keypoints" in sample:
        points = np.asarray(sample["keypoints"])
        zeros = np.zeros((len(points), 3))  # depth, angle, scale
        data["keypoints"] = np.column_stack([points, zeros, np.arange(len(points))])
    return data


def _mask(mask: Array) -> Array:
    if mask.dtype.kind == "f" or mask.dtype == np.uint8:
        return mask if mask.dtype == np.uint8 else mask.astype(np.float32)
    lowest, highest = int(mask.min()), int(mask.max())
    if lowest < -_EXACT or highest > _EXACT:
        raise TargetError(f"Albumentations holds masks of -{_EXACT}..{_EXACT}, and this one has {lowest}..{highest}")
    return mask.astype(np.uint8 if lowest >= 0 and highest <= 255 else np.float32)


def _targets(made: dict[str, Any], sample: Sample, size: tuple[int, int]) -> Sample:
    """Return the targets as augplug holds them: pixels, one row a point, boxes in their order."""
    back: Sample = {}
    masks = sample.get("masks", [])
    if masks:
        back["masks"] = [_mask_back(made[f"mask{number}"], mask, size) for number, mask in enumerate(masks)]
    if "boxes" in sample:
        rows = np.asarray(made["bboxes"], dtype=np.float64).reshape(-1, np.shape(made["bboxes"])[-1])
        number = rows[:, 4].astype(np.intp)
        # A box that is gone stays as an empty one: then augplug still knows what the others have lost.
        gone = np.setdiff1d(np.arange(len(sample["boxes"])), number)
        order = np.argsort(np.concatenate([number, gone]), kind="stable")
        edges = np.concatenate([rows[:, :4], np.zeros((len(gone), 4))]) * [size[1], size[0], size[1], size[0]]
        back["boxes"] = edges[order]
        back["labels"] = [sample["labels"][i] for i in np.concatenate([number, gone])[order]]
    if "keypoints" in sample:
        rows = np.asarray(made["keypoints"], dtype=np.float64).reshape(-1, np.shape(made["keypoints"])[-1])
        points = np.full_like(sample["keypoints"], OUTSIDE, dtype=np.float64)
        points[rows[:, -1].astype(np.intp)] = rows[:, :2]
        back["keypoints"] = points
    return back


def _mask_back(made: Array, mask: Array, size: tuple[int, int]) -> Array:
    made = made.reshape(*size, *mask.shape[2:])
    if mask.dtype.kind == "f":
        return made.astype(mask.dtype)
    if mask.dtype.kind == "b":
        return made > 0
    bounds = np.iinfo(mask.dtype)
    return np.clip(np.rint(made), bounds.min, bounds.max).astype(mask.dtype)
