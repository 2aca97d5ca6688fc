"""Other libraries' operations, each with the settings of a contest in `benchmarks/ops.py`, on its own kind of image.

Every function returns what makes an image of its library from an array, and its operations by the name of the contest;
what a library does not have is not in it. Settings are those of ours; where no setting gives the same work, as with
Pillow's antialiasing when it shrinks linearly, the operation is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np

Call: TypeAlias = Callable[[Any], Any]
TARGETS = {32: 48, 224: 160, 512: 224}
"""What an image of each size is resized to."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Peer(NamedTuple):
    """A library: how it takes an image, and its operations."""

    convert: Call
    operations: dict[str, Call]


def corners(size: int) -> list[list[int]]:
    """Return where Perspective takes the corners, clockwise from the top left."""
    near, far = size // 10, size - 1 - size // 10
    return [[near, near], [far, near], [far, far], [near, far]]


def pillow(size: int) -> Peer:
    """Return Pillow's, from Pillow's image to Pillow's image."""
    from PIL import Image, ImageEnhance, ImageFilter, ImageOps

    target = (TARGETS[size],) * 2
    way, turn = Image.Resampling, Image.Transpose
    grows = target[0] > size
    operations: dict[str, Call] = {
        "HorizontalFlip": lambda image: image.transpose(turn.FLIP_LEFT_RIGHT),
        "VerticalFlip": lambda image: image.transpose(turn.FLIP_TOP_BOTTOM),
        "Rotate nearest": lambda image: image.rotate(20, way.NEAREST),
        "Rotate linear": lambda image: image.rotate(20, way.BILINEAR),
        "Resize area": lambda image: image.resize(target, way.BILINEAR if grows else way.BOX),
        "Invert": ImageOps.invert,
        "Solarize": lambda image: ImageOps.solarize(image, 128),
        "Posterize": lambda image: ImageOps.posterize(image, 4),
        "AutoContrast": ImageOps.autocontrast,
        "Equalize": ImageOps.equalize,
        "GaussianBlur": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    }
    for name in ("Brightness", "Contrast", "Color", "Sharpness"):
        operations[name] = partial(_enhanced, getattr(ImageEnhance, name))
    if grows:
        operations["Resize linear"] = lambda image: image.resize(target, way.BILINEAR)
    return Peer(Image.fromarray, operations)


def _enhanced(enhancer: Any, image: Any) -> Any:
    return enhancer(image).enhance(1.5)


def albumentations(size: int) -> Peer:
    """Return Albumentations', at p = 1, from array to array."""
    import albumentations as alb

    target = TARGETS[size]
    jitter = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    transforms = {
        "HorizontalFlip": alb.HorizontalFlip(p=1),
        "VerticalFlip": alb.VerticalFlip(p=1),
        "Rotate nearest": alb.Rotate((20, 20), interpolation=cv2.INTER_NEAREST, p=1),
        "Rotate linear": alb.Rotate((20, 20), interpolation=cv2.INTER_LINEAR, p=1),
        "Resize area": alb.Resize(target, target, interpolation=cv2.INTER_AREA, p=1),
        "Resize linear": alb.Resize(target, target, interpolation=cv2.INTER_LINEAR, p=1),
        "RandomResizedCrop": alb.RandomResizedCrop((target, target), interpolation=cv2.INTER_AREA, p=1),
        "Invert": alb.InvertImg(p=1),
        "Solarize": alb.Solarize((0.5, 0.5), p=1),
        "Posterize": alb.Posterize(4, p=1),
        "AutoContrast": alb.AutoContrast(p=1),
        "Equalize": alb.Equalize(p=1),
        "Brightness": alb.ColorJitter(**{**jitter, "brightness": (1.5, 1.5)}, p=1),
        "Contrast": alb.ColorJitter(**{**jitter, "contrast": (1.5, 1.5)}, p=1),
        "Color": alb.ColorJitter(**{**jitter, "saturation": (1.5, 1.5)}, p=1),
        "Grayscale": alb.ToGray(p=1),
        "GaussianBlur": alb.GaussianBlur(blur_limit=0, sigma_limit=(1.5, 1.5), p=1),
        "MotionBlur": alb.MotionBlur((9, 9), p=1),
        "GaussianNoise": alb.GaussNoise(std_range=(0.05, 0.05), p=1),
        "ElasticTransform": alb.ElasticTransform(alpha=50, sigma=10, interpolation=cv2.INTER_LINEAR, p=1),
        "GridDistortion": alb.GridDistortion(num_steps=5, distort_limit=0.2, interpolation=cv2.INTER_LINEAR, p=1),
        "OpticalDistortion": alb.OpticalDistortion((0.1, 0.1), interpolation=cv2.INTER_LINEAR, p=1),
        "Perspective": alb.Perspective((0.1, 0.1), interpolation=cv2.INTER_LINEAR, p=1),
        "Normalize HWC": alb.Normalize(MEAN, STD, p=1),
    }
    calls: dict[str, Call] = {name: partial(_transformed, transform) for name, transform in transforms.items()}
    return Peer(np.copy, calls)  # its own, or it would find in the cache what ours has just read


def _transformed(transform: Any, image: Any) -> Any:
    return transform(image=image)["image"]


def torchvision(size: int) -> Peer:
    """Return torchvision's functions on uint8 tensors `(C, H, W)`; of what draws by itself, the transform."""
    # pylint: disable=import-error  # torch is in the group bench alone
    import torch
    from torchvision.transforms import InterpolationMode as Mode
    from torchvision.transforms import v2
    from torchvision.transforms.v2 import functional as tv

    torch.set_num_threads(1)
    target, square = [TARGETS[size]] * 2, corners(size)
    start = [[0, 0], [size - 1, 0], [size - 1, size - 1], [0, size - 1]]
    linear = partial(tv.resize, size=target, interpolation=Mode.BILINEAR, antialias=False)
    operations: dict[str, Call] = {
        "HorizontalFlip": tv.horizontal_flip,
        "VerticalFlip": tv.vertical_flip,
        "Rotate nearest": partial(tv.rotate, angle=20, interpolation=Mode.NEAREST),
        "Rotate linear": partial(tv.rotate, angle=20, interpolation=Mode.BILINEAR),
        "Resize linear": linear,
        "Invert": tv.invert,
        "Solarize": partial(tv.solarize, threshold=128),
        "Posterize": partial(tv.posterize, bits=4),
        "AutoContrast": tv.autocontrast,
        "Equalize": tv.equalize,
        "Brightness": partial(tv.adjust_brightness, brightness_factor=1.5),
        "Contrast": partial(tv.adjust_contrast, contrast_factor=1.5),
        "Color": partial(tv.adjust_saturation, saturation_factor=1.5),
        "Sharpness": partial(tv.adjust_sharpness, sharpness_factor=1.5),
        "Grayscale": partial(tv.rgb_to_grayscale, num_output_channels=3),
        "GaussianBlur": partial(tv.gaussian_blur, kernel_size=[13, 13], sigma=[1.5, 1.5]),
        "ElasticTransform": v2.ElasticTransform(alpha=50.0, sigma=10.0),
        "Perspective": partial(tv.perspective, startpoints=start, endpoints=square, interpolation=Mode.BILINEAR),
        "Normalize CHW": lambda image: tv.normalize(tv.to_dtype(image, torch.float32, scale=True), MEAN, STD),
    }
    if target[0] > size:
        operations["Resize area"] = linear
    return Peer(lambda image: torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), operations)


LIBRARIES: dict[str, Callable[[int], Peer]] = {
    "albumentations": albumentations,
    "torchvision": torchvision,
    "pillow": pillow,
}
