"""Images of every dtype and of many channels: slices to the bit, everything else beside the reference."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from augplug import coords
from augplug._backends import default_backend, sampling
from augplug._backends.base import Backend
from augplug._backends.opencv_groups import groups
from augplug._backends.reference import Reference
from augplug.effects import DisplacementField, Warp
from augplug.types import Image, Interpolation, Matrix

FAST, RIGHT = default_backend(), Reference()
MAJOR = int(cv2.__version__.split(".", maxsplit=1)[0])
DTYPES = ("uint8", "uint16", "float32", "float64")
CHANNELS = (0, 1, 2, 3, 4, 5, 6, 7, 13)
SIZE = (37, 53)
UNITS = {"uint8": 1.0, "uint16": 1 / 257, "float32": 255.0, "float64": 255.0}
MOST: dict[str, float] = (
    {"linear": 0.05, "cubic": 0.05, "area": 0.05} if MAJOR >= 5 else {"linear": 9, "cubic": 12, "area": 9}
)
"""The most by which a resampled value differs, in 8-bit units; on uint8 rounding adds a half."""
NEAREST = 0.02


def noise(dtype: str, channels: int, size: tuple[int, int] = SIZE) -> Image:
    """Noise of the whole range."""
    rng = np.random.default_rng(channels)
    shape = size if channels == 0 else (*size, channels)
    if dtype.startswith("uint"):
        return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    return rng.random(shape).astype(dtype)


def shift(dx: int, dy: int) -> Matrix:
    return coords.translation(float(dx), float(dy))


H, W = SIZE
SLICES: dict[str, tuple[Matrix, tuple[int, int], Callable[[Image], Image]]] = {
    "flip": (coords.flip_x(W), SIZE, lambda image: image[:, ::-1]),
    "flip down": (coords.flip_y(H), SIZE, lambda image: image[::-1]),
    "turn": (coords.rotation(180, H, W), SIZE, lambda image: image[::-1, ::-1]),
    "transpose": (coords.TRANSPOSITION, (W, H), lambda image: image.swapaxes(0, 1)),
    "quarter": (((0.0, 1.0, 0.0), (-1.0, 0.0, W - 1.0), (0.0, 0.0, 1.0)), (W, H), np.rot90),
    "crop": (shift(-5, -7), (20, 30), lambda image: image[7:27, 5:35]),
    "identity": (coords.IDENTITY, SIZE, lambda image: image),
}


@pytest.mark.parametrize("backend", [FAST, RIGHT], ids=lambda backend: backend.name)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_flips_turns_and_crops_are_slices(
    dtype: str, channels: int, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any dtype and any number of channels, whatever the interpolation, and nothing is resampled."""
    for name in ("gather", "sample", "area"):
        monkeypatch.delattr(sampling, name)
    image = noise(dtype, channels)
    before = image.copy()
    for name, (matrix, size, expected) in SLICES.items():
        for interpolation in ("nearest", "linear", "cubic", "area"):
            effect = Warp(transform=matrix, size=size, interpolation=interpolation)
            made = backend.prepare(effect, image.shape, image.dtype)(image)
            # pylint: disable-next=not-callable  # it takes the last of each row for a matrix
            assert np.array_equal(made, expected(image)), name
            assert (made.dtype, made.flags.c_contiguous, made.flags.writeable) == (image.dtype, True, True)
            assert not np.shares_memory(made, image)
    assert np.array_equal(image, before)


