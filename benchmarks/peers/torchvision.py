"""torchvision's transforms v2: single operations on uint8 tensors, policies on uint8 tensors and on Pillow's images."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.libraries import torchvision
from benchmarks.peers.common import IMAGES, MEAN, RAND, STD, TARGETS, Call, Peer, corners


def tensor(image: Any) -> Any:
    """Return `(H, W, C)` or a stack of such as a uint8 tensor, channels first."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, -1, -3)))


def policies(interpolation: str, *, tensors: bool) -> Peer:
    """Return its policies; RandAugment's magnitude is counted to 30 there."""
    v2 = torchvision()
    way = {"nearest": v2.InterpolationMode.NEAREST, "linear": v2.InterpolationMode.BILINEAR}[interpolation]
    number, magnitude = RAND
    tables = {name: getattr(v2.AutoAugmentPolicy, name.upper()) for name in ("cifar10", "svhn", "imagenet")}
    calls: dict[str, Call] = {
        **{f"autoaugment-{name}": v2.AutoAugment(table, interpolation=way) for name, table in tables.items()},
        "randaugment": v2.RandAugment(number, magnitude=3 * magnitude, interpolation=way),
        "trivialaugment-wide": v2.TrivialAugmentWide(interpolation=way),
        "augmix": v2.AugMix(all_ops=False, interpolation=way),
    }
    return Peer(tensor if tensors else Image.fromarray, calls)


def operations(size: int) -> Peer:
    """Return its functions; of what draws by itself, the transform."""
    v2 = torchvision()
    tv, mode = v2.functional, v2.InterpolationMode
    target, square, edge, part = [TARGETS[size]] * 2, corners(size), size // 8, size * 3 // 4
    start = [[0, 0], [size - 1, 0], [size - 1, size - 1], [0, size - 1]]
    linear = partial(tv.resize, size=target, interpolation=mode.BILINEAR, antialias=False)
    calls: dict[str, Call] = {
        **_values(v2),
        "Identity": lambda image: image.clone(),
        "HorizontalFlip": tv.horizontal_flip,
        "VerticalFlip": tv.vertical_flip,
        "Transpose": lambda image: image.transpose(-1, -2).contiguous(),
        "Rotate90": lambda image: image.rot90(1, (-2, -1)).contiguous(),
        "Rotate nearest": partial(tv.rotate, angle=20, interpolation=mode.NEAREST),
        "Rotate linear": partial(tv.rotate, angle=20, interpolation=mode.BILINEAR),
        "Crop": lambda image: tv.crop(image, edge, edge, size - 2 * edge, size - 2 * edge).contiguous(),
        "CenterCrop": lambda image: tv.center_crop(image, [part, part]).contiguous(),
        "RandomCrop": v2.Compose([v2.RandomCrop(part), lambda image: image.contiguous()]),
        "Pad": partial(tv.pad, padding=[edge]),
        "Resize linear": linear,
        "ElasticTransform": v2.ElasticTransform(alpha=50.0, sigma=10.0),
        "Perspective": partial(tv.perspective, startpoints=start, endpoints=square, interpolation=mode.BILINEAR),
        "RandomErasing": v2.RandomErasing(p=1, scale=(0.02, 0.4), ratio=(0.3, 3.3)),
        "Normalize CHW": v2.Compose([v2.ToDtype(_float32(), scale=True), v2.Normalize(MEAN, STD)]),
        "CutMix": lambda images: cutmix(images, labels),
        "MixUp": lambda images: mixup(images, labels),
    }
    cutmix, mixup, labels = v2.CutMix(num_classes=10), v2.MixUp(num_classes=10), _labels(IMAGES)
    for name, degrees in (("ShearX", [11.3, 0.0]), ("ShearY", [0.0, 11.3])):
        for word, way in (("nearest", mode.NEAREST), ("linear", mode.BILINEAR)):
            calls[f"{name} {word}"] = _affine(tv, way, shear=degrees)
    calls["TranslateX"] = _affine(tv, mode.NEAREST, translate=[size // 4, 0])
    calls["TranslateY"] = _affine(tv, mode.NEAREST, translate=[0, size // 4])
    calls["Scale"] = _affine(tv, mode.BILINEAR, scale=0.8)
    calls["Affine"] = _affine(tv, mode.BILINEAR, angle=20.0, scale=0.8, shear=[10.0, 0.0], translate=[edge, 0])
    if target[0] > size:
        calls["Resize area"] = linear
    return Peer(tensor, calls, takes={"MixUp": lambda images: tensor(images) / 255})


def _values(v2: Any) -> dict[str, Call]:
    tv = v2.functional
    return {
        "Invert": tv.invert,
        "Solarize": partial(tv.solarize, threshold=128),
        "Posterize": partial(tv.posterize, bits=4),
        "AutoContrast": tv.autocontrast,
        "Equalize": tv.equalize,
        "Brightness": partial(tv.adjust_brightness, brightness_factor=1.5),
        "Contrast": partial(tv.adjust_contrast, contrast_factor=1.5),
        "Gamma": partial(tv.adjust_gamma, gamma=1.5),
        "Color": partial(tv.adjust_saturation, saturation_factor=1.5),
        "Saturation": partial(tv.adjust_saturation, saturation_factor=1.5),
        "Sharpness": partial(tv.adjust_sharpness, sharpness_factor=1.5),
        "Grayscale": partial(tv.rgb_to_grayscale, num_output_channels=3),
        "ChannelShuffle": v2.RandomChannelPermutation(),
        "GaussianBlur": partial(tv.gaussian_blur, kernel_size=[13, 13], sigma=[1.5, 1.5]),
    }


def _affine(tv: Any, way: Any, **given: Any) -> Call:
    still = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
    return partial(tv.affine, **{**still, **given}, interpolation=way)


def _float32() -> Any:
    import torch

    return torch.float32


def _labels(count: int) -> Any:
    import torch

    return torch.arange(count)
