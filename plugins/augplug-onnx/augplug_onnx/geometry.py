"""Effects that move or weigh pixels, as nodes: warps, means of areas, Gaussian blurs.

`matrix` leads from pixels of the result to points of the image, x before y: the inverse of a Warp's. Everything is
computed in double precision and in the order of the reference backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from augplug_onnx.graph import Value
from augplug_onnx.pixels import Numbers, blend, to_uint8

Kernel: TypeAlias = Callable[[Value], Sequence[Value]]
_CUBIC = -0.75
"""The free coefficient of the cubic kernel."""
_NOTHING = 1e-9
"""Less of a box than this is not a part of it, but rounding."""


def nearest(image: Value, numbers: Numbers, channels: int, border: str) -> Value:
    """Return the nearest pixels; matrices that turn or shear are in 16.16 fixed point, as Pillow's."""
    matrix, graph = numbers("matrix"), image.graph
    xs, ys = _pixels(numbers("size"))
    plain = [(place + 0.5).floor().as_type(np.int64) for place in _points(matrix, xs, ys)]
    straight = (matrix.at(0, 1).equals(0.0)) & (matrix.at(1, 0).equals(0.0))
    affine = graph.node("Equal", matrix.at(2), np.array([0.0, 0.0, 1.0]), dtype=np.bool_).as_type(np.int64)
    fixed = graph.node("Not", straight) & affine.reduce("Min", keepdims=0).equals(1)
    columns, rows = graph.choose(fixed, lambda: [_fixed(matrix.at(row), xs, ys) for row in (0, 1)], plain)
    row, column = (_along(places, image.side(axis), border) for axis, places in enumerate((rows, columns)))
    return _gather(image, numbers, channels, row, column)


def smooth_warp(image: Value, numbers: Numbers, channels: int, kernel: Kernel, border: str) -> Value:
    """Return the sum of neighbours, weighted by a kernel along each axis."""
    across, down = _points(numbers("matrix"), *_pixels(numbers("size")))
    x0, y0 = across.floor(), down.floor()
    wide, high = kernel(across - x0), kernel(down - y0)
    first = 1 - len(wide) // 2
    rows, columns = (
        [_along((start + float(first + tap)).as_type(np.int64), image.side(axis), border) for tap in range(len(wide))]
        for axis, start in enumerate((y0, x0))
    )
    total = None
    for row, below in zip(rows, high, strict=True):
        for column, right in zip(columns, wide, strict=True):
            tap = _gather(image, numbers, channels, row, column).as_type(np.float64) * (right * below).unsqueeze(2)
            total = tap if total is None else total + tap
    assert total is not None  # noqa: S101  # a kernel has taps
    return to_uint8(total)


def linear(t: Value) -> Sequence[Value]:
    """Return the weights of 2 neighbours."""
    return 1 - t, t


