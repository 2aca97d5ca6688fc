"""Noise and blur against their definitions: statistics, slow loops, scipy."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from augplug_corruptions import blur, severities
from scipy import ndimage

import augplug

GREY = np.full((200, 200, 3), 0.4)


def corrupted(name: str, severity: int, image: augplug.Image, **fields: Any) -> Any:
    """The image corrupted."""
    return augplug.Augmenter(augplug.step(name, severity=severity, **fields))(image, index=0)


@pytest.mark.parametrize(("severity", "deviation"), [*enumerate((0.08, 0.12, 0.18, 0.26, 0.38), 1)])
def test_gaussian_noise_has_its_deviation(severity: int, deviation: float) -> None:
    """By the share of values below a bound, which clipping to 0..1 does not change."""
    added = corrupted("CorruptionGaussianNoise", severity, GREY, key=3) - GREY
    for bound in (-1.0, -0.5, 0.0, 0.5, 1.0):
        assert np.mean(added < bound * deviation) == pytest.approx(NormalDist().cdf(bound), abs=0.01)


@pytest.mark.parametrize(("severity", "photons"), [*enumerate((60, 25, 12, 5, 3), 1)])
def test_shot_noise_counts_photons(severity: int, photons: int) -> None:
    """The share of each count is Poisson's, up to white, where all larger counts are clipped to."""
    counts = corrupted("CorruptionShotNoise", severity, GREY, key=3) * photons
    assert np.abs(counts - np.rint(counts)).max() < 1e-9
    for count in range(photons):
        expected = math.exp(-0.4 * photons) * (0.4 * photons) ** count / math.factorial(count)
        assert np.mean(np.rint(counts) == count) == pytest.approx(expected, abs=0.01)


def test_shot_noise_is_that_of_each_value() -> None:
    """On average nothing changes, and the lighter, the noisier; black stays black."""
    image = np.tile(np.linspace(0, 0.5, 6), (20_000, 1))
    made = corrupted("CorruptionShotNoise", 1, image, key=3)
    assert made.mean(axis=0) == pytest.approx(image[0], abs=0.005)
    assert made.var(axis=0) == pytest.approx(image[0] / 60, rel=0.05)


@pytest.mark.parametrize(("severity", "share"), [*enumerate((0.03, 0.06, 0.09, 0.17, 0.27), 1)])
def test_impulse_noise_is_black_and_white(severity: int, share: float) -> None:
    made = corrupted("CorruptionImpulseNoise", severity, GREY, key=3)
    assert np.mean(made == 0) == pytest.approx(share / 2, abs=0.005)
    assert np.mean(made == 1) == pytest.approx(share / 2, abs=0.005)
    assert np.isin(made, (0, 0.4, 1)).all()
    assert (made[..., 0] != made[..., 1]).any(), "each channel has noise of its own"


def test_defocus_is_a_disk() -> None:
    """One white pixel becomes a disk of radius 10, as bright everywhere but at its edge.

    OpenCV convolves by large kernels in float32 spectra: 1e-7 is its rounding.
    """
    image = np.zeros((61, 61))
    image[30, 30] = 1
    made = corrupted("CorruptionDefocusBlur", 5, image)
    y, x = np.indices(image.shape) - 30
    distance, area = np.hypot(x, y), sum(i * i + j * j <= 100 for i in range(-10, 11) for j in range(-10, 11))
    assert made.sum() == pytest.approx(1, abs=1e-5)
    assert made[distance < 7] == pytest.approx(1 / area, abs=1e-7)
    assert made[distance > 13] == pytest.approx(0, abs=1e-7)
    assert made == pytest.approx(made.T, abs=1e-7)
    assert made == pytest.approx(made[::-1], abs=1e-7)


def test_defocus_mirrors_the_image() -> None:
    """A loop over all taps, on an image of several channels, with its outermost pixels not repeated."""
    image = np.random.default_rng(0).random((12, 15, 2))
    weights = blur.disk(3, 0.1)
    padded = np.pad(image, ((4, 4), (4, 4), (0, 0)), mode="reflect")
    expected = sum(weights[y, x] * padded[y : y + 12, x : x + 15] for y in range(9) for x in range(9))
    assert corrupted("CorruptionDefocusBlur", 1, image) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("reach", "rounds"), [(1, 2), (2, 3), (3, 1), (4, 2)])
