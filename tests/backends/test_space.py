"""Space and shapes: every warp keeps the one convention, every layout of an image is taken, no image is touched.

The reference is held to slow loops written from the definitions; OpenCV to the reference, within RESAMPLED.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st

from augplug import coords
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.cache import Programs
from augplug._pipeline.items import Drawn
from augplug._pipeline.render import Renderer
from augplug._policies.grammar import Policy, Step
from augplug._sample.image import canvas_of, check_image
from augplug.effects import Warp
from augplug.errors import ImageError
from augplug.ops.base import Operation
from augplug.ops.color import Color
from augplug.ops.filters import Sharpness
from augplug.ops.geometry import HorizontalFlip, Rotate, ShearX, ShearY, TranslateX, TranslateY, VerticalFlip
from augplug.ops.regions import Cutout
from augplug.ops.tone import (
    AutoContrast,
    Brightness,
    Contrast,
    Equalize,
    Identity,
    Invert,
    Posterize,
    Solarize,
    SolarizeAdd,
)
from augplug.types import Image, Interpolation, Matrix

RESAMPLED: dict[tuple[int, str], int] = {(5, "linear"): 1, (5, "cubic"): 1, (4, "linear"): 9, (4, "cubic"): 12}
"""OpenCV by major version: the most by which a resampled value differs from the reference, on noise."""
RESAMPLED_ON_PHOTOGRAPHS = {5: 0.01, 4: 0.25}
"""The same on photographs: the mean difference."""
MAJOR = int(cv2.__version__.split(".", maxsplit=1)[0])
BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
Point = tuple[float, float]
Moves = Callable[[float, float, int, int], Point]

ANGLES = (0, 1, -7, 30, 45, 90, 133.7, 180, -90, 270, -288)
GEOMETRY: list[tuple[Operation, Moves]] = [
    (HorizontalFlip(), lambda x, y, _height, width: (width - 1 - x, y)),
    (VerticalFlip(), lambda x, y, height, _width: (x, height - 1 - y)),
    *((TranslateX(pixels=m), lambda x, y, _h, _w, m=m: (x + m, y)) for m in (0, 3, -2, 1.25)),
    *((TranslateY(pixels=m), lambda x, y, _h, _w, m=m: (x, y + m)) for m in (1, -4, -0.6)),
    (TranslateX(fraction=0.25), lambda x, y, _height, width: (x + math.floor(width / 4), y)),
    (TranslateY(fraction=-0.25), lambda x, y, height, _width: (x, y - math.floor(height / 4))),
    *((ShearX(factor=f), lambda x, y, _h, _w, f=f: (x - f * (y + 0.5), y)) for f in (0.3, -0.3, 0.07, -0.7)),
    *((ShearY(factor=f), lambda x, y, _h, _w, f=f: (x, y - f * (x + 0.5))) for f in (0.3, -0.3, 0.07, -0.7)),
    *((Rotate(degrees=d), lambda x, y, h, w, d=d: turned(x, y, h, w, d)) for d in ANGLES),
]
"""Every operation on space, and where it takes a point: written out, not from the code."""

OPERATIONS: list[Operation] = [
    Identity(),
    Invert(),
    AutoContrast(),
    Equalize(),
    Solarize(threshold=99),
    SolarizeAdd(add=30),
    Posterize(bits=3),
    Brightness(factor=1.4),
    Brightness(factor=1),
    Sharpness(factor=0.3),
    Sharpness(factor=1),
    Cutout(size=0.5, x=0.2, y=0.6, value=44),
    *(operation for operation, _ in GEOMETRY),
    Rotate(degrees=20, interpolation="linear", fill=9),
    ShearX(factor=0.2, interpolation="cubic", fill=9),
]
OF_COLOUR: list[Operation] = [Contrast(factor=0.4), Color(factor=1.8)]


def turned(x: float, y: float, height: int, width: int, degrees: float) -> Point:
    """Counter-clockwise as seen, y down, about the centre of the canvas."""
    cx, cy = (width - 1) / 2, (height - 1) / 2
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return cx + cos * (x - cx) + sin * (y - cy), cy - sin * (x - cx) + cos * (y - cy)


def render(operation: Operation, image: Image, backend: str) -> Image:
    """Render an operation as it is described."""
    return Programs(Renderer("none", BACKENDS[backend], None)).of((Drawn("augplug:X", operation),), image).run(image)


def warped(effect: Warp, image: Image, backend: str) -> Image:
    """Render one warp."""
    return BACKENDS[backend].prepare(effect, image.shape, image.dtype)(image)


def noise(*shape: int, seed: int = 0) -> Image:
    """Random pixels."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def motion_of(operation: Operation, image: Image) -> Matrix:
    """The matrix of an operation that is one warp."""
    (effect,) = operation.describe(canvas_of(image))
    assert isinstance(effect, Warp)
    assert isinstance(effect.transform, tuple)
    return effect.transform


