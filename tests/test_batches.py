"""A batch: written in place, so that nothing is held twice, and the same errors in any number of threads."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import augplug

COUNT, SIDE = 256, 64
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3)).astype(np.uint8)
NORMAL = augplug.Output(mean=(0.5, 0.4, 0.3), std=0.2, layout="CHW")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("output", [None, NORMAL, augplug.Output()], ids=["uint8", "CHW", "HWC"])
def test_a_batch_holds_its_input_its_output_and_a_tenth(output: augplug.Output | None, threads: int) -> None:
    """Numpy's memory at its highest, which OpenCV takes for what it returns too; a tenth are a few images in work."""
    augment = augplug.Augmenter("autoaugment-imagenet", output=output)
    augment.batch(IMAGES, indices=range(COUNT))  # programs are kept, and imports are done
    tracemalloc.start()
    try:
        made = augment.batch(IMAGES, indices=range(COUNT), threads=threads)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak <= made.nbytes + (IMAGES.nbytes + made.nbytes) / 10


@pytest.mark.parametrize("backend", ["opencv", "reference"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 3), (9, 7, 5)])
@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_an_output_is_written_into_the_batch_as_calls_return_it(
    backend: str, dtype: type, shape: tuple[int, ...], layout: str
) -> None:
    """Whatever stands before it: a tone that it takes in, a table that it ends, nothing."""
    if backend not in augplug.backends():
        pytest.skip("no OpenCV here")
    policy = augplug.one_of(
        augplug.step("Posterize", bits=4), augplug.step("Equalize"), augplug.step("Rotate", p=0.5, degrees=20)
    )
    output = augplug.Output(mean=0.5, std=0.3, layout=layout)  # type: ignore[arg-type]  # one of the two
    augment = augplug.Augmenter(policy, output=output, backend=backend)
    images = np.random.default_rng(1).random((12, *shape))
    if np.dtype(dtype).kind == "u":
        images *= np.iinfo(dtype).max
    images = images.astype(dtype)

    made = augment.batch(images, indices=range(12), threads=2)

    assert np.array_equal(made, np.stack([augment(image, index=index) for index, image in enumerate(images)]))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_error_is_that_of_the_first_image_that_fails(threads: int) -> None:
    """Places 3, 9 and 11 are bad, each in its own way."""
    images = np.zeros((12, 4, 4))
    images[3], images[9], images[11] = 30, 90, 110

    with pytest.raises(augplug.ImageError, match="30 to 30"):
        augplug.Augmenter(augplug.step("Invert")).batch(images, threads=threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("output", [None, NORMAL], ids=["uint8", "CHW"])
def test_images_of_unequal_sizes_are_refused(output: augplug.Output | None, threads: int) -> None:
    """Half of them are turned, and the error says both sizes."""
    augment = augplug.Augmenter(augplug.step("Rotate90", p=0.5), output=output)

    with pytest.raises(augplug.ImageError, match=r"unequal sizes.*8.*6.*end the policy with a crop"):
        augment.batch(IMAGES[:, :8, :6], indices=range(COUNT), threads=threads)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_empty_batch_and_a_batch_of_one(threads: int) -> None:
    """They are batches."""
    augment = augplug.Augmenter("randaugment")

    assert augment.batch(IMAGES[:0], threads=threads).shape == (0, SIDE, SIDE, 3)
    one = augment.batch(IMAGES[:1], indices=[7], threads=threads)
    assert np.array_equal(one, augment(IMAGES[0], index=7)[None])


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "wrap"])
@pytest.mark.parametrize("name", ["TranslateX", "ShearY", "Rotate"])
def test_a_batch_with_a_border_is_the_loop(name: str, border: Any) -> None:
    """Whole shifts recur, so that their kernels are kept; the others are made for each image."""
    field = {"TranslateX": "fraction", "ShearY": "factor", "Rotate": "degrees"}[name]
    fields: dict[str, Any] = {field: augplug.Uniform(-0.4, 0.4), "border": border}
    step = augplug.step(name, **fields)
    augment = augplug.Augmenter(step, output=augplug.Output((0.5,) * 3, (0.2,) * 3))
    images = np.random.default_rng(4).integers(0, 256, (40, 20, 24, 3), dtype=np.uint8)
    for _ in range(2):
        made = augment.batch(images, indices=range(40))
        right = np.stack([augment(image, index=index) for index, image in enumerate(images)])
        np.testing.assert_array_equal(made, right)
