"""What single calls of numpy and OpenCV need for the work of an operation: the limit, where a bar is set by it.

No draw and no check, but for one: floats are looked through for NaN once, as every image of floats must be.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np

from augplug._backends.slices import as_items

HEIGHT, WIDTH = 500, 750
_WORDS = np.arange(65536, dtype=np.uint16)[None, ::-1].copy()
_LOW, _HIGH = np.float32(0.2), np.float32(0.9)


def _looked_up(given: Any) -> Any:
    return cv2.LUT(given.reshape(HEIGHT, -1), _WORDS).reshape(given.shape)


def _planes(given: Any) -> Any:
    return [given] if given.ndim == 2 else cv2.split(given)


def _equalized_words(given: Any) -> Any:
    made = []
    for plane in _planes(given):
        counts = cv2.calcHist([plane], [0], None, [65536], [0, 65536]).reshape(1, -1)
        below = np.cumsum(counts, axis=1) * (65535 / plane.size)
        made.append(cv2.LUT(plane, below.astype(np.uint16)))
    return cv2.merge(made) if len(made) > 1 else made[0]


def _stretched_words(given: Any) -> Any:
    for plane in (planes := _planes(given)):
        cv2.minMaxLoc(plane)
    made = [cv2.LUT(plane, (_WORDS * np.float32(1.01)).astype(np.uint16)) for plane in planes]
    return cv2.merge(made) if len(made) > 1 else made[0]


def _stretched_floats(given: Any) -> Any:
    for plane in (planes := _planes(given)):
        cv2.minMaxLoc(plane)
    made = [np.clip(cv2.addWeighted(plane, 1.1, plane, 0, -0.05), 0, 1) for plane in planes]
    return cv2.merge(made) if len(made) > 1 else made[0]


def _equalized_floats(given: Any) -> Any:
    made, levels = [], np.linspace(0, 1, 256)
    for plane in _planes(given):
        counts = cv2.calcHist([plane], [0], None, [256], [0, 1]).ravel()
        made.append(np.interp(plane, levels, np.cumsum(counts) / plane.size).astype(np.float32))
    return cv2.merge(made) if len(made) > 1 else made[0]


def _summed(given: Any, slope: float, start: float) -> Any:
    rows = given.reshape(HEIGHT, -1)
    return np.clip(cv2.addWeighted(rows, slope, rows, 0, start), 0, 1).reshape(given.shape)


def _curved(given: Any) -> Any:
    other = 1 - given
    return 3 * other * other * given * _LOW + 3 * other * given * given * _HIGH + given * given * given


def _contrasted_words(given: Any) -> Any:
    cv2.sumElems(given.reshape(HEIGHT, -1))
    return _looked_up(given)


def _posterized(given: Any) -> Any:
    # In float64: in float32 a value next to a step comes out a step too high or too low.
    return (np.floor(given * np.float64(255 / 16)) * (16 / 255)).astype(np.float32)


def _stretched_bytes(given: Any) -> Any:
    for plane in (planes := _planes(given)):
        cv2.minMaxLoc(plane)
    made = [cv2.LUT(plane, _BYTES) for plane in planes]
    return cv2.merge(made) if len(made) > 1 else made[0]


_BYTES = np.arange(256, dtype=np.uint8)[::-1].copy()


def _pixels(given: Any) -> Any:
    """Return an image as a view in which a pixel is one item, which numpy copies at once."""
    return given if given.ndim == 2 else as_items(given)


def _flipped(given: Any) -> Any:
    return cv2.flip(given, 1) if given.shape[2:] <= (4,) else np.ascontiguousarray(_pixels(given)[:, ::-1])


def _shifted(given: Any) -> Any:
    made = np.zeros_like(given)
    made[:, 150:] = given[:, :-150]
    return made


def _padded(given: Any) -> Any:
    made = np.zeros((HEIGHT + 80, WIDTH + 80, *given.shape[2:]), given.dtype)
    made[40:-40, 40:-40] = given
    return made


def _grouped(given: Any, call: Callable[[Any], Any]) -> Any:
    """Return what an OpenCV function makes of up to four channels at a time."""
    if given.shape[2:] <= (4,):
        return call(given)
    made, high = None, given.shape[2]
    for first in range(0, high, 4):
        part = slice(first, min(first + 4, high))
        group = np.ascontiguousarray(as_items(given[..., part])).view(given.dtype).reshape(HEIGHT, WIDTH, -1)
        group = call(group)
        made = np.empty((*group.shape[:2], high), given.dtype) if made is None else made
        as_items(made[..., part])[...] = as_items(group.reshape(*group.shape[:2], -1))
    return made


_TURN = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 20, 1)
_AFFINE = np.array([[0.75, 0.2, 90.0], [-0.27, 0.75, 130.0]])
_BENT = np.array([[1.1, 0.1, -20.0], [0.05, 1.2, -30.0], [1e-4, 2e-4, 1.0]])


def _warped(given: Any, matrix: Any, flags: int) -> Any:
    if len(matrix) == 3:
        return _grouped(given, lambda part: cv2.warpPerspective(part, matrix, (WIDTH, HEIGHT), flags=flags))
    return _grouped(given, lambda part: cv2.warpAffine(part, matrix, (WIDTH, HEIGHT), flags=flags))


def _resized(given: Any, flags: int) -> Any:
    if flags == cv2.INTER_LINEAR:  # it takes any number of channels
        return cv2.resize(given, (224, 224), interpolation=flags)
    return _grouped(given, lambda part: cv2.resize(part, (224, 224), interpolation=flags))


_MOVES: dict[str, Callable[[Any], Any]] = {
    "HorizontalFlip": _flipped,
    "VerticalFlip": lambda given: np.ascontiguousarray(given[::-1]),
    "Transpose": lambda given: np.ascontiguousarray(_pixels(given).T),
    "Rotate90": lambda given: np.ascontiguousarray(_pixels(given).T[::-1]),
    "whole shift": _shifted,
    "CenterCrop": lambda given: given[50:450, 75:675].copy(),
    "Pad": _padded,
    "Rotate nearest": partial(_warped, matrix=_TURN, flags=cv2.INTER_NEAREST),
    "Rotate linear": partial(_warped, matrix=_TURN, flags=cv2.INTER_LINEAR),
    "Affine": partial(_warped, matrix=_AFFINE, flags=cv2.INTER_NEAREST),
    "Perspective": partial(_warped, matrix=_BENT, flags=cv2.INTER_NEAREST),
    "Resize linear": partial(_resized, flags=cv2.INTER_LINEAR),
    "Resize area": partial(_resized, flags=cv2.INTER_AREA),
}
_WORD_TONES = dict.fromkeys(("Invert", "Brightness", "Solarize", "Posterize", "Gamma", "ToneCurve"), _looked_up)
_FLOAT_TONES: dict[str, Callable[[Any], Any]] = {
    "Invert": partial(_summed, slope=-1.0, start=1.0),
    "Brightness": partial(_summed, slope=1.5, start=0.0),
    "Contrast": lambda given: _summed(given, 1.5, -0.5 * cv2.sumElems(given.reshape(HEIGHT, -1))[0] / given.size),
    "Solarize": lambda given: np.where(given < _LOW, given, 1 - given),
    "Posterize": _posterized,
    "Gamma": lambda given: np.power(given, np.float32(1.5)),
    "ToneCurve": _curved,
    "AutoContrast": _stretched_floats,
    "Equalize": _equalized_floats,
}


def _looked_through(given: Any, call: Callable[[Any], Any]) -> Any:
    given.view(np.uint32).max()
    return call(given)


BARE_CALLS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "uint8": {**_MOVES, "AutoContrast": _stretched_bytes},
    "uint16": {
        **_MOVES,
        **_WORD_TONES,
        "Contrast": _contrasted_words,
        "AutoContrast": _stretched_words,
        "Equalize": _equalized_words,
    },
    "float32": {name: partial(_looked_through, call=call) for name, call in {**_MOVES, **_FLOAT_TONES}.items()},
}
"""The same work as bare calls of numpy and OpenCV, nothing kept to the bit."""
