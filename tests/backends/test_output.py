"""The last step: the values of the specification, one pass or two, in either layout."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from augplug._backends.base import Backend
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug._pipeline.cache import Programs
from augplug._pipeline.items import Drawn
from augplug._pipeline.render import Renderer
from augplug._sample.output import Output
from augplug.errors import ImageError, SettingsError
from augplug.ops.base import Operation
from augplug.ops.filters import Sharpness
from augplug.ops.geometry import Rotate
from augplug.ops.tone import AutoContrast, Brightness, Contrast, Equalize, Invert
from augplug.types import Image

BACKENDS: dict[str, Backend] = {"reference": Reference(), "opencv": OpenCV()}
CHAINS: dict[str, list[Operation]] = {
    "nothing": [],
    "tone": [Invert()],
    "tones": [Brightness(factor=1.4), Invert()],
    "histogram": [Rotate(degrees=20), Brightness(factor=0.7), Equalize(), Invert()],
    "extremes": [AutoContrast()],
    "grey mean": [Contrast(factor=0.4), Invert()],
    "no tone last": [Invert(), Sharpness(factor=0.3)],
}
SHAPES = [(1, 1), (1, 1, 3), (5, 7), (5, 7, 1), (6, 4, 2), (33, 47, 3), (120, 110, 3), (9, 8, 4), (6, 7, 5)]
DTYPES = ("uint8", "uint16", "float32", "float64")


def cases() -> list[tuple[tuple[int, ...], str]]:
    """Every shape with every chain."""
    return list(product(SHAPES, CHAINS))


def random_image(shape: tuple[int, ...], dtype: str) -> Image:
    """Random values of a dtype."""
    rng = np.random.default_rng(len(shape))
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype=np.dtype(dtype))


def rendered(chain: str, image: Image, fuse: Any, backend: str, output: Output | None) -> Image:
    """Render a chain that ends with an output."""
    items = [Drawn("augplug:X", operation) for operation in CHAINS[chain]]
    return Programs(Renderer(fuse, BACKENDS[backend], output)).of(tuple(items), image).run(image)


def numbers(shape: tuple[int, ...], *, many: bool) -> tuple[Any, Any]:
    """One mean and deviation, or one a channel."""
    channels = shape[2] if len(shape) == 3 else 1
    if not many:
        return 0.45, 0.23
    return tuple(0.3 + 0.1 * c for c in range(channels)), tuple(0.2 + 0.05 * c for c in range(channels))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("many", [False, True])
def test_an_output_is_the_normalised_image(backend: str, dtype: str, *, many: bool) -> None:
    """Written out: (image on [0, 1] - mean) / std, its channels first where asked."""
    for shape, chain in cases():
        if np.dtype(dtype).kind == "f" and chain != "nothing":
            continue  # the float arithmetic of operations is another test's
        image = random_image(shape, dtype)
        mean, std = numbers(shape, many=many)
        plain = rendered(chain, image, "none", backend, None)
        unit = plain / (1 if plain.dtype.kind == "f" else np.iinfo(plain.dtype).max)
        right = (unit - np.array(mean)) / np.array(std)
        hwc = rendered(chain, image, "exact", backend, Output(mean, std))
        chw = rendered(chain, image, "exact", backend, Output(mean, std, "CHW"))
        assert hwc.dtype == chw.dtype == np.float32
        np.testing.assert_allclose(hwc, right, atol=1e-6, rtol=0)
        assert hwc.shape == image.shape
        assert chw.flags.c_contiguous
        np.testing.assert_array_equal(chw, hwc[None] if image.ndim == 2 else np.moveaxis(hwc, 2, 0))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_fused_and_not_fused_are_the_same_bits(backend: str, dtype: str) -> None:
    """A tone melted into the normalisation changes nothing."""
    for shape, chain in cases():
        image = random_image(shape, dtype)
        output = Output(*numbers(shape, many=True), "CHW")
        fused, plain = (rendered(chain, image, level, backend, output) for level in ("exact", "none"))
        np.testing.assert_array_equal(fused, plain)


def test_the_backends_end_with_the_same_bits() -> None:
    """Tables are the same numbers on either."""
    for shape, chain in cases():
        if chain == "histogram":
            continue  # its rotation has a tolerance
        image, output = random_image(shape, "uint8"), Output(*numbers(shape, many=True))
        made, right = (rendered(chain, image, "exact", backend, output) for backend in BACKENDS)
        np.testing.assert_array_equal(made, right)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("given", [{"mean": (0.1, 0.2)}, {"std": (0.1, 0.2, 0.3, 0.4)}])
def test_a_number_for_channels_that_are_not_there_is_refused(given: dict[str, Any], dtype: str) -> None:
    """When the program is prepared, with what to give instead."""
    for backend in BACKENDS.values():
        with pytest.raises(ImageError, match=r"numbers, and the image that leaves has shape \(4, 5, 3\).*\(3\)"):
            Programs(Renderer("exact", backend, Output(**given))).of((), random_image((4, 5, 3), dtype))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mean": "0.5"}, "mean is a number"),
        ({"mean": ()}, "mean is a number"),
        ({"mean": (0.5, float("nan"))}, "mean is a number"),
        ({"std": None}, "std is a number"),
        ({"std": 0}, "above 0"),
        ({"std": (0.2, -0.1)}, "above 0"),
        ({"layout": "chw"}, "unknown layout"),
        ({"layout": ["CHW"]}, "unknown layout"),
    ],
)
def test_wrong_settings_are_refused(given: dict[str, Any], words: str) -> None:
    """One typed error, which says what is taken."""
    with pytest.raises(SettingsError, match=words):
        Output(**given)


def test_an_output_takes_lists_and_compares_by_value() -> None:
    """It can be a key of prepared programs."""
    assert Output([0.5, 0.4, 0.3], [1, 1, 1]) == Output((0.5, 0.4, 0.3), (1.0, 1.0, 1.0))  # type: ignore[arg-type]  # lists, as people write them
    assert hash(Output(0)) == hash(Output())