def cubic(t: Value) -> Sequence[Value]:
    """Return the weights of 4 neighbours."""
    a, near, far = _CUBIC, 1 - t, 2 - t
    return (
        (((t + 1) * a - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
        (t * (a + 2) - (a + 3)) * t * t + 1,
        (near * (a + 2) - (a + 3)) * near * near + 1,
        ((far * a - 5 * a) * far + 8 * a) * far - 4 * a,
    )


def area(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return the mean of the image under each pixel of the result; `fill` where there is none of it."""
    matrix, size, graph = numbers("matrix"), numbers("size"), image.graph
    down = _boxes(matrix.at(1, 1), matrix.at(1, 2), size.at(0), image.side(0))
    across = _boxes(matrix.at(0, 0), matrix.at(0, 2), size.at(1), image.side(1))
    covered = (down.reduce("Sum", 1) * across.reduce("Sum", 1).reshape(1, -1)).unsqueeze(2)
    seen = covered >= _NOTHING
    mean = _weighed(image, down, across) / graph.where(seen, covered, 1.0)
    return to_uint8(graph.where(seen, mean, numbers("fill").as_type(np.float64)))


def blur(image: Value, numbers: Numbers, _channels: int) -> Value:
    """Return the blend with a Gaussian blur, cut off at 4 standard deviations, of the image mirrored at its border."""
    graph, sigma = image.graph, numbers("sigma")
    radius = graph.node("Max", (sigma * 4.0 + 0.5).as_type(np.int64), 1)
    offsets = graph.count(radius * 2 + 1) - radius
    ratio = offsets.as_type(np.float64) / sigma
    weights = graph.node("Exp", ratio * ratio * -0.5)
    weights = weights / weights.reduce("Sum")
    down, across = (_mirrored(offsets, weights, image.side(axis)) for axis in (0, 1))
    return blend(to_uint8(_weighed(image, down, across)).as_type(np.float32), image, numbers)


def _pixels(size: Value) -> tuple[Value, Value]:
    """Return the columns `(1, w)` and rows `(h, 1)` of the result."""
    ys, xs = (size.graph.count(size.at(axis)).as_type(np.float64) for axis in (0, 1))
    return xs.reshape(1, -1), ys.reshape(-1, 1)


def _points(matrix: Value, xs: Value, ys: Value) -> tuple[Value, Value]:
    """Return x and y of the point of the image that every pixel shows."""
    across, down, depth = (xs * matrix.at(row, 0) + ys * matrix.at(row, 1) + matrix.at(row, 2) for row in range(3))
    return across / depth, down / depth


def _fixed(row: Value, xs: Value, ys: Value) -> Value:
    a, b, c = ((value * 65536.0 + 0.5).floor().as_type(np.int64) for value in (row.at(0), row.at(1), row.at(2) + 0.5))
    place = c + a * xs.as_type(np.int64) + b * ys.as_type(np.int64)
    return (place - place % 65536) / 65536


def _along(places: Value, side: Value, border: str) -> tuple[Value, Value | None]:
    """Return places along a side as numpy.pad's mode of that name repeats them, and which lie inside if none do."""
    graph = places.graph
    if border == "wrap":
        return places % side, None
    if border == "reflect":
        turn = side * 2 - 2
        folded = places % graph.node("Max", turn, 1)
        return graph.node("Min", folded, turn - folded), None
    held = places.clip(0, side - 1)
    return held, None if border == "edge" else held.equals(places)


def _gather(
    image: Value, numbers: Numbers, channels: int, row: tuple[Value, Value | None], column: tuple[Value, Value | None]
) -> Value:
    """Return the pixels at rows and columns; one more pixel behind the last holds the fill."""
    graph, index = image.graph, row[0] * image.side(1) + column[0]
    pixels = image.reshape(-1, channels)
    if row[1] is None or column[1] is None:
        return pixels.at(index)
    index = graph.where(row[1] & column[1], index, pixels.side(0))
    return graph.node("Concat", pixels, numbers("fill").reshape(1, channels), axis=0).at(index)


def _boxes(scale: Value, shift: Value, out: Value, inside: Value) -> Value:
    """Return how much of each of `out` boxes each of the pixels inside covers."""
    graph = scale.graph
    centres = (graph.count(out).as_type(np.float64) * scale + shift).unsqueeze(1)
    half = graph.node("Max", scale, 1.0) * 0.5
    pixels = graph.count(inside).as_type(np.float64)
    low, high = graph.node("Max", centres - half, pixels - 0.5), graph.node("Min", centres + half, pixels + 0.5)
    return graph.node("Max", high - low, 0.0) / (half * 2.0)


def _mirrored(offsets: Value, weights: Value, side: Value) -> Value:
    """Return the matrix of a kernel along a side that is mirrored at its ends."""
    graph = offsets.graph
    places, _ = _along(graph.count(side).unsqueeze(1) + offsets, side, "reflect")
    square = graph.node("Concat", side.reshape(1), side.reshape(1), axis=0)
    nothing = graph.node("Expand", graph.constant(0.0, np.float64), square)
    spread = graph.node("Expand", weights, graph.node("Shape", places, dtype=np.int64))
    return graph.node("ScatterElements", nothing, places, spread, axis=1, reduction="add")


def _weighed(image: Value, down: Value, across: Value) -> Value:
    """Return the sums of the image's rows by `down` `(h, H)`, then of its columns by `across` `(w, W)`."""
    graph = image.graph
    flat = graph.node("Flatten", image.as_type(np.float64))
    rows = graph.node("MatMul", down, flat)
    shape = graph.node("Concat", *(side.reshape(1) for side in (down.side(0), image.side(1), image.side(2))), axis=0)
    return graph.node("MatMul", across, graph.node("Reshape", rows, shape))


BORDERS = ("constant", "edge", "reflect", "wrap")
WARPS: Mapping[str, Callable[[Value, Numbers, int], Value]] = {
    f"{name}-{border}": partial(nearest, border=border)
    if kernel is None
    else partial(smooth_warp, kernel=kernel, border=border)
    for name, kernel in (("nearest", None), ("linear", linear), ("cubic", cubic))
    for border in BORDERS
}
"""By interpolation and border."""