@pytest.mark.parametrize("backend", [FAST, RIGHT], ids=lambda backend: backend.name)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_shifts_and_pads_are_slices(
    dtype: str, channels: int, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With fill around them: one value, or one a channel; wholly outside the image too."""
    for name in ("gather", "sample", "area"):
        monkeypatch.delattr(sampling, name)
    image, count = noise(dtype, channels), max(channels, 1)
    for fill in (0.0, 51.0, tuple(float(3 * channel) for channel in range(count))):
        values = np.broadcast_to(np.asarray(fill) / UNITS[dtype], (count,)).astype(dtype)
        for dx, dy, size in ((3, 4, (H + 9, W + 9)), (-6, 0, SIZE), (0, 9, SIZE), (W + 1, 0, SIZE), (0, -H, (5, 5))):
            expected = np.empty((*size, count), dtype)
            expected[...] = values
            rows, columns = np.mgrid[: size[0], : size[1]]
            held = (rows >= dy) & (rows < dy + H) & (columns >= dx) & (columns < dx + W)
            expected[held] = image.reshape(H, W, count)[rows[held] - dy, columns[held] - dx]
            effect = Warp(transform=shift(dx, dy), size=size, interpolation="linear", fill=fill)
            made = backend.prepare(effect, image.shape, image.dtype)(image)
            assert np.array_equal(made, expected.reshape(made.shape))
            assert (made.dtype, made.shape[2:], made.flags.c_contiguous) == (image.dtype, image.shape[2:], True)


def warps(interpolation: Interpolation, channels: int) -> Iterator[Warp]:
    """What moves between pixels: turned, sheared, in perspective, bent, larger and smaller."""
    fill = tuple(float(20 * channel) for channel in range(max(channels, 1)))
    size = (41, 60)
    if interpolation == "area":
        for box, out in (((0, 0, W, H), (11, 13)), ((3, 4, 40, 30), (60, 70)), ((0, 0, W, H), (17, 80))):
            yield Warp(transform=coords.crop_resize(box, *out), size=out, interpolation="area", fill=fill)
        return
    for matrix in (
        coords.rotation(27, H, W),
        coords.shear_x(0.23),
        coords.scaling(0.43),
        coords.translation(2.4, -3.6),
        ((1.0, 0.2, 1.0), (0.1, 0.9, 2.0), (1e-3, -2e-3, 1.0)),
    ):
        yield Warp(transform=matrix, size=size, interpolation=interpolation, fill=fill)
    for kind in ("elastic", "grid"):
        yield Warp(transform=DisplacementField(kind, 77, 11.0, 2.0), size=SIZE, interpolation=interpolation, fill=fill)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "area"])
def test_warps_keep_the_tolerance(interpolation: Interpolation, dtype: str, channels: int) -> None:
    """And none is left to the reference. `pytest -s` prints what was measured."""
    image, worst = noise(dtype, channels), 0.0
    for effect in warps(interpolation, channels):
        kernel = FAST.prepare(effect, image.shape, image.dtype)
        assert "reference" not in str(getattr(kernel, "func", ""))
        made, right = kernel(image), RIGHT.prepare(effect, image.shape, image.dtype)(image)
        assert (made.dtype, made.shape, made.flags.c_contiguous) == (right.dtype, right.shape, True)
        apart = np.abs(made.astype(np.float64) - right) * UNITS[dtype]
        if interpolation == "nearest":
            assert (apart > 0).mean() <= NEAREST
            assert np.isin(made, np.append(image, right)).all()  # values are moved, never rounded
        else:
            worst = max(worst, float(apart.max()))
            assert dtype.startswith("uint") or 0 <= made.min() <= made.max() <= 1
    sys.stdout.write(f"\n{interpolation}, {dtype}, {channels} channels: off by up to {worst:.3f}\n")
    two = dtype == "uint8" and channels == 2  # as OpenCV 4
    rounding = 1 if dtype == "uint8" else 0
    assert worst <= (9 if two else MOST.get(interpolation, 0) + rounding)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nearest_moves_values_of_every_dtype_alike(dtype: str) -> None:
    """Each value is one of the image's, and stands where a uint8 image has it."""
    plane = noise("uint8", 0, (180, 210))
    effect = Warp(transform=coords.rotation(20, 180, 210), size=(180, 210), fill=0.0)
    expected = FAST.prepare(effect, plane.shape, plane.dtype)(plane)
    levels = np.linspace(0.0, 1.0, 256) if dtype.startswith("float") else np.arange(256) * 3
    image = np.stack([levels.astype(dtype)[plane]] * 5, axis=2) if dtype != "uint8" else np.stack([plane] * 5, axis=2)
    made = FAST.prepare(effect, image.shape, image.dtype)(image)
    for channel in range(5):
        assert np.array_equal(made[..., channel], levels.astype(dtype)[expected] if dtype != "uint8" else expected)


def test_channels_are_grouped() -> None:
    """By four, three or one, never two, from the first to the last."""
    for count in (1, *range(3, 40)):
        parts = groups(count)
        assert {part.stop - part.start for part in parts} <= {1, 3, 4}
        assert [*range(count)] == [channel for part in parts for channel in range(count)[part]]
    assert groups(2) == [slice(0, 1), slice(1, 2)]


def test_hundreds_of_channels_are_warped() -> None:
    """OpenCV takes at most 128 at once."""
    image = noise("uint16", 300, (9, 11))
    effect = Warp(transform=coords.rotation(20, 9, 11), size=(9, 11), interpolation="linear")
    made, right = (backend.prepare(effect, image.shape, image.dtype)(image) for backend in (FAST, RIGHT))
    assert np.abs(made.astype(float) - right).max() / 257 <= MOST["linear"]
