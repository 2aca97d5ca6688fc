"""Operations on values, colours, neighbourhoods and regions, against scipy, scikit-image and their definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import skimage
import skimage.data
import skimage.exposure
import skimage.filters
from scipy import ndimage

from augplug._backends import kernels
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._sample.image import canvas_of
from augplug.effects import Paint
from augplug.errors import ImageError
from augplug.ops.base import Operation
from augplug.ops.color import ChannelShuffle, Color, Grayscale, HueShift, Saturation
from augplug.ops.filters import GaussianBlur, GaussianNoise, MotionBlur, Sharpen
from augplug.ops.regions import Cutout, GridMask, RandomErasing
from augplug.ops.tone import Gamma, ToneCurve, tone_curve
from augplug.types import Canvas, Image

SKIMAGE: Any = skimage  # it has no types
BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
BOTH = pytest.mark.parametrize("name", BACKENDS)
PHOTOGRAPH = SKIMAGE.data.astronaut()[40:140, 150:280].copy()


def render(operation: Operation, image: Image, name: str = "reference") -> Image:
    """Render one operation."""
    for effect in operation.describe(canvas_of(image)):
        image = BACKENDS[name].prepare(effect, image.shape, image.dtype)(image)
    return image


@BOTH
@pytest.mark.parametrize("gamma", [0.4, 0.9, 2.2])
def test_gamma_is_scikit_images(name: str, gamma: float) -> None:
    """But for rounding: it rounds where Pillow's tones truncate."""
    theirs = SKIMAGE.exposure.adjust_gamma(PHOTOGRAPH / 255.0, gamma) * 255

    assert np.abs(render(Gamma(gamma=gamma), PHOTOGRAPH, name) - np.floor(theirs + 1e-9)).max() <= 1
    assert render(Gamma(gamma=1.0), PHOTOGRAPH, name) is PHOTOGRAPH


def test_a_straight_tone_curve_changes_nothing_and_a_bent_one_keeps_its_ends() -> None:
    """Inner heights of a third and two thirds are the straight line."""
    ramp = np.arange(256, dtype=np.uint8).reshape(1, -1)
    bent = render(ToneCurve(shadows=0.1, highlights=0.9), ramp)
    straight = render(ToneCurve(shadows=1 / 3, highlights=2 / 3), ramp)

    assert np.abs(straight.astype(int) - ramp).max() <= 1
    assert (bent[0, 0], bent[0, 255]) == (0, 255)
    assert (np.diff(bent[0].astype(int)) >= 0).all()


@pytest.mark.parametrize("count", [256, 255, 65536])
def test_a_tone_curve_is_the_bezier_curve_to_the_bit(count: int) -> None:
    """As written, whether its parts are kept or not; other values of the same number have other parts."""
    for values in (np.linspace(0, 255, count), np.linspace(3, 250, count)):
        t = values / 255.0
        for low, high in [(0.1, 0.9), (1 / 3, 2 / 3)]:
            curve = 255.0 * (3 * (1 - t) ** 2 * t * low + 3 * (1 - t) * t**2 * high + t**3)
            np.testing.assert_array_equal(tone_curve(values, low, high), curve)


@BOTH
def test_grey_and_saturation_are_colours_blend(name: str) -> None:
    """Grayscale is saturation 0; saturation is Color by another name."""
    grey = render(Grayscale(), PHOTOGRAPH, name)

    assert np.array_equal(grey, render(Saturation(factor=0.0), PHOTOGRAPH, name))
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert np.array_equal(render(Saturation(factor=1.6), PHOTOGRAPH, name), render(Color(factor=1.6), PHOTOGRAPH, name))


