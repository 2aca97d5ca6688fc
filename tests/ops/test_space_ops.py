"""Operations that change size or shape: against slicing, scipy's or scikit-image's functions, and their own inverse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage
import skimage.data
import skimage.transform
from hypothesis import given
from hypothesis import strategies as st

import augplug
from augplug import coords
from augplug._backends import fields
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._sample.image import canvas_of
from augplug.effects import DisplacementField, Warp
from augplug.errors import OperationError
from augplug.ops.base import Operation
from augplug.ops.crops import CenterCrop, Crop, Pad, RandomCrop, RandomResizedCrop, Resize
from augplug.ops.distortion import ElasticTransform, GridDistortion, OpticalDistortion, Perspective, converted
from augplug.ops.geometry import Affine, Rotate90, Scale, Transpose
from augplug.types import Canvas, Image

SKIMAGE: Any = skimage  # it has no types
BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
BOTH = pytest.mark.parametrize("name", BACKENDS)


def render(operation: Operation, image: Image, backend: Backend) -> Image:
    """Render one operation."""
    for effect in operation.describe(canvas_of(image)):
        image = backend.prepare(effect, image.shape, image.dtype)(image)
    return image


def noise(*shape: int) -> Image:
    """Return a random image."""
    return np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)


@BOTH
@pytest.mark.parametrize("shape", [(21, 34), (21, 34, 3), (21, 34, 5)])
def test_crops_and_pads_are_slices(name: str, shape: tuple[int, ...]) -> None:
    """Crop, CenterCrop, Pad and RandomCrop move no pixel by a fraction and change no value."""
    image, backend = noise(*shape), BACKENDS[name]
    padded = np.pad(image, [(2, 4), (1, 3), (0, 0)][: image.ndim], constant_values=9)
    around = np.pad(image, [(4, 4), (4, 4), (0, 0)][: image.ndim])

    assert np.array_equal(render(Crop(left=3, top=2, right=10, bottom=20), image, backend), image[2:20, 3:10])
    assert np.array_equal(render(CenterCrop(height=11, width=20), image, backend), image[5:16, 7:27])
    assert np.array_equal(render(Pad(left=1, top=2, right=3, bottom=4, fill=9.0), image, backend), padded)
    assert np.array_equal(
        render(RandomCrop(height=21, width=34, padding=4, x=1.0, y=0.0), image, backend), around[0:21, 8:42]
    )
    assert np.array_equal(render(CenterCrop(height=25, width=40), image, backend)[2:23, 3:37], image)
    assert render(Pad(), image, backend).shape == image.shape


def test_every_offset_of_a_random_crop_is_as_likely() -> None:
    """x in 0..1 falls into equal parts, one for each offset; both ends are within the image."""
    places = [RandomCrop(height=8, width=8, x=x, y=0.0).describe(Canvas(8, 11, 1))[0] for x in (0.0, 0.3, 0.6, 0.99, 1)]
    shifts = [
        -effect.transform[0][2] for effect in places if isinstance(effect, Warp) and isinstance(effect.transform, tuple)
    ]

    assert shifts == [0, 1, 2, 3, 3]


def test_a_crop_outside_the_image_is_refused() -> None:
    """The error names both sizes."""
    with pytest.raises(OperationError, match=r"columns 3 to 12.*10 pixels wide and 9 high"):
        Crop(left=3, top=0, right=12, bottom=5).describe(Canvas(9, 10, 3))


@BOTH
def test_transposes_and_quarter_turns_are_numpys(name: str) -> None:
    """Nothing is resampled."""
    image, backend = noise(7, 12, 3), BACKENDS[name]

    assert np.array_equal(render(Transpose(), image, backend), image.swapaxes(0, 1))
    for turns in range(4):
        assert np.array_equal(render(Rotate90(turns=turns), image, backend), np.rot90(image, turns))


@BOTH
def test_resizing_down_by_whole_factors_is_the_mean_of_blocks(name: str) -> None:
    """And up and down again by the same factor is nearly the image."""
    image, backend = noise(24, 36, 3), BACKENDS[name]
    blocks = image.reshape(8, 3, 12, 3, 3).mean(axis=(1, 3))
    up = render(Resize(height=96, width=144), image, backend)

    assert np.abs(render(Resize(height=8, width=12), image, backend) - blocks).max() <= 0.5 + 1e-9
    assert up.shape == (96, 144, 3)
    assert np.abs(up[0, 0].astype(int) - image[0, 0]).max() == 0
    assert render(Resize(height=24, width=36), image, backend) is image


@BOTH
def test_resize_agrees_with_scikit_image_on_a_photograph(name: str) -> None:
    """Its local mean is the same definition for whole factors, and near to it for others."""
    image = SKIMAGE.data.astronaut()[:300, :400]
    local = SKIMAGE.transform.resize_local_mean(image, (150, 200), preserve_range=True)

    assert np.abs(render(Resize(height=150, width=200), image, BACKENDS[name]) - local).max() <= 1


@BOTH
@given(
    scale=st.floats(0.08, 1),
    ratio=st.floats(0.75, 4 / 3),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_random_resized_crops_stay_inside_the_image(
    name: str, scale: float, ratio: float, x: float, y: float, size: tuple[int, int]
) -> None:
    """The corners of the output are points of the input, so no fill is seen."""
    image = np.full((23, 31), 200, dtype=np.uint8)
    crop = RandomResizedCrop(height=size[0], width=size[1], scale=scale, ratio=ratio, x=x, y=y)
    effect = crop.describe(canvas_of(image))[0]
    assert isinstance(effect, Warp)
    pull = coords.inverse(effect.transform) if isinstance(effect.transform, tuple) else np.eye(3)
    ends = coords.apply(pull, np.array([[-0.5, -0.5], [size[1] - 0.5, size[0] - 0.5]]))

    assert (ends >= -0.5 - 1e-6).all()
    assert (ends <= np.array([30.5, 22.5]) + 1e-6).all()
    assert (render(crop, image, BACKENDS[name]) == 200).all()


@BOTH
def test_scale_and_affine_keep_the_centre(name: str) -> None:
    """A dot in the middle stays; one beside it goes where the parameters say."""
    image = np.zeros((41, 41), dtype=np.uint8)
    image[20, 20] = image[20, 28] = 255
    scaled = render(Scale(factor=0.5, interpolation="nearest"), image, BACKENDS[name])
    turned = render(Affine(degrees=90, scale=1.25, x=0.0, y=5 / 41, interpolation="nearest"), image, BACKENDS[name])

    assert scaled[20, 20] == scaled[20, 24] == 255
    assert turned[25, 20] == 255
    assert turned[15, 20] == 255
    sheared = Affine(shear_x=45.0).describe(Canvas(41, 41, 1))[0]
    assert isinstance(sheared, Warp)
    assert isinstance(sheared.transform, tuple)
    assert coords.apply(sheared.transform, np.array([[20.0, 30.0]]))[0] == pytest.approx([30.0, 30.0])


@given(st.integers(0, 2**53 - 1), st.floats(0, 0.9))
def test_perspective_moves_every_corner_inwards(key: int, distortion: float) -> None:
    """By at most the distortion of half the side; and the matrix has an inverse."""
    effect = Perspective(distortion=distortion, key=key).describe(Canvas(30, 50, 3))[0]
    assert isinstance(effect, Warp)
    assert isinstance(effect.transform, tuple)
    corners = np.array([[-0.5, -0.5], [49.5, -0.5], [49.5, 29.5], [-0.5, 29.5]])
    moved = coords.apply(effect.transform, corners)
    inwards = (moved - corners) * [[1, 1], [-1, 1], [-1, -1], [1, -1]]

    assert (inwards >= -1e-6).all()
    assert (inwards <= np.array([25, 15]) * distortion + 1e-6).all()
    assert np.allclose(coords.apply(coords.inverse(effect.transform), moved), corners, atol=1e-6)


FIELDS = [
    DisplacementField("elastic", 5, 16.0, 3.2),
    DisplacementField("elastic", 6, 56.0, 11.2),
    DisplacementField("grid", 7, 20.0, 4.0),
    DisplacementField("radial", 0, math.hypot(60, 90) / 2, 0.2 * math.hypot(60, 90) / 2),
    DisplacementField("radial", 0, math.hypot(60, 90) / 2, -0.2 * math.hypot(60, 90) / 2),
]


@pytest.mark.parametrize("field", FIELDS)
def test_points_follow_fields_and_come_back(field: DisplacementField) -> None:
    """Pushing a point and pulling it again is the point; the whole grid says the same as single points."""
    points = np.random.default_rng(0).uniform(0, [89, 59], (500, 2))
    pushed = fields.push_points(field, points, (60, 90))
    back = pushed + fields.displacement(field, pushed, (60, 90))
    xs, ys = fields.pull_points(field, (60, 90))
    pixels = np.stack(np.meshgrid(np.arange(90.0), np.arange(60.0)), axis=2).reshape(-1, 2)
    single = pixels + fields.displacement(field, pixels, (60, 90))

    assert np.abs(back - points).max() < 1e-3
    assert np.allclose(
        np.stack([np.broadcast_to(xs, (60, 90)), np.broadcast_to(ys, (60, 90))], axis=2).reshape(-1, 2), single
    )
    if field.kind != "radial":  # whose displacement is bounded at the corner, not in each direction
        assert np.abs(pushed - points).max() <= field.amplitude + 1e-6


@pytest.mark.parametrize("field", FIELDS)
def test_fields_do_not_fold(field: DisplacementField) -> None:
    """The Jacobian of output to input is positive everywhere."""
    xs, ys = (np.broadcast_to(part, (60, 90)) for part in fields.pull_points(field, (60, 90)))
    turned = (
        np.diff(xs, axis=1)[:-1] * np.diff(ys, axis=0)[:, :-1] - np.diff(xs, axis=0)[:, :-1] * np.diff(ys, axis=1)[:-1]
    )

    assert turned.min() > 0


@BOTH
@pytest.mark.parametrize(
    "operation",
    [
        ElasticTransform(key=3),
        GridDistortion(key=4),
        OpticalDistortion(k=0.15),
        OpticalDistortion(k=-0.15),
        Perspective(key=5),
    ],
)
def test_distortions_keep_size_and_move_pixels(name: str, operation: Operation) -> None:
    """On grey and RGB; a constant image stays constant but for the fill."""
    for shape in ((33, 47), (33, 47, 3), (1, 1), (1, 64)):
        image = noise(*shape)
        made = render(operation, image, BACKENDS[name])
        assert made.shape == image.shape
        assert made.dtype == np.uint8
    flat = np.full((33, 47), 90, dtype=np.uint8)
    assert set(np.unique(render(operation, flat, BACKENDS[name]))) <= set(range(91))
    assert not np.array_equal(render(operation, noise(33, 47), BACKENDS[name]), noise(33, 47))


def test_alpha_and_sigma_are_converted_or_refused() -> None:
    """The converted field is as strong as the smoothed noise, on average; one that folds is refused with a bound."""
    from scipy import ndimage

    alpha, sigma = 20.0, 8.0
    spacing, amplitude = converted(alpha, sigma)
    rng = np.random.default_rng(0)
    theirs = np.std([ndimage.gaussian_filter(rng.uniform(-1, 1, (256, 256)), sigma) * alpha for _ in range(6)])
    pulls = [fields.pull_points(DisplacementField("elastic", key, spacing, amplitude), (256, 256)) for key in range(6)]
    ours = np.std([xs - np.arange(256.0) for xs, _ in pulls])

    assert ours == pytest.approx(theirs, rel=0.1)
    assert spacing == pytest.approx(math.sqrt(3) * sigma)
    effect = ElasticTransform(alpha=alpha, sigma=sigma, key=1).describe(Canvas(64, 64, 1))[0]
    assert isinstance(effect, Warp)
    assert effect.transform == DisplacementField("elastic", 1, spacing, amplitude)
    with pytest.raises(OperationError, match=r"could fold.*alpha may be at most"):
        ElasticTransform(alpha=120.0, sigma=6.0, key=1).describe(Canvas(64, 64, 1))


def test_a_swirl_of_radius_is_none_of_ours_but_optics_is_symmetric() -> None:
    """A lens treats all quadrants alike."""
    image = SKIMAGE.data.camera()[:101, :101].astype(np.uint8)
    symmetric: npt.NDArray[np.uint8] = np.maximum(image, image[::-1])
    symmetric = np.maximum(symmetric, symmetric[:, ::-1])
    made = render(OpticalDistortion(k=0.2), symmetric, BACKENDS["reference"])

    assert np.abs(made.astype(int) - made[::-1, ::-1]).max() <= 1


@pytest.mark.parametrize("size", [(20, 60), (60, 20)])
def test_an_elastic_field_in_fractions_of_the_shorter_side(size: tuple[int, int]) -> None:
    """The field of the same numbers in pixels; what would fold is held to what does not."""
    canvas = Canvas(*size, 3)
    for fractions, spacing, amplitude in (((0.05, 0.25), 5.0, 1.0), ((0.5, 0.25), 5.0, 1.0), ((0.02, 0.5), 10.0, 0.4)):
        made = ElasticTransform(key=3, amplitude_fraction=fractions[0], spacing_fraction=fractions[1]).describe(canvas)

        assert made == ElasticTransform(key=3, spacing=spacing, amplitude=amplitude).describe(canvas)


def test_plans_of_elastic_fields_in_pixels_are_written_as_before() -> None:
    plan = augplug.Augmenter(augplug.step("ElasticTransform")).plan(np.zeros((40, 40, 3), np.uint8), index=0)

    assert "fraction" not in plan.to_json()
