"""Weather and digital corruptions against their definitions: slow loops, scikit-image, scipy, Pillow."""

import io
import math
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.color
import skimage.data
from augplug_corruptions import digital, pixels, severities, weather
from PIL import Image
from scipy import ndimage

import augplug

PHOTOGRAPH = skimage.data.chelsea()[40:264, 110:334]  # type: ignore[no-untyped-call]  # scikit-image has no types
Reals = npt.NDArray[np.float64]


def corrupted(name: str, severity: int, image: augplug.Image, **fields: Any) -> Any:
    """The image corrupted."""
    return augplug.Augmenter(augplug.step(name, severity=severity, **fields))(image, index=0)


def changed(function: Any, image: augplug.Image, key: int, *arguments: Any) -> Any:
    """What the function of an Opaque makes of an image."""
    return function({"image": image}, key, *arguments)["image"]


def test_snow_whitens_and_falls() -> None:
    """On black the scene becomes grey by (1 - kept) / 2; on it stand flakes, the same when turned by half a turn."""
    for severity, kept in enumerate((0.8, 0.7, 0.7, 0.65, 0.55), 1):
        made = corrupted("CorruptionSnow", severity, np.zeros((120, 160)), key=2, degrees=-90)
        assert made.min() >= (1 - kept) / 2 - 1e-12
        assert made == pytest.approx(np.rot90(made, 2), abs=1e-12)
        flakes = made - made.mean()
        along, across = (flakes[4:] * flakes[:-4]).mean(), (flakes[:, 4:] * flakes[:, :-4]).mean()
        assert along > 1.5 * across, "trails are longer than flakes are wide"
    assert corrupted("CorruptionSnow", 1, np.zeros((120, 160)), key=2).min() == pytest.approx(0.1)


def test_snow_whitens_colour_by_its_grey() -> None:
    """Where no flake is, by the formula; BT.601's grey."""
    red = np.full((40, 40, 3), (0.6, 0.0, 0.0))
    made = corrupted("CorruptionSnow", 1, red, key=2)
    expected = [0.8 * value + 0.2 * max(value, 1.5 * 0.299 * 0.6 + 0.5) for value in (0.6, 0, 0)]
    assert made.min(axis=(0, 1)) == pytest.approx(expected)


def test_fog_keeps_the_brightest_value() -> None:
    """Fog at its thickest on the brightest pixel gives the brightest value; a black image stays black."""
    image = np.full((64, 64), 0.8)
    for severity, (weight, decay) in enumerate(severities.FOG, 1):
        made = corrupted("CorruptionFog", severity, image, key=4)
        thickness = weather.cloud(64, decay, 4)
        assert made == pytest.approx((image + weight * thickness) * 0.8 / (0.8 + weight))
        assert made.max() == pytest.approx(0.8)
    assert (corrupted("CorruptionFog", 5, np.zeros((9, 9))) == 0).all()


