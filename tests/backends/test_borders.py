"""Borders: what lies outside an image is what numpy.pad or scipy puts there, for images and masks, on both backends."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import pytest
from scipy import ndimage

import augplug
from augplug import coords
from augplug._backends import borders, fields
from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.masks import mask_kernel
from augplug.effects import DisplacementField, Warp
from augplug.types import Border, Image, Matrix

BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
BOTH = pytest.mark.parametrize("backend", BACKENDS)
REPEATING: tuple[Border, ...] = ("edge", "reflect", "wrap")
EACH = pytest.mark.parametrize("border", REPEATING)
DTYPES = ("uint8", "uint16", "float32", "float64")
SCIPY: dict[str, Any] = {"edge": "nearest", "reflect": "mirror", "wrap": "grid-wrap"}
HEIGHT, WIDTH = 30, 41
WIDE = 70
"""Pixels that numpy.pad puts around the image: more than any of the matrices shows."""
Mode: TypeAlias = Literal["edge", "reflect", "wrap"]
MATRICES: dict[str, Matrix] = {
    "rotation": coords.rotation(33.0, HEIGHT, WIDTH),
    "half": coords.about(coords.scaling(0.5), 20.3, 14.2),
    "smaller": coords.about(coords.scaling(0.37), 20.0, 14.5),
    "whole shift": coords.translation(-17.0, 45.0),
    "shift": coords.translation(21.3, -44.6),
    "shear": coords.shear_x(0.9),
    "perspective": coords.from_corners(HEIGHT, WIDTH, [(6, 5), (34, 3), (36, 25), (2, 24)]),
    "flip": coords.flip_x(WIDTH),
}


def picture(*shape: int, dtype: str = "uint8") -> Image:
    """Return noise, smooth enough that a rounded coordinate changes little."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(4).random(shape), (1.5, 1.5, *[0] * (len(shape) - 2)))
    smooth = (smooth - smooth.min()) / max(np.ptp(smooth), 1e-9)
    kind = np.dtype(dtype)
    made: Image = (smooth if kind.kind == "f" else smooth * np.iinfo(kind).max).astype(kind)
    return made


def render(backend: Backend, effect: Warp, image: Image) -> Image:
    made = backend.prepare(effect, image.shape, image.dtype)(image)
    assert made.flags.c_contiguous
    assert (made.dtype, made.shape) == (image.dtype, (*effect.size, *image.shape[2:]))
    return made


def around(image: Image, pixels: int, border: Border) -> Image:
    margins = [(pixels, pixels)] * 2 + [(0, 0)] * (image.ndim - 2)
    return np.pad(image, margins, mode=cast(Mode, border))


@EACH
def test_indices_are_those_of_numpy_pad(border: Border) -> None:
    for side in range(1, 9):
        expected = np.pad(np.arange(side), 25, mode=cast(Mode, border))

        assert np.array_equal(borders.indices(border, np.arange(-25, side + 25), side), expected)


@BOTH
@EACH
def test_pads_and_crops_are_numpy_pad(border: Border, backend: str) -> None:
    """In every dtype and number of channels; a side of 1 pixel is repeated."""
    for dtype, shape in itertools.product(
        DTYPES, [(9, 7, 3), (9, 7), (9, 7, 1), (9, 7, 13), (1, 7, 3), (9, 1), (1, 1)]
    ):
        image = picture(*shape, dtype=dtype)
        pad = augplug.step("Pad", left=20, top=5, right=3, bottom=30, border=border)
        crop = augplug.step("CenterCrop", height=3, width=25, border=border)
        margins = [(5, 30), (20, 3)] + [(0, 0)] * (image.ndim - 2)
        expected = np.pad(image, margins, mode=cast(Mode, border))
        top, left = (shape[0] - 3) // 2, (shape[1] - 25) // 2
        cropped = around(image, 30, border)[30 + top : 33 + top, 30 + left : 55 + left]

        assert np.array_equal(augplug.Augmenter(pad, backend=backend)(image), expected)
        assert np.array_equal(augplug.Augmenter(crop, backend=backend)(image), cropped)


