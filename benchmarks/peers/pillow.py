"""Pillow's operations, from Pillow's image to Pillow's image, with everything drawn and bound ahead."""

from __future__ import annotations

from functools import partial
from typing import Any

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.bound import pillow_step
from benchmarks.contests import operation
from benchmarks.peers.common import MIXED, TARGETS, Call, Peer

_WARPS = ("ShearX nearest", "ShearX linear", "ShearY nearest", "ShearY linear", "TranslateX", "TranslateY")
_HUE = (0.905, 0.217, -0.122, 0.0, 0.096, 0.798, 0.106, 0.0, -0.212, 0.409, 0.803, 0.0)
"""Any twelve numbers: the work does not depend on them."""


def operations(size: int) -> Peer:
    """Return Pillow's; left out: shrinking linearly, which antialiases there, and noise."""
    target, edge, part = (TARGETS[size],) * 2, size // 8, size * 3 // 4
    way, turn = Image.Resampling, Image.Transpose
    grows = target[0] > size
    table = [value * value // 255 for value in range(256)] * 3
    calls: dict[str, Call] = {
        "Identity": Image.Image.copy,
        "HorizontalFlip": lambda image: image.transpose(turn.FLIP_LEFT_RIGHT),
        "VerticalFlip": lambda image: image.transpose(turn.FLIP_TOP_BOTTOM),
        "Transpose": lambda image: image.transpose(turn.TRANSPOSE),
        "Rotate90": lambda image: image.transpose(turn.ROTATE_90),
        "Rotate nearest": lambda image: image.rotate(20, way.NEAREST),
        "Rotate linear": lambda image: image.rotate(20, way.BILINEAR),
        "Resize area": lambda image: image.resize(target, way.BILINEAR if grows else way.BOX),
        "Crop": lambda image: image.crop((edge, edge, size - edge, size - edge)),
        "CenterCrop": lambda image: image.crop((edge, edge, edge + part, edge + part)),
        "RandomCrop": lambda image: image.crop((edge, edge, edge + part, edge + part)),
        "Pad": lambda image: ImageOps.expand(image, edge),
        "Invert": ImageOps.invert,
        "Solarize": lambda image: ImageOps.solarize(image, 128),
        "Posterize": lambda image: ImageOps.posterize(image, 4),
        "AutoContrast": ImageOps.autocontrast,
        "Equalize": ImageOps.equalize,
        "Saturation": partial(_enhanced, ImageEnhance.Color),
        "Grayscale": lambda image: image.convert("L").convert("RGB"),
        "HueShift": lambda image: image.convert("RGB", _HUE),
        "ChannelShuffle": lambda image: Image.merge("RGB", image.split()[::-1]),
        "GaussianBlur": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
        "Sharpen": lambda image: image.filter(ImageFilter.UnsharpMask(1, 50, 0)),
        "SamplePairing": _paired,
    }
    calls |= dict.fromkeys(("SolarizeAdd", "Gamma", "ToneCurve"), lambda image: image.point(table))
    calls |= {name: pillow_step(operation(name, size), size, size) for name in (*_WARPS, "Scale", "Affine")}
    calls |= {
        name: partial(_enhanced, getattr(ImageEnhance, name))
        for name in ("Brightness", "Contrast", "Color", "Sharpness")
    }
    if grows:
        calls["Resize linear"] = lambda image: image.resize(target, way.BILINEAR)
    return Peer(_taken, calls)


def _taken(image: Any) -> Any:
    return Image.fromarray(image) if image.ndim == MIXED - 1 else [Image.fromarray(one) for one in image]


def _paired(images: list[Any]) -> list[Any]:
    return [Image.blend(image, images[number - 1], 0.3) for number, image in enumerate(images)]


def _enhanced(enhancer: Any, image: Any) -> Any:
    return enhancer(image).enhance(1.5)
