"""Both backends against scikit-image, wherever it has the same operation: one table of tolerances, measured.

`pytest -s tests/backends/test_skimage.py` prints what was measured. docs/design/backends.md repeats the table, and a
test keeps the two equal. Where the formulas differ on purpose, the peer is built from scikit-image's parts: grey,
saturation and hue from its YIQ, because augplug's grey has the weights of BT.601 and rgb2gray those of BT.709, and
because a turn of the hue in HSV is another operation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from math import ceil, cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from augplug import coords
from augplug._backends import fields
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug.effects import DisplacementField, Effect, Noise, Warp
from augplug.ops.base import Operation
from augplug.ops.color import Grayscale, HueShift, Saturation
from augplug.ops.crops import Resize
from augplug.ops.filters import GaussianBlur
from augplug.ops.geometry import HorizontalFlip, Rotate, VerticalFlip
from augplug.ops.tone import AutoContrast, Equalize, Gamma, Invert
from augplug.types import Canvas, Image, Interpolation, Matrix

# Imported by name, because scikit-image has no types.
color, data, exposure, filters, transform, util = (
    import_module(f"skimage.{name}") for name in ("color", "data", "exposure", "filters", "transform", "util")
)
Reals = npt.NDArray[np.float64]
Size = tuple[int, int]
BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
DTYPES = ("uint8", "uint16", "float32", "float64")
PAGE = Path(__file__).parents[2] / "docs" / "design" / "backends.md"

TOLERANCES: dict[str, tuple[float, float, float, float]] = {
    "flips, transposition, quarter turns": (0, 0, 0, 0),
    "Invert: util.invert": (0, 0, 0, 0),
    "Gamma: exposure.adjust_gamma": (1, 0.002, 1, 0.002),
    "AutoContrast: exposure.rescale_intensity": (1, 0.002, 1, 0.002),
    "Equalize: exposure.equalize_hist, 224x224": (1.2, 2, 1.2, 2),
    "Grayscale: Y of color.rgb2yiq": (0.51, 0.004, 0.51, 0.004),
    "Saturation: chroma of color.rgb2yiq": (1.2, 0.003, 1.2, 0.003),
    "HueShift: chroma of color.rgb2yiq turned": (1, 0.5, 1, 0.5),
    "GaussianBlur: filters.gaussian": (0.5, 0.002, 1.5, 0.01),
    "GaussianNoise: util.random_noise, percentiles 1 to 99": (1.2, 0.8, 1.5, 1.5),
    "Resize to half: transform.downscale_local_mean": (0.5, 0.002, 1.5, 0.01),
    "Resize up: transform.resize": (0.5, 0.002, 1.5, 0.01),
    "Resize down: transform.resize, anti-aliased, mean": (1.6, 1.6, 1.6, 1.6),
    "Rotate, linear: transform.rotate": (0.5, 0.002, 9, 9),
    "affine, linear: transform.warp": (0.5, 0.002, 9, 9),
    "projective, linear: transform.warp": (0.5, 0.002, 9, 9),
    "fields, linear: transform.warp": (0.5, 0.002, 9, 9),
    "Rotate, nearest: transform.rotate": (0.2, 0.2, 2, 2),
    "affine, nearest: transform.warp": (0.2, 0.2, 2, 2),
    "projective, nearest: transform.warp": (0, 0, 2, 2),
    "fields, nearest: transform.warp": (0, 0, 2, 2),
}
"""The most by which a value differs, in 8-bit units: reference on uint8, on other dtypes, OpenCV on uint8, on others.