def test_the_cloud_is_diamond_and_square() -> None:
    """A loop over points on a torus, with the same random steps."""
    side, decay, step = 16, 1.5, 1.0
    chance = augplug.generator(6)
    points = {(0, 0): 0.0}
    apart = side
    while apart > 1:
        half = apart // 2
        steps = chance.uniform(-step, step, (3, side // apart, side // apart))
        corners = sorted(points)
        for kind, (dy, dx) in enumerate(((half, half), (0, half), (half, 0))):
            near = [(-half, -half), (-half, half), (half, -half), (half, half)]
            if kind:
                near = [(-half, 0), (half, 0), (0, -half), (0, half)]
            for y, x in corners:
                around = [points[(y + dy + a) % side, (x + dx + b) % side] for a, b in near]
                points[y + dy, x + dx] = sum(around) / 4 + steps[kind, y // apart, x // apart]
        apart, step = half, step / decay**2
    lowest, highest = min(points.values()), max(points.values())
    expected = [[(points[y, x] - lowest) / (highest - lowest) for x in range(side)] for y in range(side)]
    assert weather.cloud(13, decay, 6) == pytest.approx(np.array(expected), abs=1e-12)


@pytest.mark.parametrize(("severity", "added"), [*enumerate((0.1, 0.2, 0.3, 0.4, 0.5), 1)])
def test_brightness_is_the_value_of_hsv(severity: int, added: float) -> None:
    image = np.random.default_rng(0).random((30, 40, 3))
    image[0, 0] = 0
    hsv = skimage.color.rgb2hsv(image)
    hsv[..., 2] = np.clip(hsv[..., 2] + added, 0, 1)
    assert corrupted("CorruptionBrightness", severity, image) == pytest.approx(skimage.color.hsv2rgb(hsv), abs=1e-9)
    grey = image[..., 0]
    assert corrupted("CorruptionBrightness", severity, grey) == pytest.approx(np.minimum(grey + added, 1))


@pytest.mark.parametrize(("severity", "factor"), [*enumerate((0.4, 0.3, 0.2, 0.1, 0.05), 1)])
def test_contrast_is_the_distance_from_each_channels_mean(severity: int, factor: float) -> None:
    expected = np.empty(PHOTOGRAPH.shape)
    for channel in range(3):
        plane = PHOTOGRAPH[..., channel].astype(np.float64)
        expected[..., channel] = plane.mean() + factor * (plane - plane.mean())
    made = corrupted("CorruptionContrast", severity, PHOTOGRAPH)
    assert np.abs(made - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("sigma", [2.44, 19.52, 170.8])
def test_displacements_are_smoothed_by_a_gaussian(sigma: float) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 50, 70))
    expected = [ndimage.gaussian_filter(plane, sigma, mode="reflect", truncate=8) for plane in noise]
    assert digital.smoothed(noise, sigma) == pytest.approx(np.array(expected), abs=1e-6)


def test_elastic_shows_the_input_at_the_moved_place() -> None:
    """A loop over pixels: displace, map back, and mix the four pixels around, mirrored at the border."""
    height, width, strength, sigma, shift = 17, 23, 30.0, 2.5, 4.0
    image = np.random.default_rng(0).random((height, width))
    chance = augplug.generator(8)
    points = np.array([[8.5, 11.5]] * 3) + np.array([[17, 17], [17, -17], [-17, -17]]) / 3
    moved = points + chance.uniform(-shift, shift, (3, 2))
    forth = np.linalg.solve(np.column_stack([points, np.ones(3)]), moved)
    noise = chance.uniform(-1, 1, (2, height, width))
    field = [strength * ndimage.gaussian_filter(plane, sigma, mode="reflect", truncate=8) for plane in noise]
    expected = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            place = np.array([y + field[0][y, x], x + field[1][y, x]])
            expected[y, x] = mixed(image, np.linalg.solve(forth[:2].T, place - forth[2]))
    assert changed(digital.elastic, image, 8, strength, sigma, shift) == pytest.approx(expected, abs=1e-5)


def mixed(image: Reals, place: Reals) -> float:
    """The value at a place (y, x), linear in between."""
    y, x = place
    top, left = math.floor(y), math.floor(x)
    total = 0.0
    for row, down in ((top, top + 1 - y), (top + 1, y - top)):
        for column, across in ((left, left + 1 - x), (left + 1, x - left)):
            total += down * across * image[mirrored(row, len(image)), mirrored(column, image.shape[1])]
    return total


def mirrored(place: int, side: int) -> int:
    """The pixel that stands at a place beyond the border; the outermost pixel is not repeated."""
    period = 2 * (side - 1)
    return min(place % period, period - place % period)


def test_elastic_grows_with_the_image() -> None:
    """At 224 pixels its lengths are the published ones, at 112 half of them."""
    operation = digital.CorruptionElasticTransform(severity=3, key=1)
    (large,) = operation.describe(augplug.Canvas(224, 300, 3))
    (small,) = operation.describe(augplug.Canvas(200, 112, 3))
    assert isinstance(large, augplug.Opaque)
    assert isinstance(small, augplug.Opaque)
    assert large.arguments == pytest.approx((12.2, 2.44, 4.88))
    assert small.arguments == pytest.approx((6.1, 1.22, 2.44))


@pytest.mark.parametrize("severity", range(1, 6))
@pytest.mark.parametrize("size", [(224, 224), (36, 52), (100, 160), (5, 7)])
def test_pixelate_is_pillows_box_twice(severity: int, size: tuple[int, int]) -> None:
    """Pillow rounds after each axis."""
    share = severities.PIXELATE[severity - 1]
    image = PHOTOGRAPH[: size[0], : size[1]]
    small = Image.fromarray(image).resize((int(size[1] * share), int(size[0] * share)), Image.Resampling.BOX)
    expected = np.asarray(small.resize((size[1], size[0]), Image.Resampling.BOX), dtype=np.float64)
    assert np.abs(corrupted("CorruptionPixelate", severity, image) - expected).max() <= 1


@pytest.mark.parametrize("severity", range(1, 6))
def test_pixelate_in_fractions(severity: int) -> None:
    """A loop along one axis of odd length, where Pillow's own rounding decides about the middle pixel."""
    row = [int(value) for value in PHOTOGRAPH[0, :53, 0]]
    cells = int(53 * severities.PIXELATE[severity - 1])
    centres = [Fraction(2 * place + 1, 2) * cells / 53 for place in range(53)]
    members = [[v for v, at in zip(row, centres, strict=True) if cell < at <= cell + 1] for cell in range(cells)]
    expected = [np.mean(members[math.floor(at)]) for at in centres]
    made = corrupted("CorruptionPixelate", severity, np.array([row], dtype=np.float64) / 255)
    assert made[0] * 255 == pytest.approx(expected)


@pytest.mark.parametrize(("severity", "quality"), [*enumerate((25, 18, 15, 10, 7), 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows(severity: int, quality: int, channels: int) -> None:
    """Both write by libjpeg; OpenCV turns colours into light and chroma by itself."""
    image = np.ascontiguousarray(PHOTOGRAPH[..., 0] if channels == 1 else PHOTOGRAPH)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    difference = np.abs(
        corrupted("CorruptionJpegCompression", severity, image) - np.asarray(Image.open(file), np.float64)
    )
    assert difference.mean() < 0.1


def test_jpeg_refuses_what_it_cannot_write() -> None:
    image = np.zeros((1, 65501), dtype=np.uint8)
    with pytest.raises(augplug.ImageError, match="65500 pixels"):
        corrupted("CorruptionJpegCompression", 1, image)
    assert corrupted("CorruptionJpegCompression", 1, image[:, 1:]).shape == (1, 65500)


def test_integers_round_to_the_nearest() -> None:
    sample = {"image": np.zeros((1, 3), dtype=np.uint8), "masks": [1]}
    made = pixels.with_values(sample, np.array([[[0.9 / 255], [1.4 / 255], [2.0]]]))
    assert made["image"].tolist() == [[1, 1, 255]]
    assert made["masks"] == [1]
