"""The chains that the benchmarks bind ahead do what the policy drew: else the race would be against other work."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

import augplug
from benchmarks import bound


@pytest.fixture(scope="module")
def image() -> Any:
    from skimage import data

    return np.ascontiguousarray(data.astronaut()[:96, 100:180])  # type: ignore[no-untyped-call]  # it has no types


@pytest.mark.parametrize(
    ("policy", "apart"), [("autoaugment-cifar10", 0.1), ("trivialaugment-wide", 0.1), ("augmix", 3)]
)
def test_pillows_chain_gives_the_image_that_ours_gives(image: Any, policy: str, apart: float) -> None:
    augment = augplug.Augmenter(policy)
    for index in range(40):
        items = augment.plan(image, index=index).items
        chain = bound.bind_all(items, image.shape[:2], bound.pillow_step, bound.pillow_blend)

        made = np.array(bound.followed(Image.fromarray(image), chain), dtype=np.float64)

        assert np.abs(made - augment(image, index=index)).mean() <= apart


@pytest.mark.parametrize("policy", ["autoaugment-svhn", "augmix"])
def test_the_kernel_sum_has_one_link_for_every_drawn_step(image: Any, policy: str) -> None:
    for index in range(20):
        items = augplug.Augmenter(policy).plan(image, index=index).items
        chain = bound.bind_all(items, image.shape[:2], bound.kernel_step, bound.kernel_blend)

        assert len(chain) == len(items)
        assert bound.followed(image, chain).shape == image.shape


def test_the_kernel_sum_moves_pixels_as_ours_does(image: Any) -> None:
    policy = augplug.Policy(augplug.step("Rotate", degrees=20, interpolation="linear"))
    items = augplug.Augmenter(policy).plan(image, index=0).items
    chain = bound.bind_all(items, image.shape[:2], bound.kernel_step, bound.kernel_blend)

    assert np.abs(bound.followed(image, chain).astype(float) - augplug.Augmenter(policy)(image, index=0)).mean() < 1
