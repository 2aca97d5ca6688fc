"""The geometry of a view: the one matrix of its effects, forwards and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augplug import coords
from augplug.effects import Blend, DisplacementField, Effect, Mix, Opaque, Warp
from augplug.errors import PolicyError
from augplug.shapes import shape_after
from augplug.types import Matrix

_FLATTEST = 1e-6
"""Least ratio of a matrix' singular values: below it the view is a line, from which nothing comes back."""


@dataclass(frozen=True, eq=False)  # by identity: arrays have no single truth
class Geometry:
    """Where a view shows the image: `matrix` maps the image's points to the view's, `back` the view's to the image's.

    `size` is the view's height and width, `shown` the image's. `mirrors` says that the view is a mirror image. `frames`
    are the canvases on the way, the view's last, each with the matrix that leads there: what one cuts off is lost.
    """

    matrix: Matrix
    back: npt.NDArray[np.float64]
    size: tuple[int, int]
    shown: tuple[int, int]
    mirrors: bool
    frames: tuple[tuple[Matrix, tuple[int, int]], ...]

    def sees(self, point: npt.NDArray[np.float64]) -> bool:
        """Return True if the view shows a point of the image."""
        return all(is_inside(coords.apply(matrix, point[None])[0], size) for matrix, size in self.frames)


def is_inside(point: npt.NDArray[np.float64], size: tuple[int, int]) -> bool:
    """Return True if a point lies on a canvas of a size."""
    return bool(-0.5 <= point[0] <= size[1] - 0.5 and -0.5 <= point[1] <= size[0] - 0.5)


def geometry_of(effects: Sequence[Effect], shape: tuple[int, ...], owner: str) -> Geometry:
    """Return the geometry of effects on an image of a shape. Raises PolicyError, which names `owner`, without one.

    Effects that change values alone (tones, colours, filters, noise, painting) move nothing.
    """
    matrix, (height, width) = coords.IDENTITY, shape[:2]
    frames = []
    for effect in effects:
        if problem := _problem(effect):
            raise PolicyError(f"{owner} {problem}; test-time views take flips, turns, shifts, crops and other matrices")
        if isinstance(effect, Warp) and not isinstance(effect.transform, DisplacementField):
            matrix = coords.multiply(effect.transform, matrix)
            frames.append((matrix, effect.size))
        shape = shape_after(effect, shape)
    sides = np.linalg.svd(np.asarray(matrix)[:2, :2], compute_uv=False)
    if sides[1] <= _FLATTEST * sides[0] or abs(np.linalg.det(np.asarray(matrix))) < _FLATTEST**2:
        raise PolicyError(f"{owner} presses the image flat, by the matrix {matrix}, which has no inverse")
    mirrors = coords.mirrors(matrix, height, width)
    size = (shape[0], shape[1])
    way = tuple(frames) or ((matrix, size),)
    return Geometry(matrix, coords.inverse(matrix), size, (height, width), mirrors, way)


def _problem(effect: Effect) -> str | None:
    """Return what keeps predictions from being brought back through an effect, if anything does."""
    if isinstance(effect, Warp) and isinstance(effect.transform, DisplacementField):
        return f"bends the image by a field ({effect.transform.kind}), which no matrix undoes"
    if isinstance(effect, Opaque):
        name = getattr(effect.function, "__name__", "a function")
        return f"runs {name} of another library, and what it moves is not known"
    if isinstance(effect, Mix):
        return "mixes other images in"
    if isinstance(effect, Blend) and any(_moves(inner) for chain in effect.chains for inner in chain):
        return "blends images that moved differently"
    return None


def _moves(effect: Effect) -> bool:
    return isinstance(effect, Warp) or _problem(effect) is not None
