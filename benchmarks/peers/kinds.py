"""What other libraries do with images of other kinds: the same few operations, on arrays or tensors of any dtype."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np


class Library(NamedTuple):
    """A library: from an array `(H, W)` or `(H, W, C)` to its kind of image, and what it makes of one."""

    take: Callable[[Any], Any]
    calls: Mapping[str, Callable[[Any], Any]]
    with_targets: Mapping[str, Callable[[Any, str, Any], Callable[[], Any]]]
    """From an image, what a target is (`mask int32`, `boxes`, `keypoints`) and its array to a call."""


def available() -> tuple[dict[str, Library], list[str]]:
    """Return the libraries that are here, and for each of the others why it is not."""
    found, missing = {}, []
    for name, make in _LIBRARIES.items():
        try:
            found[name] = make()
        except (ImportError, RuntimeError) as error:  # torchvision for another build of torch raises the latter
            missing.append(f"{name}: {error}")
    return found, missing


def call(library: Library, name: str, image: Any) -> Callable[[int], object] | None:
    """Return a contender, or None if the library has nothing that does the same work on this image."""
    function = library.calls.get(name)
    if function is None:
        return None
    own = library.take(image)
    return _tried(lambda _number: function(own))


def call_with(
    library: Library, name: str, image: Any, what: str, keywords: Mapping[str, Any]
) -> Callable[[int], object] | None:
    """Return a contender that moves an image with one target, or None."""
    make = library.with_targets.get(name)
    if make is None:
        return None
    (target,) = keywords.values()
    function = make(image, what, getattr(target, "array", target))
    return _tried(lambda _number: function())


def _tried(contender: Callable[[int], object]) -> Callable[[int], object] | None:
    try:
        contender(0)
    except (RuntimeError, ValueError, TypeError, KeyError, cv2.error):  # this dtype, or these channels
        return None
    return contender


def _image_of(transform: Any, image: Any) -> Any:
    return transform(image=image)["image"]


def _albumentations() -> Library:
    albumentations: Any = importlib.import_module("albumentations")

    made = {
        "HorizontalFlip": albumentations.HorizontalFlip(p=1),
        "VerticalFlip": albumentations.VerticalFlip(p=1),
        "Transpose": albumentations.Transpose(p=1),
        "Rotate nearest": albumentations.Rotate(
            (20, 20), interpolation=cv2.INTER_NEAREST, border_mode=cv2.BORDER_CONSTANT, p=1
        ),
        "Rotate linear": albumentations.Rotate(
            (20, 20), interpolation=cv2.INTER_LINEAR, border_mode=cv2.BORDER_CONSTANT, p=1
        ),
        "Resize area": albumentations.Resize(224, 224, interpolation=cv2.INTER_AREA, p=1),
        "Resize linear": albumentations.Resize(224, 224, interpolation=cv2.INTER_LINEAR, p=1),
        "CenterCrop": albumentations.CenterCrop(400, 600, p=1),
        "Invert": albumentations.InvertImg(p=1),
        "Gamma": albumentations.RandomGamma((150, 150), p=1),
        "GaussianBlur": albumentations.GaussianBlur((0, 0), sigma_limit=(1.5, 1.5), p=1),
        "GaussianNoise": albumentations.GaussNoise(std_range=(0.05, 0.05), p=1),
    }

    return Library(
        lambda image: image,
        {name: partial(_image_of, transform) for name, transform in made.items()},
        {name: partial(_moving, made[name]) for name in ("HorizontalFlip", "Rotate nearest", "Rotate linear")},
    )


def _moving(transform: Any, image: Any, what: str, target: Any) -> Callable[[], Any]:
    albumentations: Any = importlib.import_module("albumentations")

    if what.startswith("mask"):
        return lambda: transform(image=image, mask=target)
    if what == "boxes":
        boxes = albumentations.BboxParams("pascal_voc", label_fields=[])
        both = albumentations.Compose([transform], bbox_params=boxes)
        return lambda: both(image=image, bboxes=target)
    points = albumentations.Compose([transform], keypoint_params=albumentations.KeypointParams("xy"))
    return lambda: points(image=image, keypoints=target)


def _tensor(image: Any) -> Any:
    import torch

    wide = image[..., None] if image.ndim == 2 else image
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(wide, -1, 0)))


def _torchvision() -> Library:
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    tv, mode = v2.functional, v2.InterpolationMode
    calls: dict[str, Callable[[Any], Any]] = {
        "HorizontalFlip": tv.horizontal_flip,
        "VerticalFlip": tv.vertical_flip,
        "Rotate nearest": lambda image: tv.rotate(image, 20, interpolation=mode.NEAREST),
        "Rotate linear": lambda image: tv.rotate(image, 20, interpolation=mode.BILINEAR),
        "Resize linear": lambda image: tv.resize(image, [224, 224], interpolation=mode.BILINEAR, antialias=False),
        "CenterCrop": lambda image: tv.center_crop(image, [400, 600]).contiguous(),
        "GaussianBlur": lambda image: tv.gaussian_blur(image, [13, 13], [1.5, 1.5]),
        "Invert": tv.invert,
        "Brightness": lambda image: tv.adjust_brightness(image, 1.5),
        "Solarize": lambda image: tv.solarize(image, 128 if not image.is_floating_point() else 0.5),
    }

    def moving(function: Callable[[Any], Any]) -> Callable[[Any, str, Any], Callable[[], Any]]:
        def make(image: Any, what: str, target: Any) -> Callable[[], Any]:
            import torch

            size = image.shape[:2]
            values = torch.from_numpy(np.ascontiguousarray(target))
            if what.startswith("mask"):
                other = tv_tensors.Mask(values)
            elif what == "boxes":
                other = tv_tensors.BoundingBoxes(values, format="XYXY", canvas_size=size)
            else:
                other = tv_tensors.KeyPoints(values, canvas_size=size)
            picture = tv_tensors.Image(_tensor(image))
            return lambda: (function(picture), function(other))

        return make

    moved = ("HorizontalFlip", "Rotate nearest", "Rotate linear")
    return Library(lambda image: tv_tensors.Image(_tensor(image)), calls, {name: moving(calls[name]) for name in moved})


def _kornia() -> Library:
    augmentation: Any = importlib.import_module("kornia.augmentation")

    made = {
        "HorizontalFlip": augmentation.RandomHorizontalFlip(p=1.0),
        "VerticalFlip": augmentation.RandomVerticalFlip(p=1.0),
        "Rotate linear": augmentation.RandomRotation((20.0, 20.0), p=1.0),
        "Resize linear": augmentation.Resize((224, 224), align_corners=False, p=1.0),
        "CenterCrop": augmentation.CenterCrop((400, 600), p=1.0),
        "GaussianBlur": augmentation.RandomGaussianBlur((13, 13), (1.5, 1.5), p=1.0),
        "Gamma": augmentation.RandomGamma((1.5, 1.5), p=1.0),
    }
    return Library(lambda image: _tensor(image)[None], made, {})


def _monai() -> Library:
    transforms: Any = importlib.import_module("monai.transforms")

    made = {
        "HorizontalFlip": transforms.Flip(spatial_axis=1),
        "VerticalFlip": transforms.Flip(spatial_axis=0),
        "Rotate90": transforms.Rotate90(),
        "Rotate nearest": transforms.Rotate(-np.radians(20), mode="nearest", padding_mode="zeros"),
        "Rotate linear": transforms.Rotate(-np.radians(20), mode="bilinear", padding_mode="zeros"),
        "Resize linear": transforms.Resize((224, 224), mode="bilinear"),
        "Resize area": transforms.Resize((224, 224), mode="area"),
        "GaussianBlur": transforms.GaussianSmooth(1.5),
        "Gamma": transforms.AdjustContrast(1.5),
    }
    return Library(_tensor, made, {})


_LIBRARIES: dict[str, Callable[[], Library]] = {
    "Albumentations": _albumentations,
    "torchvision": _torchvision,
    "Kornia": _kornia,
    "MONAI": _monai,
}
