"""Operations that move every pixel by a displacement field; `augplug.DisplacementField` is the recipe of one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from augplug import coords, coords_stack
from augplug.distributions import Uniform
from augplug.effect_batch import EffectBatch
from augplug.effects import FIELD_LIMIT, DisplacementField, Effect
from augplug.errors import OperationError
from augplug.ops import parameters
from augplug.ops.base import Operation, operation
from augplug.ops.former import FormerField
from augplug.ops.geometry import warped, warped_rows
from augplug.ops.parameters import Resampled, parameter, resampling
from augplug.rng import Stream, Streams, key_of
from augplug.types import Canvas, Interpolation

_SPLINE_WIDTH = math.sqrt(3)
"""A Gaussian of deviation s is as wide as a cubic B-spline of spacing sqrt(3) s: both have the variance s**2."""
_SPLINE_POWER = 151 / 315
"""The mean of the sum of squared weights of a cubic B-spline, along one axis."""
_LEAST_SPACING = 2.0
_NOT_GIVEN = FormerField({0.0: None})
"""How `alpha` and `sigma` were written if they were not given."""


@operation(
    source="Simard et al., ICDAR 2003, section 2; here on a coarse grid, so that nothing folds",
    version=2,
    upgrades={1: {"alpha": _NOT_GIVEN, "sigma": _NOT_GIVEN}},
)
class ElasticTransform(Resampled, Operation):
    """Move every pixel smoothly: control points `spacing` pixels apart, each moved by up to `amplitude` pixels.

    `alpha` and `sigma`, as other libraries have them (uniform noise, smoothed by a Gaussian of `sigma` pixels, times
    `alpha` pixels), are converted to the field of the same width and strength; they are refused where it would fold.
    `amplitude_fraction` and `spacing_fraction` are the same for images of any size, in fractions of the shorter side.
    """

    spacing: float = parameter(low=2, high=4096, unit="pixels", default=32.0)
    amplitude: float = parameter(low=0, high=1024, unit="pixels", default=6.0)
    alpha: float | None = parameter(low=0, high=1e6, unit="pixels", default=None)
    sigma: float | None = parameter(low=0, high=1e4, unit="pixels", default=None)
    amplitude_fraction: float | None = parameter(low=0, high=1, unit="fraction of the shorter side", default=None)
    spacing_fraction: float = parameter(low=0, high=10, unit="fraction of the shorter side", default=0.25)
    key: int = parameters.key()
    interpolation: Interpolation = resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp by an elastic field."""
        spacing, amplitude = self.spacing, self.amplitude
        if self.alpha or self.sigma:
            spacing, amplitude = converted(self.alpha or 0.0, self.sigma or 0.0)
        if self.amplitude_fraction is not None:
            side = min(canvas.height, canvas.width)
            spacing = max(_LEAST_SPACING, self.spacing_fraction * side)
            amplitude = min(self.amplitude_fraction * side, FIELD_LIMIT * spacing)
        field = DisplacementField("elastic", self.key, spacing, amplitude)
        return warped(self, field, canvas)


def converted(alpha: float, sigma: float) -> tuple[float, float]:
    """Return the spacing and amplitude (pixels) of the field as wide and, on average, as strong as (alpha, sigma).

    Smoothed uniform noise has deviation alpha / sqrt(3) / (2 sqrt(pi) sigma), a spline over uniform control points
    amplitude / sqrt(3) * 151 / 315. Raises OperationError where the field would fold.
    """
    spacing = _SPLINE_WIDTH * sigma
    amplitude = alpha / (2 * math.sqrt(math.pi) * sigma) / _SPLINE_POWER if sigma else math.inf
    if sigma < 2 or amplitude > FIELD_LIMIT * spacing:
        most = FIELD_LIMIT * spacing * _SPLINE_POWER * 2 * math.sqrt(math.pi) * sigma
        raise OperationError(
            f"ElasticTransform(alpha={alpha:g}, sigma={sigma:g}) could fold the image, so that points have no place to "
            f"go; with this sigma (at least 2) alpha may be at most {most:.1f}"
        )
    return spacing, amplitude