def test_glass_swaps_one_pixel_at_a_time(reach: int, rounds: int) -> None:
    """A loop over pixels gives what swapping whole lattices does: no two swaps of one lattice meet."""
    height, width = 21, 26
    chance, expected = augplug.generator(9), [*range(height * width)]
    for _ in range(rounds):
        moves = chance.integers(-reach, reach, (2, height, width))
        for top in range(reach, 3 * reach):
            for left in range(reach, 3 * reach):
                for y in range(top, height - reach, 2 * reach):
                    for x in range(left, width - reach, 2 * reach):
                        one, other = y * width + x, (y + moves[0, y, x]) * width + x + moves[1, y, x]
                        expected[one], expected[other] = expected[other], expected[one]
    made = blur.shuffled(height, width, 9, reach, rounds)
    assert made.tolist() == expected
    assert sorted(expected) == [*range(height * width)]


def test_glass_moves_pixels_a_little() -> None:
    """Everywhere, to all sides, on average nowhere, and farther at severity 5 than at 1."""
    spread = []
    for _, reach, rounds in (severities.GLASS_BLUR[0], severities.GLASS_BLUR[4]):
        there = np.stack(np.divmod(blur.shuffled(100, 100, 1, reach, rounds), 100))
        moved = (there - np.indices((100, 100)).reshape(2, -1)).astype(np.float64)
        assert np.abs(moved.mean(axis=1)).max() < 0.1
        spread.append(moved.std())
    assert 0.7 < spread[0] < 3 < spread[1] < 8


@pytest.mark.parametrize(("degrees", "down", "across"), [(0, 0, -1), (90, 1, 0), (-90, -1, 0), (45, 1, -1)])
def test_motion_leaves_a_fading_trail(degrees: float, down: int, across: int) -> None:
    """One white pixel becomes a trail of 21 points whose weights are a half Gaussian, on one side."""
    image = np.zeros((61, 61))
    image[30, 30] = 1
    weights = [math.exp(-0.5 * (step / 3) ** 2) for step in range(21)]
    expected = np.zeros((61, 61))
    for step, weight in enumerate(weights):
        far = step if degrees % 90 == 0 else round(step * math.sqrt(0.5))
        expected[30 + far * down, 30 + far * across] += weight / sum(weights)
    made = corrupted("CorruptionMotionBlur", 1, image, degrees=degrees)
    assert made == pytest.approx(expected, abs=1e-12)


def test_motion_repeats_the_border() -> None:
    """A column that is white at the right border alone is smeared from beyond it as if white went on."""
    image = np.zeros((5, 40))
    image[:, -1] = 1
    weights = [math.exp(-0.5 * (step / 3) ** 2) for step in range(21)]
    made = corrupted("CorruptionMotionBlur", 1, image, degrees=0)
    assert made[2, -4:] == pytest.approx([sum(weights[step:]) / sum(weights) for step in (3, 2, 1, 0)])
    assert made[2, 0] == 0


@pytest.mark.parametrize(("severity", "last"), [*enumerate((1.11, 1.15, 1.20, 1.24, 1.30), 1)])
def test_zoom_averages_enlargements(severity: int, last: float) -> None:
    """The published ranges, each zoom by scipy about the middle; the image counts once more."""
    step = severities.ZOOM_BLUR[severity - 1][1]
    image = np.random.default_rng(0).random((30, 41))
    middle = (np.array(image.shape) - 1) / 2
    zooms = np.arange(1, last + step / 2, step)
    enlarged = [
        ndimage.affine_transform(image, np.eye(2) / zoom, middle - middle / zoom, order=1, mode="nearest")
        for zoom in zooms
    ]
    assert corrupted("CorruptionZoomBlur", severity, image) == pytest.approx(
        (image + sum(enlarged)) / (len(zooms) + 1), abs=1e-9
    )
