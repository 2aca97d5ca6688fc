"""A program: a straight line of array operations that every format for phones has, on arrays of known shapes.

Whole numbers are computed in float32, in which they are exact below 2**24.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def _softmax(values: Array) -> Array:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


OPERATIONS: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "floor": np.floor,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "softmax": _softmax,
    "matmul": np.matmul,
    "gather": lambda table, places: np.take(table, places, axis=0),
    "transpose": np.transpose,
    "reshape": np.reshape,
    "sum": lambda values, axis: np.add.reduce(values, axis=axis, keepdims=True),
    "concat": lambda *values, axis: np.concatenate(values, axis=axis),
    "cast": lambda values, dtype: values.astype(dtype),
}
"""What each operation means. `matmul` has a constant matrix `(K, N)` on its right; `gather` takes rows; `softmax` is
that of the last axis; the rest is as numpy has it, broadcasting too."""


@dataclass(frozen=True)
class Value:
    """An array of a program: a constant if it has an `array`, else the input or the result of a step."""

    number: int
    shape: tuple[int, ...]
    dtype: str
    array: Array | None = None


@dataclass(frozen=True)
class Step:
    """One operation; `settings` are its axes, shape or dtype."""

    name: str
    operands: tuple[Value, ...]
    settings: Mapping[str, Any]
    result: Value


@dataclass
class Program:
    """Steps from one input, a batch of one uint8 image `(1, H, W, C)`, to the last result."""

    shape: tuple[int, ...]
    name: str = ""
    about: str = ""
    steps: list[Step] = field(default_factory=list)
    count: int = 1

    @property
    def image(self) -> Value:
        """The input."""
        return Value(0, self.shape, "uint8")

    def constant(self, array: npt.ArrayLike, dtype: str = "float32") -> Value:
        """Return a constant."""
        made = np.ascontiguousarray(array, dtype=dtype)
        self.count += 1
        return Value(self.count - 1, made.shape, dtype, made)

    def add(self, name: str, *operands: Value | npt.ArrayLike, **settings: Any) -> Value:
        """Add a step; what is not a value becomes a float32 constant. Return the result."""
        taken = tuple(given if isinstance(given, Value) else self.constant(given) for given in operands)
        blank = [np.zeros(value.shape, value.dtype) for value in taken]
        with np.errstate(all="ignore"):
            made = OPERATIONS[name](*blank, **settings)
        self.count += 1
        result = Value(self.count - 1, made.shape, str(made.dtype), None)
        self.steps.append(Step(name, taken, settings, result))
        return result

    @property
    def result(self) -> Value:
        """The result of the last step; the input if there is none."""
        return self.steps[-1].result if self.steps else self.image

    def run(self, images: Array) -> Array:
        """Return the results of uint8 images `(N, H, W, C)`, one after the other, by numpy."""
        return np.concatenate([self._run_one(image[None]) for image in images])

    def _run_one(self, image: Array) -> Array:
        known = {0: image}
        for step in self.steps:
            taken = [known[value.number] if value.array is None else value.array for value in step.operands]
            known[step.result.number] = OPERATIONS[step.name](*taken, **step.settings)
        return known[self.result.number]


def along(program: Program, values: Value, matrix: Array, axis: int) -> Value:
    """Add the product of an axis with a matrix `(out, in)`: result j is the sum of matrix[j, i] times value i."""
    order = [other for other in range(len(values.shape)) if other != axis] + [axis]
    if axis == len(order) - 1:
        return program.add("matmul", values, np.ascontiguousarray(matrix.T))
    turned = program.add("transpose", values, axes=tuple(order))
    product = program.add("matmul", turned, np.ascontiguousarray(matrix.T))
    return program.add("transpose", product, axes=tuple(np.argsort(order).tolist()))


def rounded(program: Program, values: Value) -> Value:
    """Add rounding to nearest, halves up, into 0..255."""
    return clipped(program, program.add("floor", program.add("add", values, 0.5)))


def clipped(program: Program, values: Value) -> Value:
    """Add limits of 0 and 255."""
    return program.add("minimum", program.add("maximum", values, 0.0), 255.0)
