"""Targets against pixels: a scene of discs and a rectangle is augmented, and found again where its targets say it is.

Each thing has a channel of its own, so that pixels tell it apart without any of the code under test. A thing that
touches the canvas' border on its way is no longer compared (part of it may be lost), but its box stays inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import augplug
from augplug._backends import default_backend
from augplug._backends.base import Backend
from augplug._backends.reference import Reference
from augplug.effects import Effect, Warp
from augplug.types import Image
from tests import operations

SIZE = (64, 72)
DRAWS = 500
DISCS = np.array([[25.0, 24.0], [46.0, 40.0]])
RADIUS = 4.5
RECTANGLE = (28, 29, 44, 36)
KEYPOINT_TOLERANCE, BOX_TOLERANCE = 1.0, 1.5


def scene() -> tuple[Image, Image]:
    """Return an RGB image, a thing a channel, and its label map: discs 1 and 2, rectangle 3 above them."""
    ys, xs = np.mgrid[: SIZE[0], : SIZE[1]]
    image = np.zeros((*SIZE, 3), dtype=np.uint8)
    for channel, (x, y) in enumerate(DISCS):
        image[..., channel][(xs - x) ** 2 + (ys - y) ** 2 <= RADIUS**2] = 255
    left, top, right, bottom = RECTANGLE
    image[top:bottom, left:right] = (0, 0, 255)
    labels = (image.argmax(axis=2) + 1) * (image.max(axis=2) > 0)
    return image, labels.astype(np.uint8)


TOPS = {"uint8": 255, "uint16": 65535, "float32": 1.0}


def of_kind(image: Image, kind: str) -> Image:
    """Return the scene in a dtype, or as RGBA that is opaque."""
    if kind == "RGBA":
        return np.dstack([image, np.full(SIZE, 255, np.uint8)])
    return (image / 255 * TOPS[kind]).astype(kind)


def in_bytes(image: Image) -> Image:
    """Return an image of any dtype in 8-bit values."""
    return np.round(image.astype(np.float64) * (255 / TOPS[image.dtype.name])).astype(np.uint8)


@dataclass
class Found:
    """What pixels say: the scene after the warps, and which things never touched a border."""

    image: Image
    whole: npt.NDArray[np.bool_]


def find(effects: tuple[Effect, ...], image: Image, backend: Backend) -> Found:
    """Warp the scene step by step."""
    whole = np.ones(3, dtype=bool)
    for effect in effects:
        if isinstance(effect, Warp):
            effect = replace(effect, border="constant")  # targets follow the scene itself, never its copies
            image = backend.prepare(effect, image.shape, image.dtype)(image)
            seen = in_bytes(image)
            rim = np.concatenate([part.reshape(-1, 3) for part in (seen[:2], seen[-2:], seen[:, :2], seen[:, -2:])])
            whole &= ~rim.any(axis=0)
    return Found(in_bytes(image), whole)


def repeated(effects: tuple[Effect, ...], image: Image, backend: Backend) -> Image:
    """Warp the scene step by step, copies outside it included: masks show these too."""
    for effect in effects:
        if isinstance(effect, Warp):
            image = backend.prepare(effect, image.shape, image.dtype)(image)
    return in_bytes(image)


def check(made: dict[str, Any], found: Found, told: str) -> int:
    """Compare one draw; return how many things were compared."""
    compared = 0
    for row, point in enumerate(made["keypoints"].array):
        values = found.image[..., row].astype(np.float64)
        if found.whole[row] and values.sum() > 255 * 6 and not _hidden(found.image, row):
            ys, xs = np.mgrid[: values.shape[0], : values.shape[1]]
            centre = np.array([(xs * values).sum(), (ys * values).sum()]) / values.sum()
            assert np.abs(centre - point).max() <= KEYPOINT_TOLERANCE, f"{told}: keypoint {row}"
            compared += 1
    boxes = made["boxes"].array
    inside = found.image[..., 2] >= 128
    if found.whole[2] and inside.sum() > 6:
        ys, xs = np.nonzero(inside)
        edges = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert len(boxes) == 1, told
        assert np.abs(boxes[0] - edges).max() <= BOX_TOLERANCE, f"{told}: box"
        compared += 1
    height, width = found.image.shape[:2]
    assert (boxes[:, :2] >= 0).all(), told
    assert (boxes[:, 2:] <= [width, height]).all(), told
    return compared


def _hidden(image: Image, row: int) -> bool:
    """Whether the disc lies partly under the rectangle: then its centroid is not its centre."""
    grown = ndimage.binary_dilation(image[..., row] > 0, iterations=2)
    return bool((grown & (image[..., 2] > 0)).any())


def check_mask(mask: Image, image: Image, told: str) -> None:
    """Compare the label map with the thresholded pixels, but for a border of 1 pixel."""
    seen = (image.argmax(axis=2) + 1) * (image.max(axis=2) >= 128)
    flat = ndimage.maximum_filter(mask, 3) == ndimage.minimum_filter(mask, 3)
    assert np.array_equal(mask[flat], seen[flat]), f"{told}: mask"


def run(augment: Any, backend: Backend, draws: int = DRAWS, kind: str = "uint8") -> float:
    """Augment the scene so many times and compare; return the share of the things that were there to be compared."""
    image, labels = scene()
    image = of_kind(image, kind)
    compared = 0
    for index in range(draws):
        targets = {
            "mask": labels,
            "boxes": augplug.Boxes(np.array([RECTANGLE])),
            "keypoints": augplug.Keypoints(DISCS),
        }
        made = augment(image=image, **targets, index=index)
        effects = augment.plan(image, **targets, index=index).effects(image)[0]
        colours = image[..., :3]
        told = f"index {index}: {[effect for effect in effects if isinstance(effect, Warp)]}"
        found = find(effects, np.ascontiguousarray(colours), backend)
        check_mask(made["mask"], repeated(effects, np.ascontiguousarray(colours), backend), told)
        compared += check(made, found, told)
    return compared / (draws * 3)


BACKENDS: dict[str, Callable[[], Backend]] = {"reference": Reference, "opencv": default_backend}
GEOMETRIC = sorted(
    {"Affine", "CenterCrop", "ElasticTransform", "GridDistortion", "HorizontalFlip", "OpticalDistortion", "Pad"}
    | {"Perspective", "RandomCrop", "RandomResizedCrop", "Resize", "Rotate", "Rotate90", "Scale", "ShearX", "ShearY"}
    | {"BoxCrop", "BoxSafeCrop", "Letterbox", "MaskCrop", "ResizeLonger", "ResizeShorter"}
    | {"TranslateX", "TranslateY", "Transpose", "VerticalFlip"}
)
SMALLER = {"RandomCrop": {"height": 48, "width": 56}, "CenterCrop": {"height": 48, "width": 56}}
SMALLER |= {name: {"height": 48, "width": 56} for name in ("Resize", "RandomResizedCrop", "Letterbox")}
SMALLER |= {name: {"height": 48, "width": 56} for name in ("BoxCrop", "BoxSafeCrop", "MaskCrop")}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", GEOMETRIC)
def test_every_geometric_operation_moves_its_targets(name: str, backend: str) -> None:
    """Keypoints, boxes and masks lie where the pixels are."""
    step = operations.step(name, **SMALLER.get(name, {}))
    augment = augplug.Augmenter(step, seed=2, backend=backend)
    assert run(augment, BACKENDS[backend]()) >= 0.25


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("border", ["edge", "reflect", "wrap"])
@pytest.mark.parametrize("name", GEOMETRIC)
def test_targets_follow_the_image_and_no_copy_of_it(name: str, border: str, backend: str) -> None:
    """With a border that repeats the image, masks show its copies; boxes and keypoints stay with the image."""
    policy = augplug.Policy(operations.step(name, **SMALLER.get(name, {})), defaults={"border": border})
    augment = augplug.Augmenter(policy, seed=2, backend=backend)
    assert run(augment, BACKENDS[backend](), DRAWS // 10) >= 0.25


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("policy", ["randaugment", "trivialaugment-wide", "hand-made", *GEOMETRIC])
def test_frames_and_further_images_show_things_where_targets_say(policy: str, backend: str) -> None:
    """Every image of a call shows the one scene, so that every one shows the things where the one set of targets is."""
    node: Any = operations.step(policy, **SMALLER.get(policy, {})) if policy in GEOMETRIC else policy
    augment = augplug.Augmenter(node, seed=2, backend=backend)
    image, labels = scene()
    targets: dict[str, Any] = {"mask": labels, "boxes": augplug.Boxes(np.array([RECTANGLE])), "keypoints": DISCS}
    for index in range(DRAWS // 25):
        images = {"left": image, "grey": labels * 80, "deep": image.astype(np.uint16) * 257}
        made = augment(images=images, video=np.stack([image] * 3), **targets, index=index)
        alone = augment(image=image, **targets, index=index)
        moved = augment(**targets, index=index)

        assert all(np.array_equal(shown, alone["image"]) for shown in (made["images"]["left"], *made["video"]))
        assert made["images"]["grey"].shape == made["images"]["deep"].shape[:2] == made["mask"].shape
        for result in (made, moved):
            assert np.array_equal(result["mask"], alone["mask"])
            assert np.array_equal(result["boxes"].array, alone["boxes"].array)
            assert np.array_equal(result["keypoints"], alone["keypoints"])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["randaugment", "trivialaugment-wide", "hand-made"])
def test_named_policies_with_a_border_move_their_targets(name: str, backend: str) -> None:
    """The same with a border as the policy's default."""
    named = augplug.policy(name)
    policy = replace(named, defaults={**named.defaults, "border": "reflect"})
    assert run(augplug.Augmenter(policy, seed=2, backend=backend), BACKENDS[backend](), DRAWS // 10) >= 0.25


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", sorted(set(augplug.policies()) - {"augmix"}))
def test_every_named_policy_moves_its_targets(name: str, backend: str) -> None:
    """The same, through whatever a policy draws."""
    assert run(augplug.Augmenter(name, seed=2, backend=backend), BACKENDS[backend]()) >= 0.25


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["uint16", "float32", "RGBA"])
@pytest.mark.parametrize("name", [*GEOMETRIC, *sorted(set(augplug.policies()) - {"augmix"})])
def test_targets_follow_images_of_every_kind(name: str, kind: str, backend: str) -> None:
    """16-bit and float images, and opaque ones with alpha: under every operation that moves and every named policy."""
    policy = operations.step(name, **SMALLER.get(name, {})) if name in GEOMETRIC else name
    augment = augplug.Augmenter(policy, seed=2, backend=backend, channels="RGBA" if kind == "RGBA" else None)
    assert run(augment, BACKENDS[backend](), DRAWS // 20, kind) >= 0.2


def test_the_list_of_geometric_operations_is_whole() -> None:
    """Whatever may warp is in the list; Crop is there as CenterCrop is."""
    image = scene()[0]
    warping = {
        name
        for name in operations.names()
        for index in range(8)
        if any(
            isinstance(effect, Warp)
            for effect in augplug.Augmenter(operations.step(name)).plan(image, index=index).effects(image)[0]
        )
    }
    assert warping - {"Crop"} == set(GEOMETRIC)