@BOTH
def test_hue_turns_and_luma_stays(name: str) -> None:
    """A full turn is nothing; half a turn twice is nearly nothing; grey has no hue."""
    soft = (PHOTOGRAPH // 4 + 96).astype(np.uint8)
    half = render(HueShift(degrees=180.0), soft, name)
    luma = np.array([0.299, 0.587, 0.114])
    grey = np.repeat(soft[..., :1], 3, axis=2)

    assert render(HueShift(degrees=360.0), soft, name) is soft
    assert np.abs(render(HueShift(degrees=180.0), half, name).astype(int) - soft).max() <= 2
    assert np.abs((half - soft.astype(float)) @ luma).max() <= 1
    assert np.abs(render(HueShift(degrees=77.0), grey, name).astype(int) - grey).max() <= 1
    assert not np.array_equal(half, soft)


@BOTH
def test_shuffled_channels_are_the_same_channels(name: str) -> None:
    """A permutation, the same for the same key; all orders occur."""
    orders = set()
    for key in range(60):
        made = render(ChannelShuffle(key=key), PHOTOGRAPH, name)
        orders.add(
            tuple(
                next(c for c in range(3) if np.array_equal(made[..., channel], PHOTOGRAPH[..., c]))
                for channel in range(3)
            )
        )

    assert len(orders) == 6


@BOTH
@pytest.mark.parametrize("sigma", [0.5, 1.3, 4.0])
def test_gaussian_blur_is_scipys(name: str, sigma: float) -> None:
    """The same kernel, mirrored at the border; within rounding, on images smaller than the kernel too.

    OpenCV leaves out tails that weigh up to 2**-11 along an axis: an eighth of a level for each.
    """
    bound = 0.5 + 1e-6 if name == "reference" else 0.5 + 2 / 8
    for image in (PHOTOGRAPH, PHOTOGRAPH[:3, :2].copy(), PHOTOGRAPH[..., 0].copy()):
        sigmas = (sigma, sigma) if image.ndim == 2 else (sigma, sigma, 0)
        theirs = ndimage.gaussian_filter(image.astype(float), sigmas, mode="mirror")
        assert np.abs(render(GaussianBlur(sigma=sigma), image, name) - theirs).max() <= bound
    assert render(GaussianBlur(sigma=1e-157), PHOTOGRAPH, name) is PHOTOGRAPH
    skimages = SKIMAGE.filters.gaussian(PHOTOGRAPH / 255.0, sigma, mode="mirror", channel_axis=2) * 255
    assert np.abs(render(GaussianBlur(sigma=sigma), PHOTOGRAPH, name) - skimages).max() <= 0.6


def test_lines_have_their_length_and_angle() -> None:
    """Weights sum to 1, lie along the line, and turn with it."""
    flat, steep, slanted = kernels.line(9.0, 0.0), kernels.line(9.0, 90.0), kernels.line(9.0, 45.0)

    assert flat.shape == (9, 9)
    assert flat.sum() == pytest.approx(1)
    assert flat[4].sum() == pytest.approx(1)
    assert np.allclose(steep, flat.T)
    assert slanted[:4, 5:].sum() > 0.35
    assert slanted[:4, :4].sum() < 0.05
    assert np.allclose(kernels.line(5.5, 30.0), kernels.line(5.5, 210.0), atol=1e-9)


@BOTH
def test_motion_blur_smears_along_its_line(name: str) -> None:
    """A dot becomes a line of as many pixels."""
    image = np.zeros((21, 21), dtype=np.uint8)
    image[10, 10] = 255
    made = render(MotionBlur(length=7.0, degrees=0.0), image, name)

    assert np.flatnonzero(made.sum(axis=1)).tolist() == [10]
    assert np.flatnonzero(made[10]).tolist() == list(range(7, 14))
    assert made.sum() == pytest.approx(255, abs=7)


@BOTH
def test_sharpen_moves_away_from_the_blur(name: str) -> None:
    """Strength 0 is the image; more is image + strength (image - blurred)."""
    blurred = render(GaussianBlur(sigma=1.0), PHOTOGRAPH, name).astype(float)
    expected = np.clip(PHOTOGRAPH + 0.7 * (PHOTOGRAPH - blurred), 0, 255)

    assert render(Sharpen(strength=0.0), PHOTOGRAPH, name) is PHOTOGRAPH
    assert np.abs(render(Sharpen(strength=0.7), PHOTOGRAPH, name) - expected).max() <= 1


def test_noise_has_its_moments_and_comes_from_its_key_alone() -> None:
    """The same on both backends and for views of any layout; another key is other noise."""
    image = np.full((200, 150, 3), 128, dtype=np.uint8)
    made = render(GaussianNoise(std=10.0, key=5), image).astype(float) - 128

    assert made.mean() == pytest.approx(0, abs=0.15)
    assert made.std() == pytest.approx(10, rel=0.02)
    assert np.array_equal(
        render(GaussianNoise(std=10.0, key=5), image, "opencv"),
        render(GaussianNoise(std=10.0, key=5), image),
    )
    assert not np.array_equal(render(GaussianNoise(std=10.0, key=6), image), made + 128)
    assert made[0, :8, 0].astype(int).tolist() == KEPT_NOISE


KEPT_NOISE = [-17, 6, -4, 18, -18, -1, -3, 10]


def painted(operation: Operation, canvas: Canvas) -> Paint:
    """Return the one effect of an operation."""
    effect = operation.describe(canvas)[0]
    assert isinstance(effect, Paint)
    return effect


def test_cutouts_have_their_holes() -> None:
    """Several squares where x and y say, clipped at the border; noise instead of a value; masks only when asked."""
    canvas = Canvas(40, 60, 3)
    many = painted(Cutout(size=0.25, x=0.0, y=0.5, holes=5), canvas)
    image = np.full((40, 60, 3), 7, dtype=np.uint8)
    loud = render(Cutout(size=0.5, x=0.5, y=0.5, noise=True), image)

    assert len(many.regions) == 5
    assert (many.regions[0].left, many.regions[0].right, many.regions[0].top) == (0, 5, 15)
    assert many.mask_value is None
    assert painted(Cutout(size=0.5, x=0.5, y=0.5, mask_value=255.0), canvas).mask_value == 255
    assert len(np.unique(loud[10:30, 20:40])) > 200
    assert (loud[:10] == 7).all()


def test_erased_rectangles_have_their_area_and_lie_inside() -> None:
    """Within a row and a column of the area that was asked for."""
    for x, y, ratio in ((0.0, 1.0, 0.5), (1.0, 0.0, 2.0), (0.4, 0.6, 1.0)):
        region = painted(RandomErasing(scale=0.2, ratio=ratio, x=x, y=y, key=0), Canvas(80, 100, 1)).regions[0]
        height, width = region.bottom - region.top, region.right - region.left
        assert height * width == pytest.approx(0.2 * 8000, rel=0.06)
        assert height / width == pytest.approx(ratio, rel=0.06)
        assert (region.left == 0) == (x == 0.0)
        assert (region.bottom == 80) == (y == 1.0)


def test_grid_masks_leave_what_they_should() -> None:
    """A keep ratio of 0.6 paints squares of 0.4: 16 % of the image."""
    image = np.full((120, 120), 255, dtype=np.uint8)
    made = render(GridMask(period=0.25, keep=0.6, x=0.3, y=0.7), image)

    assert (made == 0).mean() == pytest.approx(0.16, abs=0.01)
    assert not GridMask(period=0.25, keep=1.0, x=0.0, y=0.0).describe(Canvas(30, 30, 1))


@pytest.mark.parametrize("operation", [Saturation(factor=0.5), Grayscale(), HueShift(degrees=5.0)])
@pytest.mark.parametrize("channels", [2, 4, 13])
def test_what_needs_colour_says_so(operation: Operation, channels: int) -> None:
    """One typed error that names the operation and the channels; grey images have no colour to change."""
    with pytest.raises(ImageError, match=rf"{operation.about.name} needs.*not {channels} channels"):
        operation.describe(Canvas(4, 4, channels))
    assert not operation.describe(Canvas(4, 4, 1))


NEW = [
    Gamma(gamma=0.7),
    ToneCurve(shadows=0.2, highlights=0.9),
    GaussianBlur(sigma=1.5),
    MotionBlur(length=4.5, degrees=30.0),
    Sharpen(strength=0.5),
    GaussianNoise(std=20.0, key=1),
    ChannelShuffle(key=2),
    Cutout(size=0.5, x=0.3, y=0.3),
    RandomErasing(scale=0.3, ratio=1.0, x=0.5, y=0.5, key=1),
    GridMask(period=0.4, x=0.1, y=0.1),
]


@BOTH
@pytest.mark.parametrize("operation", NEW, ids=lambda operation: operation.about.name)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_every_dtype_and_channel_count_is_rendered(name: str, operation: Operation, dtype: str) -> None:
    """From 1x1, grey and with any number of channels: dtype and shape stay, the input is not touched, values agree."""
    for shape in ((1, 1), (1, 64, 3), (33, 47), (33, 47, 1), (33, 47, 2), (33, 47, 3), (20, 20, 5), (20, 20, 13)):
        reals = np.random.default_rng(1).random(shape)
        top = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
        image = (reals * top).astype(dtype)
        before = image.copy()
        made = render(operation, image, name)
        assert (made.dtype, made.shape) == (image.dtype, image.shape)
        assert np.array_equal(image, before)
        eight = render(operation, np.floor(reals * 255).astype(np.uint8), name)
        if not math.isclose(top, 255) and operation.about.name != "Sharpen":
            assert np.abs(made / top * 255 - eight).mean() <= 2
