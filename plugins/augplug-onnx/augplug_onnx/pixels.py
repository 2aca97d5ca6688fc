"""Effects on pixels where they are, as nodes: tables, colour, what looks at the image, smoothing, painting.

Each takes the image, uint8 `(H, W, C)`, the numbers of the effect, and C; formulas and rounding are those of the
reference backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from augplug_onnx.graph import Value

Numbers: TypeAlias = Callable[[str], Value]
"""The numbers of an effect by their names in `effects.inputs_of`."""
_GREY = np.array([[19595], [38470], [7471]], dtype=np.int64)
"""Pillow's weights of red, green and blue, in 1/65536."""
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=np.float32)
_LEVELS = np.arange(256, dtype=np.int64)


def table(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return every value through the table."""
    return numbers("table").at(image.as_type(np.int32))


def contrast(image: Value, numbers: Numbers, channels: int) -> Value:
    """Return the blend with the mean grey, of all values unless the image is RGB."""
    grey = _grey(image) if channels == len(_GREY) else image.as_type(np.int64)
    pixels = image.graph.node("Size", grey, dtype=np.int64)
    mean = grey.reduce("Sum", keepdims=0).as_type(np.float64) / pixels.as_type(np.float64)
    return blend((mean + 0.5).floor().as_type(np.float32), image, numbers)


def stretch(image: Value, _numbers: Numbers, _channels: int) -> Value:
    """Return AutoContrast: each channel's lowest value becomes 0 and its highest 255."""
    graph, values = image.graph, image.as_type(np.float64)
    lowest, highest = values.reduce("Min", 0, 1), values.reduce("Max", 0, 1)
    flat = lowest >= highest
    scale = graph.constant(255.0, np.float64) / graph.where(flat, graph.constant(255.0, np.float64), highest - lowest)
    shift = graph.where(flat, graph.constant(0.0, np.float64), graph.node("Neg", lowest * scale))
    return (values * scale + shift).clip(0, 255).as_type(np.uint8)


def equalize(image: Value, _numbers: Numbers, channels: int) -> Value:
    """Return Equalize: the running count of each channel's values, in steps that use all levels."""
    graph = image.graph
    places = (image.as_type(np.int64) + np.arange(channels, dtype=np.int64) * len(_LEVELS)).reshape(-1)
    nothing = graph.constant(np.zeros(channels * len(_LEVELS)), np.int64)
    ones = places * 0 + 1
    counts = graph.node("ScatterElements", nothing, places, ones, axis=0, reduction="add").reshape(channels, -1)
    below = graph.node("CumSum", counts, graph.constant(1, np.int64), exclusive=1)
    step = (below * (counts >= 1).as_type(np.int64)).reduce("Max", 1) / (len(_LEVELS) - 1)
    spread = graph.node("Min", (below + step / 2) / graph.node("Max", step, 1), len(_LEVELS) - 1)
    levels = graph.where(step >= 1, spread, _LEVELS).as_type(np.uint8).reshape(-1)
    return graph.node("Reshape", levels.at(places), graph.node("Shape", image, dtype=np.int64))


def smooth(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return the blend with Pillow's SMOOTH, a convolution of whole numbers; the outermost pixels stay."""
    graph = image.graph
    planes = graph.node("Transpose", image.as_type(np.float32), perm=[2, 0, 1]).unsqueeze(1)
    sums = graph.node("Conv", planes, graph.constant(_SMOOTH[None, None], np.float32), pads=[1, 1, 1, 1])
    # The sum divided by 13 and rounded to nearest, in whole numbers.
    rounded = ((sums.as_type(np.int64) * 2 + 13) / 26).as_type(np.uint8)
    smoothed = graph.node("Transpose", rounded, perm=[2, 3, 0, 1]).reshape(0, 0, -1)
    edge = np.ones(2, dtype=np.int64)
    inner = within(image, graph.constant(edge, np.int64), graph.node("Shape", image, dtype=np.int64, end=2) - edge)
    return blend(graph.where(inner, smoothed, image).as_type(np.float32), image, numbers)


def blend_with_grey(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return the blend of an RGB image with its grey."""
    return blend(_grey(image).as_type(np.float32), image, numbers)


def mix(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return the channels mixed by the matrix, whose rows are outputs."""
    graph = image.graph
    turned = graph.node("Transpose", numbers("mix"), perm=[1, 0])
    return to_uint8(graph.node("MatMul", image.as_type(np.float64), turned))


def paint(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return the image with one rectangle filled."""
    box = numbers("box")
    first, last = (image.graph.node("Slice", box, *(np.array([end]) for end in ends)) for ends in ((0, 2), (2, 4)))
    return image.graph.where(within(image, first, last), numbers("fill"), image)


def within(image: Value, first: Value, last: Value) -> Value:
    """Return which pixels `(H, W, 1)` lie between the first row and column and the last, which are not in it."""
    rows, columns = (image.graph.count(image.side(axis)) for axis in (0, 1))
    row, column = ((places >= first.at(axis)) & (places < last.at(axis)) for axis, places in enumerate((rows, columns)))
    return row.unsqueeze(1, 2) & column.unsqueeze(0, 2)


def blend(base: Value, image: Value, numbers: Numbers) -> Value:
    """Return base + factor (image - base) as Pillow computes it: float32, clipped and truncated."""
    moved = (image.as_type(np.float32) - base) * numbers("factor").as_type(np.float32)
    return (moved + base).clip(0, 255).as_type(np.uint8)


def to_uint8(values: Value) -> Value:
    """Round doubles to nearest, halves up, as the reference does."""
    return (values + 0.5).floor().clip(0, 255).as_type(np.uint8)


def _grey(image: Value) -> Value:
    """Return the grey of an RGB image, rounded as Pillow's L, as 64-bit integers `(H, W, 1)`."""
    return (image.graph.node("MatMul", image.as_type(np.int64), _GREY) + 32768) / 65536