@pytest.mark.parametrize(("operation", "moves"), GEOMETRY)
@given(x=st.floats(-50, 50), y=st.floats(-50, 50), height=st.integers(1, 40), width=st.integers(1, 40))
def test_the_forward_matrix_moves_points_as_the_operation_says(
    operation: Operation, moves: Moves, x: float, y: float, height: int, width: int
) -> None:
    """Centres at integers, x right, y down; matrices push points from input to output."""
    transform = motion_of(operation, np.zeros((height, width), dtype=np.uint8))
    moved = coords.apply(transform, np.array([[x, y]]))
    assert np.allclose(moved, [moves(x, y, height, width)], atol=1e-9)
    assert np.allclose(coords.apply(coords.inverse(transform), moved), [[x, y]], atol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(21, 17), (16, 24)])
@pytest.mark.parametrize(("operation", "moves"), GEOMETRY)
def test_one_pixel_lights_the_output_pixels_whose_input_point_it_is(
    operation: Operation, moves: Moves, size: tuple[int, int], backend: str
) -> None:
    """Nearest: an output pixel shows the impulse if its centre, moved back, lies on the impulse's square."""
    height, width = size
    edge = 1e-3  # fixed point decides on the very edge
    push = np.array([moves(*point, height, width) for point in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))])
    linear = np.column_stack([push[1] - push[0], push[2] - push[0]])
    ys, xs = np.mgrid[:height, :width]
    back = np.linalg.solve(linear, np.stack([xs.ravel() - push[0, 0], ys.ravel() - push[0, 1]]))
    lit_at_all = 0
    for row, column in product((0, 3, height // 2, height - 1), (0, 5, width // 2, width - 1)):
        image = np.zeros(size, dtype=np.uint8)
        image[row, column] = 255
        lit = render(operation, image, backend).ravel() == 255
        distance = np.abs(back - [[column], [row]]).max(axis=0)
        assert lit[distance < 0.5 - edge].all()
        assert not lit[distance > 0.5 + edge].any()
        lit_at_all += int(lit.sum())
    assert lit_at_all > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
@pytest.mark.parametrize(("operation", "moves"), GEOMETRY)
def test_the_light_of_one_pixel_goes_where_points_go(
    operation: Operation, moves: Moves, interpolation: Interpolation, backend: str
) -> None:
    """The centre of mass of a resampled impulse is the moved point, to a tenth of a pixel: no half pixel is lost."""
    if "interpolation" in operation.about.parameters:
        fields = {name: getattr(operation, name) for name in operation.about.parameters}
        operation = type(operation)(**{**fields, "interpolation": interpolation})
    height, width, x, y = 25, 31, 15, 12
    image = np.zeros((height, width), dtype=np.uint8)
    image[y - 1 : y + 2, x - 1 : x + 2] = [[60, 120, 60], [120, 240, 120], [60, 120, 60]]
    light = render(operation, image, backend).astype(np.float64)
    ys, xs = np.mgrid[:height, :width]
    centre = (xs * light).sum() / light.sum(), (ys * light).sum() / light.sum()
    assert centre == pytest.approx(moves(x, y, height, width), abs=0.1)


def linear_weights(t: float) -> list[float]:
    """The weights of the pixels at 0 and 1 for a point t between them."""
    return [1 - t, t]


def cubic_weights(t: float) -> list[float]:
    """The weights of the pixels at -1, 0, 1, 2: the convolution kernel of Keys, a = -3/4."""
    a = -0.75
    weights = []
    for distance in (1 + t, t, 1 - t, 2 - t):
        if distance <= 1:
            weights.append((a + 2) * distance**3 - (a + 3) * distance**2 + 1)
        else:
            weights.append(a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a)
    return weights


def nearest_weights(_t: float) -> list[float]:
    """All weight on one pixel."""
    return [1.0]


WEIGHTS = {"nearest": (1, nearest_weights), "linear": (2, linear_weights), "cubic": (4, cubic_weights)}


def slow_point(image: Image, x: float, y: float, interpolation: str, fill: float) -> float:
    """The value at a real point of a grey image, tap by tap; taps outside are the fill."""
    taps, weigh = WEIGHTS[interpolation]
    if interpolation == "nearest":
        x, y = x + 0.5, y + 0.5
    x0, y0 = math.floor(x), math.floor(y)
    total = 0.0
    for j, wy in enumerate(weigh(y - y0)):
        for i, wx in enumerate(weigh(x - x0)):
            column, row = x0 + i - (taps - 1) // 2, y0 + j - (taps - 1) // 2
            inside = 0 <= row < image.shape[0] and 0 <= column < image.shape[1]
            total += wy * wx * (float(image[row, column]) if inside else fill)
    return total


def slow_warp(effect: Warp, image: Image) -> npt.NDArray[np.float64]:
    """A warp by one matrix and a loop over pixels, unrounded."""
    pull = np.linalg.inv(np.array(effect.transform))
    assert isinstance(effect.fill, float)
    made = np.empty(effect.size)
    for row, column in product(*map(range, effect.size)):
        x, y, depth = pull @ [column, row, 1]
        made[row, column] = slow_point(image, x / depth, y / depth, effect.interpolation, effect.fill)
    return made


numbers = st.floats(-1.2, 1.2)
matrices = st.one_of(
    st.builds(coords.rotation, st.floats(-360, 360), st.just(9), st.just(7)),
    st.builds(coords.shear_x, st.floats(-2, 2)),
    st.builds(coords.shear_y, st.floats(-2, 2)),
    st.builds(coords.translation, st.floats(-12, 12), st.floats(-12, 12)),
    st.builds(
        lambda a, b, d, e, shift, tilt: ((1 + a / 2, b / 2, shift), (d / 2, 1 + e / 2, -shift), (0.0, tilt / 40, 1.0)),
        *[numbers] * 4,
        st.floats(-3, 3),
        numbers,
    ).filter(lambda m: abs(np.linalg.det(np.array(m))) > 0.1),
)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
@given(
    transform=matrices,
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    inside=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    fill=st.sampled_from([0.0, 77.0, 255.0]),
    seed=st.integers(0, 99),
)
def test_the_reference_equals_a_slow_loop(
    interpolation: Interpolation,
    transform: Matrix,
    size: tuple[int, int],
    inside: tuple[int, int],
    fill: float,
    seed: int,
) -> None:
    """Nearest, linear and cubic as defined: taps outside are fill, integers round to nearest."""
    image = noise(*inside, seed=seed)
    effect = Warp(transform=transform, size=size, interpolation=interpolation, fill=fill)
    if interpolation == "nearest":
        ys, xs = np.mgrid[: size[0], : size[1]]
        points = coords.apply(np.linalg.inv(np.array(transform)), np.column_stack([xs.ravel(), ys.ravel()]) * 1.0)
        if (np.abs(points - np.floor(points) - 0.5) < 1e-3).any():
            return  # on the very edge fixed point decides; test_pillow.py holds that to the bit
    exact = np.clip(slow_warp(effect, image), 0, 255)
    assert (np.abs(warped(effect, image, "reference") - exact) <= 0.5 + 1e-9).all()


def random_warps(shape: tuple[int, ...], count: int) -> Iterator[Matrix]:
    """Rotations, shears and shifts."""
    height, width = shape[:2]
    rng = np.random.default_rng(7)
    for _ in range(count):
        yield coords.rotation(float(rng.uniform(-360, 360)), height, width)
        yield coords.shear_x(float(rng.uniform(-2, 2)))
        yield coords.shear_y(float(rng.uniform(-2, 2)))
        yield coords.translation(float(rng.uniform(-width, width)), float(rng.uniform(-height, height)))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_resampled_noise_on_opencv_keeps_its_tolerance(interpolation: Interpolation, channels: int) -> None:
    """OpenCV 4 rounds input points to 1/32 pixel, OpenCV 5 does so with two channels alone. `pytest -s` prints it."""
    worst = 0
    for size in ((1, 64), (64, 1), (3, 3), (33, 47), (224, 200)):
        image = noise(*size) if channels == 1 else noise(*size, channels)
        difference = differences(image, interpolation, 4 if size == (224, 200) else 20)
        worst = max(worst, *(int(part.max()) for part in difference))
    sys.stdout.write(
        f"\nOpenCV {cv2.__version__}, {interpolation}, {channels} channels: off by up to {worst} on noise\n"
    )
    assert worst <= RESAMPLED[4 if channels == 2 else MAJOR, interpolation]


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_resampled_photographs_on_opencv_keep_their_tolerance(interpolation: Interpolation) -> None:
    """The mean difference. `pytest -s` prints it."""
    photographs = [getattr(skimage.data, name)()[:224, :200] for name in ("astronaut", "camera")]
    means = [part.mean() for image in photographs for part in differences(image, interpolation, 6)]
    sys.stdout.write(f"\nOpenCV {cv2.__version__}, {interpolation}: a mean of up to {max(means):.4f} on photographs\n")
    assert max(means) <= RESAMPLED_ON_PHOTOGRAPHS[MAJOR]


def differences(image: Image, interpolation: Interpolation, count: int) -> list[npt.NDArray[np.int64]]:
    """How far OpenCV's pixels are from the reference's under warps of each kind."""
    found = []
    image = np.ascontiguousarray(image)
    for transform in random_warps(image.shape, count):
        effect = Warp(transform=transform, size=image.shape[:2], interpolation=interpolation, fill=77.0)
        right = warped(effect, image, "reference").astype(np.int64)
        found.append(np.abs(warped(effect, image, "opencv") - right))
    return found


def slow_area(image: Image, box: Sequence[float], size: tuple[int, int], fill: float) -> npt.NDArray[np.float64]:
    """The mean of the image under each output pixel's box, by the area of each overlap with each input pixel.

    A box narrower than a pixel is widened to one about its centre. What lies outside the image does not count;
    where all of a box does, stands fill.
    """
    left, top, right, bottom = box
    made = np.empty(size)
    for row, column in product(*map(range, size)):
        down = span(top, bottom, row, size[0])
        across = span(left, right, column, size[1])
        total = covered = 0.0
        for y, x in product(*map(range, image.shape)):
            overlap = max(min(x + 1, across[1]) - max(x, across[0]), 0) * max(min(y + 1, down[1]) - max(y, down[0]), 0)
            total += overlap * float(image[y, x])
            covered += overlap
        whole = (across[1] - across[0]) * (down[1] - down[0])
        made[row, column] = total / covered if covered > 1e-9 * whole else fill
    return made


def span(low: float, high: float, number: int, count: int) -> tuple[float, float]:
    """Where the box of an output pixel begins and ends on one axis, at least a pixel apart."""
    width = (high - low) / count
    middle, half = low + (number + 0.5) * width, max(width, 1) / 2
    return middle - half, middle + half


@given(
    corner=st.tuples(st.floats(-2, 5), st.floats(-2, 5)),
    sides=st.tuples(st.floats(0.5, 14), st.floats(0.5, 14)),
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    seed=st.integers(0, 99),
)
def test_area_is_the_mean_under_each_output_pixel(
    corner: Point, sides: Point, size: tuple[int, int], seed: int
) -> None:
    """Fractional boxes, growing and shrinking, over the border too; OpenCV rounds halves otherwise."""
    image = noise(9, 8, seed=seed)
    box = (corner[0], corner[1], corner[0] + sides[0], corner[1] + sides[1])
    effect = Warp(transform=coords.crop_resize(box, *size), size=size, interpolation="area", fill=40.0)
    made = warped(effect, image, "reference")
    assert (np.abs(made - slow_area(image, box, size, 40.0)) <= 0.5 + 1e-6).all()
    off = np.abs(warped(effect, image, "opencv").astype(np.int64) - made).max()
    assert off <= (1 if MAJOR >= 5 else RESAMPLED[4, "linear"])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_every_channel_is_rendered_as_a_grey_image_would_be(channels: int, backend: str) -> None:
    """On (H, W, C) with any C, and the shape stays; what needs colour refuses other counts by name."""
    image = noise(23, 18, channels)
    for operation in OPERATIONS:
        made = render(operation, image, backend)
        assert made.shape == image.shape
        for channel in range(channels):
            grey = np.ascontiguousarray(image[..., channel])
            assert agree(made[..., channel], grey, operation, exactly=backend == "reference"), operation
    for operation in OF_COLOUR:
        if channels in {1, 3} or operation.about.name == "Contrast":
            assert render(operation, image, backend).shape == image.shape
        else:
            with pytest.raises(ImageError, match=f"{operation.about.name} .*{channels} channels"):
                render(operation, image, backend)


def agree(made: Image, image: Image, operation: Operation, *, exactly: bool) -> bool:
    """Whether `made` is what the reference makes of a grey image; within OpenCV's tolerance where a warp resamples."""
    right = render(operation, image, "reference")
    if exactly or np.array_equal(made, right):
        return np.array_equal(made, right)
    interpolation = getattr(operation, "interpolation", "")
    if interpolation != "nearest":
        # OpenCV 5 resamples images of two channels as OpenCV 4 does all.
        return bool(np.abs(made.astype(np.int64) - right).max() <= RESAMPLED.get((4, interpolation), 0))
    pull = coords.inverse(motion_of(operation, image))
    good = made == right
    for shift in product((-1 / 512, 1 / 512), repeat=2):
        moved = coords.to_matrix(np.linalg.inv(pull + np.column_stack([np.zeros((3, 2)), [*shift, 0]])))
        nudged = Warp(transform=moved, size=image.shape, interpolation="nearest", fill=getattr(operation, "fill", 0.0))
        good |= made == warped(nudged, image, "reference")
    return bool(good.all())


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_channel_and_no_channel_axis_mean_the_same(backend: str) -> None:
    """(H, W, 1) is (H, W) with an axis more, for every operation."""
    image = noise(12, 19)
    for operation in OPERATIONS + OF_COLOUR:
        assert np.array_equal(render(operation, image[..., None], backend)[..., 0], render(operation, image, backend))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_a_fill_of_one_number_a_channel(channels: int, backend: str) -> None:
    """Each channel has its own; a tuple of another length is refused in words."""
    image = noise(9, 11, channels)
    fill = tuple(float(10 + 40 * channel) for channel in range(channels))
    for operation in (
        TranslateX(pixels=50, fill=fill),
        Rotate(degrees=45, fill=fill),
        Cutout(size=1, x=0, y=0, value=fill),
    ):
        assert render(operation, image, backend)[0, 0].tolist() == list(fill)
    with pytest.raises(ImageError, match="fill"):
        render(Rotate(degrees=45, fill=(*fill, 1.0)), image, backend)


def layouts(image: Image) -> Iterator[Image]:
    """The same pixels as arrays that are not contiguous, Fortran-ordered, mirrored views, and read-only."""
    wide = np.zeros((image.shape[0] * 2, image.shape[1] * 3, *image.shape[2:]), dtype=np.uint8)
    wide[::2, ::3] = image
    yield wide[::2, ::3]
    yield np.asfortranarray(image)
    yield np.ascontiguousarray(image[::-1, ::-1])[::-1, ::-1]
    locked = image.copy()
    locked.flags.writeable = False
    yield locked


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(14, 11), (14, 11, 3), (14, 11, 5), (1, 1), (1, 1, 3), (2, 6, 3)])
def test_any_layout_is_taken_and_no_input_is_touched_or_returned(shape: tuple[int, ...], backend: str) -> None:
    """The image comes out the same, is itself unchanged, and shares no memory with what comes out."""
    image = noise(*shape)
    operations = OPERATIONS if shape[2:] == (5,) else OPERATIONS + OF_COLOUR
    for operation, same in product(operations, [image, *layouts(image)]):
        made = render_any(operation, same, backend)
        assert np.array_equal(made, render(operation, image.copy(), backend)), operation
        assert np.array_equal(same, noise(*shape)), operation
        assert not np.shares_memory(made, same), operation
        assert made.flags.writeable
        assert made.flags.c_contiguous
        assert check_image(same).flags.c_contiguous  # what a backend's kernels are promised


def render_any(operation: Operation, image: Image, backend: str) -> Image:
    """Render through the public door, which makes images contiguous."""
    fields = tuple((name, getattr(operation, name)) for name in operation.about.parameters)
    step = Step(operation.about.name, f"augplug:{operation.about.name}", type(operation), fields=fields)
    return Augmenter(Policy(step), backend=BACKENDS[backend])(image, index=0)
