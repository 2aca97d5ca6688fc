"""The backend `torch`: judged by the examination, and to the bit where it says so."""

import types
from typing import Any

import numpy as np
import pytest
import torch
from augplug_torch.backend import Torch

import augplug
from augplug import testing

REFERENCE = augplug.backends()["reference"]()
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"))]


def examined(device: str) -> types.ModuleType:
    """A plugin of the backend alone: the child models have an examination of their own."""
    made = types.ModuleType(f"torch_{device}")
    made.__file__ = __file__  # waivers would stand beside it

    def augplug_backends() -> dict[str, Any]:
        return {"torch": lambda: Torch(augplug.default_backend(), device=device)}

    vars(made)["augplug_backends"] = augplug.hookimpl(augplug_backends)
    return made


test_the_examination = testing.examine(examined("cpu"))
if torch.cuda.is_available():
    test_the_examination_on_a_gpu = testing.examine(examined("cuda"))


def pictures(channels: int, count: int = 6, shape: tuple[int, int] = (23, 31)) -> Any:
    """Noise, noise in a narrow range, a constant, and smooth waves."""
    numbers = np.random.default_rng(channels)
    made = numbers.integers(0, 256, (count, *shape, channels), np.uint8)
    made[1] = numbers.integers(90, 110, (*shape, channels), np.uint8)
    made[2] = 77
    rows = np.sin(np.arange(shape[0]) / 5)[:, None, None] + np.cos(np.arange(shape[1]) / 3)[:, None]
    made[3] = (rows * 60 + 128).astype(np.uint8)
    return made


def rendered(step: Any, images: Any, backend: Any) -> Any:
    augment = augplug.Augmenter(augplug.sequence(*step), backend=backend, seed=11)
    return [augment(image, index=place) for place, image in enumerate(images)]


EXACT: dict[str, dict[str, Any]] = {
    "Invert": {},
    "Solarize": {"threshold": 100},
    "Posterize": {"bits": 3},
    "Brightness": {"factor": 1.37},
    "Gamma": {"gamma": 0.7},
    "Equalize": {},
    "AutoContrast": {},
    "Contrast": {"factor": 1.63},
    "Sharpness": {"factor": 1.93},
    "Cutout": {"size": 0.4},
    "Rotate": {"degrees": augplug.Uniform(-40, 40)},
    "ShearX": {"factor": 0.31},
    "TranslateY": {"pixels": 3.0},
    "HorizontalFlip": {},
    "Transpose": {},
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", EXACT)
def test_every_bit_is_the_references(name: str, channels: int, device: str) -> None:
    images, step = pictures(channels), [augplug.step(name, **EXACT[name])]
    backend = Torch(REFERENCE, device=device)

    for made, expected in zip(rendered(step, images, backend), rendered(step, images, REFERENCE), strict=True):
        assert np.array_equal(made, expected)


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0, 1.6])
def test_color_is_the_references_too(factor: float) -> None:
    images, step = pictures(3), [augplug.step("Color", factor=factor)]

    assert np.array_equal(rendered(step, images, Torch(REFERENCE)), rendered(step, images, REFERENCE))


def test_runs_of_tones_are_joined_to_the_same_bits() -> None:
    steps = [
        augplug.step("Invert"),
        augplug.step("Equalize"),
        augplug.step("Posterize", bits=4),
        augplug.step("Solarize", threshold=90),
        augplug.step("AutoContrast"),
        augplug.step("Contrast", factor=0.4),
    ]

    assert np.array_equal(rendered(steps, pictures(3), Torch(REFERENCE)), rendered(steps, pictures(3), REFERENCE))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("border", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_warps_are_within_one_level(interpolation: str, border: str, device: str) -> None:
    images = pictures(3, 12)
    turn = augplug.step(
        "Rotate", degrees=augplug.Uniform(-40, 40), interpolation=interpolation, border=border, fill=(10.0, 200.0, 90.0)
    )

    made = np.stack(rendered([turn], images, Torch(REFERENCE, device=device))).astype(int)

    apart = np.abs(made - np.stack(rendered([turn], images, REFERENCE)))
    assert apart.max() <= 1
    assert (apart > 0).mean() < 1e-3


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "wrap"])
def test_nearest_neighbours_are_exact_with_every_border(border: str) -> None:
    steps = [augplug.step("Rotate", degrees=augplug.Uniform(-90, 90), interpolation="nearest", border=border)]

    assert np.array_equal(rendered(steps, pictures(3), Torch(REFERENCE)), rendered(steps, pictures(3), REFERENCE))


def test_what_it_has_no_kernel_for_is_left_to_the_backend_beneath() -> None:
    images = pictures(3)
    steps = [augplug.step("ElasticTransform"), augplug.step("GaussianBlur", sigma=1.2), augplug.step("Invert")]

    assert np.array_equal(rendered(steps, images, Torch(REFERENCE)), rendered(steps, images, REFERENCE))
    floats = (images / 255).astype(np.float32)
    assert np.array_equal(rendered(steps[2:], floats, Torch(REFERENCE)), rendered(steps[2:], floats, REFERENCE))


def test_a_plan_names_both_libraries() -> None:
    plan = augplug.Augmenter("autoaugment-cifar10", backend="torch").plan(pictures(3)[0], index=0)

    assert plan.backend == "torch"
    assert plan.versions["backend"].startswith(f"torch {torch.__version__} on cpu, ")
    assert augplug.default_backend().version() in plan.versions["backend"]
