"""augplug's own child model as steps of a program: oriented gradients in cells, and kernel ridge regression on them.

It is what `kernel-ridge` trains in a search, with the same numbers; `augplug/_evaluators/gradients.py` says where they
are from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import augplug
from augplug import ExportError, Labelled
from augplug_phones.pipeline import add_grey
from augplug_phones.program import Array, Program, Value, along

_DIRECTIONS = 8
_FINEST = 32
"""Images with both sides at least twice this are first reduced by a whole factor."""
_CONTRAST = 0.1
"""Added to the contrast that cells are divided by."""
_SLOPE = 10.0
"""Of the scores in the softmax: the slope of the sigmoid by which augplug scores margins."""


@dataclass(frozen=True)
class ChildSettings:
    """What `--set` takes for the classifier that is trained for an export, beside `data` and `augment`."""

    train: int = augplug.setting(2000, low=2, high=20_000, doc="Training images at most, evenly taken from the data.")
    copies: int = augplug.setting(1, low=0, high=100, doc="Copies of each, augmented by the policy `augment`.")
    cells: int = augplug.setting(
        4, low=1, high=32, doc="Cells along a side of an image, of which gradients are summed."
    )
    ridge: float = augplug.setting(0.01, low=1e-8, high=1e4, doc="What is added to the kernel's diagonal.")
    gamma: float = augplug.setting(0.1, low=1e-4, high=1e3, doc="The kernel's exponent at the mean distance of images.")
    seed: int = augplug.setting(0, low=0, high=2**31, doc="Of the augmented copies.")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        augplug.check_ranges("the classifier", self)


def add_child(program: Program, image: Value, data: Labelled, augment: augplug.Policy, settings: ChildSettings) -> None:
    """Train a classifier on images of the size of `image` `(H, W, C)`, and add it: the confidences `(1, classes)`.

    A colour image is made grey for a classifier of grey images. Raises ExportError for data of another size.
    """
    colour = data.x.ndim == 4
    if data.x.shape[1:3] != image.shape[:2] or (colour and image.shape[2] != 3) or image.shape[2] not in (1, 3):
        raise ExportError(
            f"the pipeline leaves images {image.shape}, and the classifier's data are {data.x.shape[1:]}: make the "
            "pipeline end in that size, by Resize and CenterCrop, or load the data in that of the pipeline"
        )
    if not colour and image.shape[2] == 3:
        image = add_grey(program, image)
    few = data.take(np.linspace(0, len(data) - 1, min(settings.train, len(data))).round().astype(np.int64))
    ridge = augplug.FeatureRidge(
        "the classifier",
        few,
        few.take(np.arange(1)),
        features_of(image.shape, settings.cells),
        copies=settings.copies,
        ridge=settings.ridge,
        gamma=settings.gamma,
    )
    _add_scores(program, add_features(program, image, settings.cells), ridge.fit(augment, seed=settings.seed))


def features_of(shape: tuple[int, ...], cells: int) -> Callable[[Any], Array]:
    """Return a function from uint8 images `(N, H, W)` or `(N, H, W, C)` to features `(N, F)`, float32."""
    program = Program((1, *shape))
    add_features(
        program, program.add("reshape", program.add("cast", program.image, dtype="float32"), shape=shape), cells
    )
    return lambda images: program.run(np.reshape(images, (len(images), *shape)))


def add_features(program: Program, image: Value, cells: int) -> Value:
    """Add the features `(1, F)` of float32 values `(H, W, 1)` or `(H, W, 3)` of 0..255."""
    factor = min(image.shape[:2]) // _FINEST
    for axis in (0, 1) if factor > 1 else ():
        image = along(program, image, _blocks(image.shape[axis], factor), axis)
    units = program.add("div", image, 255.0)
    height, width, channels = units.shape
    rows, columns = (_sums(side, min(cells, side)) for side in (height, width))
    grey = along(program, units, np.full((1, channels), 1 / channels), 2) if channels > 1 else units
    made = _add_cells(program, program.add("reshape", grey, shape=(1, height, width)), rows, columns)
    if channels == 1:
        return made
    means = (side / side.sum(axis=1, keepdims=True) for side in (rows, columns))
    for axis, matrix in enumerate(means):
        units = along(program, units, matrix, axis)
    colours = program.add("reshape", units, shape=(1, math.prod(units.shape)))
    return program.add("concat", made, colours, axis=1)


def _add_cells(program: Program, grey: Value, rows: Array, columns: Array) -> Value:
    """Add the rectified gradients of units `(1, H, W)` along 8 directions, summed over cells and normalised."""
    across, down = (along(program, grey, _differences(grey.shape[axis]), axis) for axis in (2, 1))
    angles = 2 * math.pi * np.arange(_DIRECTIONS // 2)[:, None, None] / _DIRECTIONS
    parts = [program.add("mul", part, weight) for part, weight in ((across, np.cos(angles)), (down, np.sin(angles)))]
    gradients = program.add("add", *parts)

    def summed(values: Value) -> Value:
        return along(program, along(program, values, columns, 2), rows, 1)

    forward = summed(program.add("maximum", gradients, 0.0))
    # The opposite direction has the negative projection: max(-a, 0) = max(a, 0) - a.
    back = program.add("maximum", program.add("sub", forward, summed(gradients)), 0.0)
    made = program.add("concat", forward, back, axis=0)
    energy = program.add("sum", program.add("mul", made, made), axis=0)
    for axis, side in ((2, len(columns)), (1, len(rows))):
        energy = along(program, energy, np.tri(side, k=1) - np.tri(side, k=-2), axis)  # with the cells beside it
    scaled = program.add("div", made, program.add("add", program.add("sqrt", energy), _CONTRAST))
    turned = program.add("transpose", scaled, axes=(1, 2, 0))
    return program.add("reshape", turned, shape=(1, math.prod(turned.shape)))


def _add_scores(program: Program, features: Value, fitted: augplug.FittedRidge) -> None:
    """Add the kernel machine, and the softmax of its scores."""
    width = fitted.width
    products = program.add("matmul", features, 2 * width * fitted.rows.T)
    norm = program.add("sum", program.add("mul", features, features), axis=1)
    own = program.add("add", products, -width * np.square(fitted.rows).sum(axis=1)[None])
    exponents = program.add("minimum", program.add("add", own, program.add("mul", norm, -width)), 0.0)
    scores = program.add("matmul", program.add("exp", exponents), fitted.weights)
    program.add("softmax", program.add("mul", scores, _SLOPE))


def _differences(side: int) -> Array:
    """Return the matrix of half the difference of the neighbours along a side, whose ends are repeated."""
    places = np.arange(side)
    made = np.zeros((side, side))
    np.add.at(made, (places, np.minimum(places + 1, side - 1)), 0.5)
    np.add.at(made, (places, np.maximum(places - 1, 0)), -0.5)
    return made


def _blocks(side: int, factor: int) -> Array:
    """Return the matrix of means over whole blocks; what is left over is cut off."""
    made = np.zeros((side // factor, side))
    for row in range(len(made)):
        made[row, row * factor : (row + 1) * factor] = 1 / factor
    return made


def _sums(side: int, cells: int) -> Array:
    """Return the matrix that sums a side's pixels into cells of nearly equal size."""
    edges = [round(side * cell / cells) for cell in range(cells + 1)]
    made = np.zeros((cells, side))
    for row in range(cells):
        made[row, edges[row] : edges[row + 1]] = 1
    return made