Of nearest neighbour it is the share of the pixels that differ, in percent.
"""


@dataclass(frozen=True)
class Case:
    """An operation, and scikit-image's: from the image's values in 0..1 to those of the result."""

    row: str
    ours: Callable[[Canvas], list[Effect]] | Operation
    theirs: Callable[[Reals], Any]
    sizes: tuple[Size, ...] = ((5, 7), (32, 32), (61, 48), (224, 224))
    average: bool = False

    def effects(self, canvas: Canvas) -> list[Effect]:
        """What the backend renders."""
        return self.ours.describe(canvas) if isinstance(self.ours, Operation) else self.ours(canvas)


def warp(
    transform: Callable[[int, int], Matrix | DisplacementField], interpolation: Interpolation
) -> Callable[[Canvas], list[Effect]]:
    def effects(canvas: Canvas) -> list[Effect]:
        size = (canvas.height, canvas.width)
        return [Warp(transform=transform(*size), size=size, interpolation=interpolation)]

    return effects


def always(field: DisplacementField, _height: int, _width: int) -> DisplacementField:
    return field


def affine(_height: int, _width: int) -> Matrix:
    return ((1.1037, 0.2019, 3.3071), (-0.1513, 0.9029, 2.1043), (0.0, 0.0, 1.0))


def projective(height: int, width: int) -> Matrix:
    return coords.from_corners(
        height, width, [(1.0, 0.5), (width - 2.3, 1.1), (width - 0.7, height - 1.9), (0.2, height - 1.2)]
    )


def matrix_peer(kind: type, matrix: Callable[[int, int], Matrix], order: int) -> Callable[[Reals], Any]:
    def theirs(image: Reals) -> Any:
        pull = kind(matrix=np.array(matrix(*image.shape[:2]))).inverse
        return transform.warp(image, pull, order=order, mode="constant", clip=False)

    return theirs


def field_peer(field: DisplacementField, order: int) -> Callable[[Reals], Any]:
    def theirs(image: Reals) -> Any:
        xs, ys = fields.pull_points(field, (image.shape[0], image.shape[1]))
        return by_channel(image, lambda one: transform.warp(one, np.stack([ys, xs]), order=order, clip=False))

    return theirs


def by_channel(image: Reals, function: Callable[[Reals], Any]) -> Reals:
    planes = np.moveaxis(np.atleast_3d(image), 2, 0)
    return np.stack([function(plane) for plane in planes], axis=2).reshape(*function(planes[0]).shape, *image.shape[2:])


def in_yiq(change: Reals) -> Callable[[Reals], Any]:
    """Multiply the YIQ values of RGB images by a matrix; grey images stay."""
    return lambda image: image if image.ndim == 2 else color.yiq2rgb(color.rgb2yiq(image) @ change.T)


def turned(degrees: float) -> Reals:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def smaller(image: Reals) -> Any:
    size = tuple(ceil(side * 0.6) for side in image.shape[:2])
    return transform.resize(image, size, order=1, anti_aliasing=True, clip=False)


def halved(canvas: Canvas) -> list[Effect]:
    return Resize(height=canvas.height // 2, width=canvas.width // 2).describe(canvas)


def shrunk(canvas: Canvas) -> list[Effect]:
    return Resize(height=ceil(canvas.height * 0.6), width=ceil(canvas.width * 0.6)).describe(canvas)


def grown(canvas: Canvas) -> list[Effect]:
    return Resize(height=2 * canvas.height + 1, width=canvas.width + 5).describe(canvas)


def transposed(canvas: Canvas) -> list[Effect]:
    return [Warp(transform=coords.TRANSPOSITION, size=(canvas.width, canvas.height))]


FIELDS = (
    DisplacementField("elastic", 5, 12.0, 2.0),
    DisplacementField("grid", 5, 12.0, 2.0),
    DisplacementField("radial", 0, 20.0, 3.5),
)
EXACT = "flips, transposition, quarter turns"
EVEN = ((4, 6), (32, 32), (60, 48), (224, 224))
CASES = [
    Case(EXACT, HorizontalFlip(), lambda image: image[:, ::-1]),
    Case(EXACT, VerticalFlip(), lambda image: image[::-1]),
    Case(EXACT, transposed, lambda image: image.swapaxes(0, 1)),
    Case(EXACT, Rotate(degrees=90), lambda image: transform.rotate(image, 90, order=0), ((5, 5), (32, 32), (224, 224))),
    Case("Invert: util.invert", Invert(), util.invert),
    Case("Gamma: exposure.adjust_gamma", Gamma(gamma=0.7), lambda image: exposure.adjust_gamma(image, 0.7)),
    Case(
        "AutoContrast: exposure.rescale_intensity",
        AutoContrast(),
        lambda image: by_channel(image, lambda one: exposure.rescale_intensity(one, out_range=(0.0, 1.0))),
    ),
    Case(
        "Equalize: exposure.equalize_hist, 224x224",
        Equalize(),
        lambda image: by_channel(image, lambda one: exposure.equalize_hist(one, nbins=256)),
        ((224, 224),),
    ),
    Case("Grayscale: Y of color.rgb2yiq", Grayscale(), in_yiq(np.diag([1.0, 0, 0]))),
    Case("Saturation: chroma of color.rgb2yiq", Saturation(factor=1.6), in_yiq(np.diag([1.0, 1.6, 1.6]))),
    Case("HueShift: chroma of color.rgb2yiq turned", HueShift(degrees=40), in_yiq(turned(40))),
    Case(
        "GaussianBlur: filters.gaussian",
        GaussianBlur(sigma=1.3),
        lambda image: by_channel(image, lambda one: filters.gaussian(one, 1.3, mode="mirror", truncate=4.0)),
    ),
    Case(
        "Resize to half: transform.downscale_local_mean",
        halved,
        lambda image: transform.downscale_local_mean(image, (2, 2) + (1,) * (image.ndim - 2)),
        EVEN,
    ),
    Case(
        "Resize up: transform.resize",
        grown,
        lambda image: transform.resize(
            image, (2 * image.shape[0] + 1, image.shape[1] + 5), order=1, mode="edge", anti_aliasing=False
        ),
    ),
    Case("Resize down: transform.resize, anti-aliased, mean", shrunk, smaller, ((224, 224),), average=True),
]
for _kind, _order in (("nearest", 0), ("linear", 1)):
    _way: Interpolation = "nearest" if _order == 0 else "linear"
    CASES += [
        Case(
            f"Rotate, {_kind}: transform.rotate",
            Rotate(degrees=33, interpolation=_way),
            partial(transform.rotate, angle=33, order=_order, clip=False),
        ),
        Case(
            f"affine, {_kind}: transform.warp",
            warp(affine, _way),
            matrix_peer(transform.AffineTransform, affine, _order),
        ),
        Case(
            f"projective, {_kind}: transform.warp",
            warp(projective, _way),
            matrix_peer(transform.ProjectiveTransform, projective, _order),
        ),
    ]
    CASES += [
        Case(
            f"fields, {_kind}: transform.warp",
            warp(partial(always, field), _way),
            field_peer(field, _order),
        )
        for field in FIELDS
    ]


@cache
def picture(size: Size, channels: int, dtype: str, photograph: bool) -> Image:
    """A photograph or noise, read-only."""
    if photograph:
        values = transform.resize(data.astronaut(), size, anti_aliasing=True)
    else:
        values = np.random.default_rng(size).random((*size, 3))
    values = values if channels == 3 else values[..., 1]
    kind = np.dtype(dtype)
    made = np.round(values * np.iinfo(kind).max).astype(kind) if kind.kind == "u" else values.astype(kind)
    made = np.ascontiguousarray(made)
    made.setflags(write=False)
    return made


def in_one(image: Image) -> Reals:
    """The values in 0..1."""
    return image / np.iinfo(image.dtype).max if image.dtype.kind == "u" else image.astype(np.float64)


def rendered(backend: Backend, effects: list[Effect], image: Image) -> Image:
    for effect in effects:
        image = np.ascontiguousarray(backend.prepare(effect, image.shape, image.dtype)(image))
    return image


def difference(case: Case, made: Image, wanted: Reals) -> float:
    away = np.abs(in_one(made) - np.clip(wanted, 0, 1)) * 255
    if "nearest" in case.row:
        return float(np.mean(away > 0.001) * 100)
    return float(away.mean() if case.average else away.max())


def measured(case: Case, backend: Backend, dtype: str) -> float:
    """The largest difference over sizes, grey and RGB: on noise, and a photograph where it is a mean, or large RGB."""
    worst = 0.0
    for size in case.sizes:
        for channels, photograph in ((1, case.average), (3, size == (224, 224) and "Equalize" not in case.row)):
            image = picture(size, channels, dtype, photograph)
            made = rendered(backend, case.effects(Canvas(*size, channels)), image)
            worst = max(worst, difference(case, made, case.theirs(in_one(image))))
    return worst


def bound(row: str, backend: str, dtype: str) -> float:
    return TOLERANCES[row][2 * (backend == "opencv") + (dtype != "uint8")]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_agree_with_scikit_image(backend: str, case: Case, dtype: str) -> None:
    most = measured(case, BACKENDS[backend], dtype)
    sys.stdout.write(f"{backend:10} {dtype:8} {case.row}: {most:.3g}\n")
    # The tolerances are round numbers; 1e-4 of a level is what float32 costs.
    assert most <= bound(case.row, backend, dtype) + 1e-4
    assert bound(case.row, "reference", dtype) <= bound(case.row, "opencv", dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_noise_has_the_statistics_of_random_noise(backend: str, dtype: str) -> None:
    grey = np.full((224, 224), 0.5)
    theirs = util.random_noise(grey, "gaussian", var=(20 / 255) ** 2, rng=1) * 255
    image = (grey * (np.iinfo(dtype).max if dtype.startswith("u") else 1)).astype(dtype)
    ours = in_one(rendered(BACKENDS[backend], [Noise(key=1, std=20.0)], image)) * 255
    points = np.linspace(1, 99, 50)
    apart = float(np.abs(np.percentile(ours, points) - np.percentile(theirs, points)).max())
    sys.stdout.write(f"{backend:10} {dtype:8} noise: {apart:.3g}\n")
    assert apart <= bound("GaussianNoise: util.random_noise, percentiles 1 to 99", backend, dtype)


def row_on_page(row: str, bounds: tuple[float, ...]) -> str:
    return f"| {row} | {' | '.join(f'{bound:g}' for bound in bounds)} |"


def test_the_page_has_the_same_table() -> None:
    section = PAGE.read_text("utf-8").partition("## Against scikit-image\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert rows == [row_on_page(row, bounds) for row, bounds in TOLERANCES.items()]


def test_every_row_has_a_case() -> None:
    assert {case.row for case in CASES} == {row for row in TOLERANCES if not row.startswith("GaussianNoise")}


def test_a_shift_by_a_tenth_of_a_pixel_is_seen() -> None:
    shifted = Case(
        "affine, linear: transform.warp", warp(_shifted, "linear"), matrix_peer(transform.AffineTransform, affine, 1)
    )
    assert all(
        measured(shifted, backend, "uint8") > bound(shifted.row, "opencv", "uint8") for backend in BACKENDS.values()
    )


def _shifted(height: int, width: int) -> Matrix:
    (a, b, c), down, last = affine(height, width)
    return ((a, b, c + 0.1), down, last)