@EACH
@pytest.mark.parametrize("name", MATRICES)
def test_the_reference_shows_the_padded_image(name: str, border: Border) -> None:
    """A warp shows what it would show of a larger image that numpy.pad has made, with every interpolation."""
    for shape, interpolation in itertools.product(
        [(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH)], ("nearest", "linear", "cubic")
    ):
        image = picture(*shape, dtype="float64")
        effect = Warp(transform=MATRICES[name], size=shape[:2], interpolation=interpolation, border=border)  # type: ignore[arg-type]  # one of the four
        moved = coords.multiply(MATRICES[name], coords.translation(-WIDE, -WIDE))
        larger = replace(effect, transform=moved, border="constant")
        expected = render(BACKENDS["reference"], larger, around(image, WIDE, border))
        differs = np.abs(render(BACKENDS["reference"], effect, image) - expected) > 1e-6

        assert np.mean(differs) <= (5e-3 if interpolation == "nearest" else 0)  # a tie is rounded either way


@EACH
@pytest.mark.parametrize("name", ["half", "smaller", "shift", "whole shift"])
def test_area_is_the_mean_of_the_padded_image(name: str, border: Border) -> None:
    """Beside numbers: the image in 20 x 20 parts a pixel, and the mean of the parts in each box."""
    image = picture(HEIGHT, WIDTH, dtype="float64")
    effect = Warp(transform=MATRICES[name], size=(HEIGHT, WIDTH), interpolation="area", border=border)
    pull = coords.inverse(MATRICES[name])
    made = render(BACKENDS["reference"], effect, image)
    finer = np.repeat(np.repeat(around(image, WIDE, border), 20, axis=0), 20, axis=1)
    for row, column in [(0, 0), (3, 40), (29, 2), (15, 20), (29, 40)]:
        x, y = pull[0, 0] * column + pull[0, 2] + WIDE, pull[1, 1] * row + pull[1, 2] + WIDE
        half = max(pull[0, 0], 1.0) / 2
        left, right, top, bottom = (round((edge + 0.5) * 20) for edge in (x - half, x + half, y - half, y + half))

        assert made[row, column] == pytest.approx(finer[top:bottom, left:right].mean(), abs=0.03)


@BOTH
@EACH
def test_fields_show_what_scipy_shows(border: Border, backend: str) -> None:
    image = picture(HEIGHT, WIDTH, dtype="float64")
    for field in (
        DisplacementField("elastic", 3, 16.0, 3.2),
        DisplacementField("grid", 5, 20.0, 4.0),
        DisplacementField("radial", 0, 25.0, 5.0),
    ):
        xs, ys = fields.pull_points(field, image.shape)
        expected = ndimage.map_coordinates(image, [ys, xs], order=1, mode=SCIPY[border])
        effect = Warp(transform=field, size=image.shape, interpolation="linear", border=border)

        assert np.abs(render(BACKENDS[backend], effect, image) - expected).max() < (
            1e-12 if backend == "reference" else 0.01
        )


@EACH
@pytest.mark.parametrize("name", MATRICES)
def test_opencv_shows_what_the_reference_shows(name: str, border: Border) -> None:
    straight = name in ("half", "smaller", "shift", "whole shift")
    kinds = itertools.product(DTYPES, [(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH, 6), (HEIGHT, WIDTH)])
    for (dtype, shape), interpolation in itertools.product(kinds, ("nearest", "linear", "cubic", "area")):
        if interpolation == "area" and not straight:
            continue
        image = picture(*shape, dtype=dtype)
        effect = Warp(transform=MATRICES[name], size=shape[:2], interpolation=interpolation, border=border)  # type: ignore[arg-type]  # one of the four
        made, expected = (render(BACKENDS[each], effect, image).astype(float) for each in ("opencv", "reference"))
        unit = 1.0 if dtype == "uint8" else 257.0 if dtype == "uint16" else 1 / 255

        if interpolation == "nearest":
            assert np.mean(made != expected) < 4e-3
        else:
            assert np.abs(made - expected).max() / unit < 4, interpolation


