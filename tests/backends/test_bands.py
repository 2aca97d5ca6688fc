"""Area and fields on the reference: weights without their zeros give what all weights give, and take little memory."""

from __future__ import annotations

import os
import subprocess  # nosec B404  # runs this Python only
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augplug._backends import fields, sampling
from augplug._backends.bands import Band, weigh, weigh_both
from augplug.effects import DisplacementField

SIDES = st.integers(1, 9)


def covered(scale: float, shift: float, place: int, pixel: int) -> Fraction:
    """How much of the box of an output pixel an input pixel covers, exactly."""
    centre, half = Fraction(scale) * place + Fraction(shift), max(Fraction(scale), Fraction(1)) / 2
    low, high = max(centre - half, pixel - Fraction(1, 2)), min(centre + half, pixel + Fraction(1, 2))
    return max(high - low, Fraction(0)) / (2 * half)


@given(SIDES, SIDES, SIDES, SIDES, st.integers(-20, 20), st.sampled_from([0.25, 0.5, 1.0, 1.75, 2.5, 6.0]))
def test_area_is_the_mean_under_each_pixel(
    height: int, width: int, high: int, wide: int, shift: int, scale: float
) -> None:
    """As a loop over all pixels in exact fractions has it, rounded to nearest."""
    image = np.random.default_rng(height * 31 + width).integers(0, 256, (height, width), np.uint8)
    pull = np.array([[scale, 0, shift / 4], [0, 1.5, -0.25], [0, 0, 1]])
    made = sampling.area(image, pull, (high, wide), np.array([9], np.uint8))
    for row in range(high):
        for column in range(wide):
            down = [covered(1.5, -0.25, row, pixel) for pixel in range(height)]
            across = [covered(scale, shift / 4, column, pixel) for pixel in range(width)]
            whole = sum(down) * sum(across)
            total = sum(
                one * other * int(image[y, x]) for y, one in enumerate(down) if one for x, other in enumerate(across)
            )
            right = total / whole if whole else Fraction(9)
            assert abs(int(made[row, column]) - right) <= Fraction(1, 2)


@given(st.integers(1, 30), st.integers(1, 12), st.integers(1, 20), st.integers(-15, 30))
def test_bands_are_dense_weights_without_zeros(length: int, count: int, width: int, first: int) -> None:
    """Also where more inputs than outputs are summed, and outside the axis."""
    rng = np.random.default_rng(length)
    band = Band(rng.integers(first - 3, first + 4, count), rng.random((count, width)))
    values = rng.integers(0, 256, (length, 5), np.uint8)
    pixels = band.first[:, None] + np.arange(width)
    inside = (pixels >= 0) & (pixels < length)
    band.weights[~inside] = 0
    dense = np.zeros((count, length))
    for row in range(count):
        dense[row, pixels[row, inside[row]]] = band.weights[row, inside[row]]
    assert np.allclose(weigh(values, band), dense @ values, rtol=0, atol=1e-9)

    both = weigh_both(values[..., None], band, Band(np.arange(4), np.full((4, 2), 0.5)))[..., 0]
    assert np.allclose(both, dense @ (values[:, :-1] / 2 + values[:, 1:] / 2), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["elastic", "grid"])
def test_fields_are_splines_of_all_control_points(kind: str) -> None:
    field, size = DisplacementField(kind, 5, 3.7, 0.7), (29, 41)  # type: ignore[arg-type]  # one of its kinds
    down, across = (fields.weights(np.arange(side, dtype=float), 3.7, side) for side in size)
    assert np.allclose(down.sum(axis=1), 1)
    moves = down @ fields.control(field, down.shape[1], across.shape[1]) @ across.T
    xs, ys = fields.pull_points(field, size)
    assert np.allclose(np.stack([xs, ys]), moves + np.mgrid[:29, :41][::-1], rtol=0, atol=1e-9)

    points = np.random.default_rng(0).uniform(-5, 50, (40, 2))
    inside = np.array([[7.0, 3.0], [40.0, 28.0]])
    assert np.allclose(fields.displacement(field, inside, size), moves[:, [3, 28], [7, 40]].T, rtol=0, atol=1e-9)
    assert fields.displacement(field, points, size).shape == (40, 2)


ROOT = Path(__file__).parents[2]
LONG = """
import sys
import numpy as np
import augplug
from tests import operations

def peak():
    # Not ru_maxrss, which a process has from the one that started it.
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024

backend, dtype = sys.argv[1:]
augments = {name: augplug.Augmenter(operations.step(name), backend=backend) for name in operations.names()}
augments["area"] = augplug.Augmenter(augplug.step("Scale", factor=0.7, interpolation="area"), backend=backend)
def image(height, width):
    values = np.zeros((height, width, 3), np.uint8)
    values[::2] = 200
    if dtype == "float32":
        return values / np.float32(255)
    return values if dtype == "uint8" else values.astype(np.uint16) * 257
def run(height, width):
    one = image(height, width)
    for name, augment in augments.items():
        if augment.mixes:
            augment.batch(np.stack([one, one]), indices=[0, 1])
        else:
            augment(one, index=0)
run(32, 32)
before = peak()
run(12, 33500)
run(30, 40000)
after = peak()
print(round(after - before), file=sys.stdout)
"""
"""Every operation on long pictures; prints by how many megabytes the peak grew."""


@pytest.mark.parametrize(
    ("backend", "dtype"), [("opencv", "uint8"), ("opencv", "uint16"), ("opencv", "float32"), ("reference", "uint8")]
)
def test_long_pictures_take_little_memory(backend: str, dtype: str) -> None:
    """12x33500 and 30x40000 under every operation; a matrix of weights for `area` alone took gigabytes."""
    found = subprocess.run(  # nosec B603  # this Python, and a script of ours
        [sys.executable, "-c", LONG, backend, dtype],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(found.stdout) < 500