@operation(source="the grid distortion of Albumentations, with smooth instead of broken lines")
class GridDistortion(Resampled, Operation):
    """Stretch and squeeze rows and columns: lines `spacing` pixels apart, each moved by up to `amplitude` pixels."""

    spacing: float = parameter(low=2, high=4096, unit="pixels", default=40.0)
    amplitude: float = parameter(low=0, high=1024, unit="pixels", default=8.0)
    key: int = parameters.key()
    interpolation: Interpolation = resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp by a separable field."""
        field = DisplacementField("grid", self.key, self.spacing, self.amplitude)
        return warped(self, field, canvas)


@operation(source="the one-term radial model of camera calibration, Brown 1971")
class OpticalDistortion(Resampled, Operation):
    """Bend the image like a lens: input = centre + (output - centre) (1 + k r**2), r = 1 at the corner.

    Positive `k` is a pincushion seen from outside (content shrinks towards the centre), negative a barrel.
    """

    k: float = parameter(low=-FIELD_LIMIT, high=FIELD_LIMIT, unit="strength", draw=Uniform(-0.15, 0.15))
    interpolation: Interpolation = resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp by a radial field; none at k = 0."""
        if self.k == 0:
            return []
        corner = math.hypot(canvas.height, canvas.width) / 2
        field = DisplacementField("radial", 0, corner, self.k * corner)
        return warped(self, field, canvas)


@operation(source="the perspective of Albumentations and torchvision: corners moved inwards")
class Perspective(Resampled, Operation):
    """Show the image as from the side: each corner moves inwards by up to `distortion` of half of each side.

    Corners that come to lie in no convex order (which takes a distortion above 2/3) move a part of the way, as they
    would at a distortion of 0.6.
    """

    distortion: float = parameter(low=0, high=0.9, unit="fraction of half the side", default=0.3)
    key: int = parameters.key()
    interpolation: Interpolation = resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One warp by the matrix that takes the corners where the key says."""
        stream, corners, moves = Stream(_PERSPECTIVE, key_of(self.key, 0, 0)), _corners(canvas), []
        for inwards_x, inwards_y in _INWARDS:
            dx = inwards_x * stream.real() * self.distortion * canvas.width / 2
            dy = inwards_y * stream.real() * self.distortion * canvas.height / 2
            moves.append((dx, dy))
        moved = _moved(corners, moves, 1.0)
        if not _is_convex(moved):
            moved = _moved(corners, moves, _ALWAYS_CONVEX / self.distortion)
        transform = coords.from_corners(canvas.height, canvas.width, moved)
        return warped(self, transform, canvas)

    @classmethod
    def describe_batch(cls, rows: Any, canvas: Canvas) -> EffectBatch | None:
        """All rows of `describe`; those whose corners it moves back are ordinary."""
        distortion, keys = np.broadcast_arrays(np.atleast_1d(rows.distortion), rows.key)
        streams = Streams(_PERSPECTIVE, [key_of(int(key), 0, 0) for key in keys.tolist()])
        every = streams.of(np.arange(len(keys)))
        moved = np.empty((len(keys), 4, 2))
        for corner, (x, y) in enumerate(_corners(canvas)):
            inwards_x, inwards_y = _INWARDS[corner]
            moved[:, corner, 0] = x + inwards_x * every.reals() * distortion * canvas.width / 2
            moved[:, corner, 1] = y + inwards_y * every.reals() * distortion * canvas.height / 2
        sides = [side.T for side in np.moveaxis(np.roll(moved, -1, axis=1) - moved, 1, 0)]
        turns = np.array([coords_stack.cross(sides[place - 1], sides[place]) for place in range(4)])
        convex = turns.min(axis=0) > 0
        moved[~convex] = _corners(canvas)
        batch = warped_rows(rows, coords_stack.from_corners(canvas.height, canvas.width, moved), canvas)
        return None if batch is None else replace(batch, ordinary=~convex)


_PERSPECTIVE = b"augplug.Perspective"
_INWARDS = ((1, 1), (-1, 1), (-1, -1), (1, -1))
"""Where inwards is from each corner, to the right and down."""


_ALWAYS_CONVEX = 0.6
"""A distortion below 2/3, up to which the corners are always those of a convex quadrilateral."""


def _corners(canvas: Canvas) -> list[tuple[float, float]]:
    """Return the canvas' corners, from the top left clockwise."""
    right, bottom = canvas.width - 0.5, canvas.height - 0.5
    return [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom)]


def _moved(
    corners: list[tuple[float, float]], moves: list[tuple[float, float]], part: float
) -> list[tuple[float, float]]:
    return [(x + part * dx, y + part * dy) for (x, y), (dx, dy) in zip(corners, moves, strict=True)]


def _is_convex(corners: list[tuple[float, float]]) -> bool:
    """Return True if every corner, in their order, turns to the same side as those of a canvas."""
    z = [complex(*corner) for corner in corners]
    sides = [z[(place + 1) % 4] - z[place] for place in range(4)]
    return all((sides[place - 1].conjugate() * sides[place]).imag > 0 for place in range(4))
