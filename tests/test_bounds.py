"""What a policy may ask for, and what is kept between calls, is bounded: canvases, caches, numbers of a draw."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import augplug
from augplug import blend, compose, one_of, step
from augplug._backends import kernels, opencv_fields, tables
from augplug._backends.kept import BytesCache
from augplug._policies.grammar import Node
from augplug.errors import ImageError, PolicyError, SettingsError
from tests import operations

IMAGE = np.zeros((40, 50, 3), np.uint8)
MEGABYTE = 1 << 20
LARGE: dict[str, Node] = {
    "resized": step("Resize", height=65536, width=65536),
    "resized by area": step("Resize", height=30000, width=30000, interpolation="area"),
    "padded": step("Pad", left=60000, top=60000, right=60000, bottom=60000),
    "cropped with padding": step("RandomCrop", height=65536, width=65536, padding=40000),
    "middle": step("CenterCrop", height=65536, width=65536),
    "random": step("RandomResizedCrop", height=65536, width=65536),
    "on the way": compose([step("Resize", height=65536, width=65536), step("Resize", height=9, width=9)]),
    "before a field": compose([step("Resize", height=20000, width=20000), step("ElasticTransform")]),
    "in a choice": one_of(step("Pad", left=60000, top=60000, right=60000, bottom=60000)),
    "in a blend": blend(
        compose([step("Resize", height=65536, width=65536), step("Resize", height=40, width=50)]), step("Invert")
    ),
}


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("name", LARGE)
def test_a_canvas_above_max_pixels_is_refused_before_memory_is_taken(name: str, dtype: str, backend: str) -> None:
    """By a call, a batch, a call with targets and a plan; 2**28 pixels unless given."""
    augment = augplug.Augmenter(LARGE[name], backend=backend)
    image = IMAGE.astype(dtype)
    tracemalloc.start()
    try:
        for call in (
            lambda: augment(image, index=0),
            lambda: augment.batch(np.stack([image] * 20)),
            lambda: augment(image=image, mask=image[..., 0], boxes=augplug.Boxes([[0, 0, 2, 2]]), index=0),
            lambda: augplug.replay(augment.plan(image, index=0), image),
        ):
            with pytest.raises(ImageError, match="max_pixels"):
                call()
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_max_pixels_binds_results_exactly() -> None:
    for most, fits in ((5999, False), (6000, True)):
        augment = augplug.Augmenter(step("Resize", height=60, width=100), max_pixels=most)
        if fits:
            assert augment(IMAGE, index=0).shape == (60, 100, 3)
            continue
        with pytest.raises(ImageError, match="60x100 pixels, and max_pixels is 5999"):
            augment(IMAGE, index=0)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("size", [32, 300])
def test_tones_with_continuous_numbers_keep_little(dtype: str, size: int) -> None:
    """A table of uint16 is 128 kB: 4,096 of them were kept, half a gigabyte."""
    augment = augplug.Augmenter(compose([step("Brightness", factor=(0.5, 1.5)), step("Gamma", gamma=(0.5, 2.0))]))
    image = np.zeros((size, size, 3), dtype)
    for index in range(20):
        augment(image, index=index)
    tracemalloc.start()
    try:
        for index in range(600):
            augment(image, index=index)
        # Programs are kept up to 32 MB as long as their draws may recur; a small image needs no tables.
        assert tracemalloc.get_traced_memory()[0] < (12 if size == 32 else 45) * MEGABYTE
    finally:
        tracemalloc.stop()


def test_few_values_and_tables_give_the_same_bits() -> None:
    """A small uint16 image is computed, a large one is looked up."""
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for node in (step("Brightness", factor=1.3), step("Gamma", gamma=0.7), step("Solarize", threshold=100.2)):
        for fuse in ("none", "exact"):
            augment = augplug.Augmenter(
                augplug.Policy(compose([node, step("Posterize", bits=5), step("ToneCurve")]), fuse=fuse)
            )
            whole = augment(every, index=3)
            parts = [augment(every[row : row + 16], index=3) for row in range(0, 256, 16)]
            assert np.array_equal(np.concatenate(parts), whole)


def test_a_cache_is_bounded_by_bytes_and_keeps_what_recurs() -> None:
    made: list[int] = []

    def function(number: int) -> np.ndarray[Any, Any]:
        made.append(number)
        return np.zeros(1000, np.uint8)

    cache = BytesCache(function, 60_000)
    for number in range(500):
        cache(number)
        cache(-1)
    assert made.count(-1) == 1
    assert sum(array.nbytes for array in cache.values()) <= 60_000
    assert len(made) == 501


@pytest.mark.parametrize(
    ("cache", "arguments", "most"),
    [
        (kernels._line, lambda number: (255.0, float(number)), 1 << 22),
        (opencv_fields._axis, lambda number: (2000, 4.0 + number / 1000), 1 << 25),
        (tables._word_table, lambda number: (augplug.Tone(np.minimum, float(number)),), 1 << 23),
    ],
)
def test_caches_of_large_arrays_are_bounded(cache: BytesCache[Any], arguments: Any, most: int) -> None:
    for number in range(80):
        cache(*arguments(number))
    arrays = [array for value in cache.values() for array in (value if isinstance(value, tuple) else (value,))]
    assert sum(array.nbytes for array in arrays) <= most + max(array.nbytes for array in arrays) * 2


@pytest.mark.parametrize("alpha", [1e-310, 1e-300, 9e-4, 1.1e6, 1e12])
def test_numbers_that_a_draw_cannot_use_are_refused(alpha: float) -> None:
    """Where they are made, and by the reader, which names the place."""
    with pytest.raises(SettingsError, match="alpha of a blend"):
        blend(step("Invert"), alpha=alpha)
    with pytest.raises(SettingsError, match="beta"):
        augplug.Beta(alpha, 1.0)
    text = augplug.Policy(blend(step("Invert"))).to_json()
    key = next(name for name, value in text.items() if isinstance(value, dict) and "blend" in value)
    text[key] = {**text[key], "alpha": alpha}
    with pytest.raises(PolicyError, match="alpha"):
        augplug.load_policy(text)


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (13,)])
def test_results_are_contiguous(channels: tuple[int, ...], dtype: str, backend: str) -> None:
    """Equalize of floats came back with channels as planes."""
    rng = np.random.default_rng(0)
    image = rng.random((32, 30, *channels))
    given = (image * np.iinfo(dtype).max if dtype.startswith("u") else image).astype(dtype)
    for name in operations.names():
        augment = augplug.Augmenter(operations.step(name), backend=backend)
        try:
            made = augment.batch(np.stack([given, given])) if augment.mixes else augment(given, index=1)
        except ImageError:
            assert channels not in ((3,), (1,), ())
            continue
        assert made.flags.c_contiguous, name
        assert made.dtype == given.dtype