def test_what_shows_too_many_copies_goes_to_the_reference() -> None:
    image = picture(24, 20, 3)
    for transform in (coords.about(coords.scaling(0.01), 9.5, 11.5), coords.translation(1e6 + 0.5, 0.0)):
        effect = Warp(transform=transform, size=(24, 20), interpolation="linear", border="wrap")

        expected = render(BACKENDS["reference"], effect, image)

        assert np.array_equal(render(BACKENDS["opencv"], effect, image), expected)


@BOTH
@EACH
def test_masks_of_every_dtype_repeat_as_images_do(border: Border, backend: str) -> None:
    image = np.random.default_rng(1).integers(0, 2, (HEIGHT, WIDTH)).astype(np.uint8)
    warps: list[Any] = [*MATRICES.values(), DisplacementField("elastic", 3, 16.0, 3.2)]
    for transform, dtype in itertools.product(warps, ["uint8", "int32", "bool", "int64", "float32"]):
        effect = Warp(transform=transform, size=image.shape, interpolation="nearest", mask_fill=1, border=border)
        mask = image.astype(dtype)
        moved = mask_kernel(effect, mask.shape, mask.dtype, BACKENDS[backend])(mask)

        assert moved.dtype == mask.dtype
        assert np.mean(moved.astype(np.uint8) != render(BACKENDS[backend], effect, image)) < 4e-3


def test_float_masks_repeat_with_the_interpolation_of_the_image() -> None:
    mask = picture(HEIGHT, WIDTH, dtype="float32") * 40 - 7
    effect = Warp(transform=MATRICES["rotation"], size=mask.shape, interpolation="linear", border="reflect")
    pull = coords.inverse(MATRICES["rotation"])
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    at = [pull[row, 0] * xs + pull[row, 1] * ys + pull[row, 2] for row in (1, 0)]
    expected = ndimage.map_coordinates(mask.astype(np.float64), at, order=1, mode="mirror")

    for backend in BACKENDS.values():
        assert np.abs(mask_kernel(effect, mask.shape, mask.dtype, backend)(mask) - expected).max() < 0.2


@EACH
def test_boxes_and_keypoints_follow_the_image_and_no_copy(border: Border) -> None:
    image = picture(HEIGHT, WIDTH, 3)
    targets: dict[str, Any] = {"boxes": np.array([[2.0, 3, 12, 15]]), "keypoints": np.array([[5.0, 6.0], [39, 2]])}
    for step in (
        augplug.step("TranslateX", pixels=-30, border=border),
        augplug.step("Rotate", degrees=60, border=border),
        augplug.step("ElasticTransform", key=4, border=border),
    ):
        plain = augplug.load_policy(json.loads(json.dumps(augplug.Policy(step).to_json()).replace(border, "constant")))
        made = augplug.Augmenter(step)(image=image, index=0, **targets)
        expected = augplug.Augmenter(plain)(image=image, index=0, **targets)

        assert np.array_equal(made["boxes"], expected["boxes"])
        assert np.array_equal(made["keypoints"], expected["keypoints"])
        assert not np.array_equal(made["image"], expected["image"])


def test_a_batch_equals_the_loop() -> None:
    images = np.random.default_rng(3).integers(0, 256, (24, 32, 32, 3)).astype(np.uint8)
    policy = augplug.Policy(
        augplug.sequence(
            augplug.step("RandomCrop", height=32, width=32, padding=4),
            augplug.step("Rotate", degrees=(-30, 30)),
            augplug.step("Scale", factor=(0.5, 1.5)),
        ),
        defaults={"border": "reflect"},
    )
    augment = augplug.Augmenter(policy, seed=1)

    assert np.array_equal(
        augment.batch(images, indices=range(24)), [augment(image, index=i) for i, image in enumerate(images)]
    )
