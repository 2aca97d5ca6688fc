"""The limit: bare OpenCV (or numpy) where one call does the work. Not a rival: it draws and checks nothing."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.bound import kernel_step
from benchmarks.contests import operation
from benchmarks.peers.common import TARGETS, Call, Peer, corners

_WARPS = ("ShearX nearest", "ShearX linear", "ShearY nearest", "ShearY linear", "TranslateX", "TranslateY")
_TURNS = ("Rotate nearest", "Rotate linear", "Scale", "Affine")


def operations(size: int) -> Peer:
    """Return what one call does, with tables and matrices made beforehand."""
    target, edge, far = (TARGETS[size],) * 2, size // 8, size - size // 8
    inverted = np.arange(255, -1, -1, dtype=np.uint8)
    bits = np.full((1,), 0xF0, dtype=np.uint8)
    line = np.full((1, 9), 1 / 9, dtype=np.float32)
    colours = np.full((3, 3), 1 / 3)
    square = np.array([[0, 0], [size - 1, 0], [size - 1, size - 1], [0, size - 1]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(square, np.array(corners(size), dtype=np.float32))
    calls: dict[str, Call] = {
        "Identity": np.ndarray.copy,
        "HorizontalFlip": lambda image: cv2.flip(image, 1),
        "VerticalFlip": lambda image: cv2.flip(image, 0),
        "Transpose": cv2.transpose,
        "Rotate90": lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
        "Resize area": lambda image: cv2.resize(image, target, interpolation=cv2.INTER_AREA),
        "Resize linear": lambda image: cv2.resize(image, target, interpolation=cv2.INTER_LINEAR),
        "Pad": lambda image: cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_CONSTANT),
        "Invert": cv2.bitwise_not,
        "Posterize": lambda image: cv2.bitwise_and(image, bits),
        "Brightness": lambda image: cv2.convertScaleAbs(image, alpha=1.5),
        "HueShift": lambda image: cv2.transform(image, colours),
        "Color": lambda image: cv2.transform(image, colours),
        "Saturation": lambda image: cv2.transform(image, colours),
        "GaussianBlur": lambda image: cv2.GaussianBlur(image, (13, 13), 1.5),
        "MotionBlur": lambda image: cv2.filter2D(image, -1, line),
        "Perspective": lambda image: cv2.warpPerspective(image, matrix, (size, size), flags=cv2.INTER_LINEAR),
    }
    parts = ("Crop", "CenterCrop", "RandomCrop")
    calls |= dict.fromkeys(parts, lambda image: image[edge:far, edge:far].copy())
    calls |= dict.fromkeys(("Solarize", "SolarizeAdd", "Gamma", "ToneCurve"), lambda image: cv2.LUT(image, inverted))
    calls |= {name: kernel_step(operation(name, size), size, size) for name in (*_WARPS, *_TURNS)}
    return Peer(np.copy, calls)
