"""One hard case of each kind through describe, fuse, render and follow: the vocabulary of effects holds them all.

docs/design/effects.md tells what each case decided. Following targets is sketched here; it enters the package when
masks, boxes and keypoints do.
"""

from __future__ import annotations

from typing import Any

import albumentations
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as PillowImage
from PIL import ImageEnhance

import augplug
from augplug import coords
from augplug._backends import fields
from augplug._backends.reference import Reference
from augplug._pipeline.describe import describe
from augplug._pipeline.fuse import fuse
from augplug._sample.image import canvas_of
from augplug.effects import AdaptiveTone, Blend, DisplacementField, Effect, Mix, MixPart, Opaque, Region, Warp
from augplug.ops.filters import Sharpness
from augplug.ops.geometry import Rotate
from augplug.ops.regions import Cutout
from augplug.ops.tone import Contrast, Equalize, Solarize
from augplug.types import Image, Points

REFERENCE = Reference()
Sample = dict[str, Any]


def render(effects: list[Effect] | tuple[Effect, ...], image: Image) -> Image:
    """Render effects one by one on the reference backend."""
    for effect in effects:
        image = REFERENCE.prepare(effect, image.shape, image.dtype)(image)
    return image


def follow_points(points: Points, effects: list[Effect]) -> Points:
    """Move points by the effects: by the matrix, or by iterating a field, which is a contraction by construction."""
    for effect in effects:
        if not isinstance(effect, Warp):
            continue
        if isinstance(effect.transform, DisplacementField):
            points = fields.push_points(effect.transform, points, effect.size)
        else:
            points = coords.apply(effect.transform, points)
    return points


def follow_mask(mask: Image, effects: list[Effect]) -> Image:
    """Move an integer mask by the warps alone, by nearest neighbour."""
    warps = [
        Warp(transform=effect.transform, size=effect.size, fill=effect.mask_fill)
        for effect in effects
        if isinstance(effect, Warp)
    ]
    return render(list(warps), mask)


def follow_boxes(boxes: Points, effects: list[Effect]) -> Points:
    """Move boxes (left, top, right, bottom: edges) by their corners, and clip them."""
    for effect in effects:
        if isinstance(effect, Warp):
            corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2) - 0.5
            moved = follow_points(corners, [effect]).reshape(-1, 4, 2) + 0.5
            boxes = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
            boxes = np.clip(boxes, 0, [effect.size[1], effect.size[0]] * 2)
    return boxes


def mix(mixed: Mix, samples: list[Sample], number: int) -> Sample:
    """Render a Mix: image, one-hot label, and boxes clipped to the part their owner keeps."""
    sample = dict(samples[number])
    for share in mixed.parts:
        partner = samples[share.partner]
        if share.region is None:
            assert share.weight is not None
            sample["image"] = (1 - share.weight) * sample["image"] + share.weight * partner["image"]
            sample["label"] = (1 - share.weight) * sample["label"] + share.weight * partner["label"]
            continue
        r = share.region
        image = sample["image"].copy()
        image[r.top : r.bottom, r.left : r.right] = partner["image"][r.top : r.bottom, r.left : r.right]
        part = (r.bottom - r.top) * (r.right - r.left) / (image.shape[0] * image.shape[1])
        theirs = np.clip(partner["boxes"], [r.left, r.top] * 2, [r.right, r.bottom] * 2)
        ours = np.array([box for box in sample["boxes"] if not _inside(box, r)]).reshape(-1, 4)
        kept = theirs[(theirs[:, 2] > theirs[:, 0]) & (theirs[:, 3] > theirs[:, 1])]
        label = (1 - part) * sample["label"] + part * partner["label"]
        sample = {"image": image, "label": label, "boxes": np.concatenate([ours, kept])}
    return sample


def _inside(box: npt.NDArray[np.float64], region: Region) -> bool:
    return bool(box[0] >= region.left and box[1] >= region.top and box[2] <= region.right and box[3] <= region.bottom)


def noise(shape: tuple[int, ...], seed: int = 0, dtype: str = "uint8") -> Image:
    """Return a random image."""
    top = np.iinfo(dtype).max if dtype.startswith("u") else 1
    values = np.random.default_rng(seed).random(shape) * top
    return values.astype(dtype)


def test_contrast_reads_the_image_and_still_fuses_with_what_follows() -> None:
    """Contrast is a AdaptiveTone: one table once the mean is known, and the tone behind it joins that table."""
    image = noise((31, 17, 3))
    effects = Contrast(factor=1.7).describe(canvas_of(image)) + Solarize(threshold=90.0).describe(canvas_of(image))
    fused = fuse(effects, "exact", canvas_of(image))

    pillow = np.asarray(ImageEnhance.Contrast(PillowImage.fromarray(image)).enhance(1.7))

    assert len(fused) == 1
    assert np.array_equal(render(effects[:1], image), pillow)
    assert np.array_equal(render(fused, image), np.where(pillow < 90, pillow, 255 - pillow))


def test_contrast_after_a_tone_is_not_joined_to_it() -> None:
    """A grey mean cannot be pushed through three histograms, so the tone before it stays by itself."""
    image = noise((9, 8, 3))
    canvas = canvas_of(image)
    effects = Solarize(threshold=90.0).describe(canvas) + Contrast(factor=0.4).describe(canvas)

    assert fuse(effects, "exact", canvas) == tuple(effects)


def test_sharpness_keeps_its_border() -> None:
    """The outermost pixels are those of the image, and an image without an inside is unchanged."""
    image = noise((12, 9, 3))
    made = render(Sharpness(factor=0.0).describe(canvas_of(image)), image)

    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        assert np.array_equal(made[edge], image[edge])
    assert not np.array_equal(made, image)
    assert np.array_equal(render(Sharpness(factor=0.0).describe(canvas_of(image)), image[:2]), image[:2])


def test_random_resized_crop_is_one_warp_with_area() -> None:
    """A crop and an antialiased resize are one matrix: the mean of blocks by halves, a weighted mean by fractions."""
    image = noise((40, 60, 3))
    halved = Warp(transform=coords.crop_resize((10, 4, 50, 36), 16, 20), size=(16, 20), interpolation="area")
    blocks = image[4:36, 10:50].reshape(16, 2, 20, 2, 3).mean(axis=(1, 3))
    third = Warp(transform=coords.crop_resize((0, 0, 60, 40), 1, 40), size=(1, 40), interpolation="area")
    weights = np.array([1.0, 0.5]) / 1.5
    first = (image[:, :2].mean(axis=0) * weights[:, None]).sum(axis=0)

    assert np.array_equal(render([halved], image), np.floor(blocks + 0.5).astype(np.uint8))
    assert np.array_equal(render([third], image)[0, 0], np.floor(first + 0.5).astype(np.uint8))


def test_elastic_keypoints_land_on_the_dots_they_mark() -> None:
    """A field is a recipe that points can follow, as it is a contraction; a stronger one is refused when it is made."""
    keypoints = np.array([[20.0, 31.0], [64.0, 64.0], [100.0, 40.0], [90.0, 111.0]])
    worst = 0.0
    for key in range(8):
        warp = Warp(transform=DisplacementField("elastic", key, 24.0, 4.8), size=(128, 128), interpolation="linear")
        for x, y in keypoints:
            image = np.zeros((128, 128), dtype=np.uint8)
            image[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 255
            made = render([warp], image).astype(np.float64)
            ys, xs = np.mgrid[:128, :128]
            centre = np.array([(xs * made).sum(), (ys * made).sum()]) / made.sum()
            followed = follow_points(np.array([[x, y]]), [warp])[0]
            worst = max(worst, float(np.abs(centre - followed).max()))
            assert np.abs(followed - [x, y]).max() <= 4.8

    assert worst < 1.0
    with pytest.raises(augplug.OperationError, match="could fold"):
        DisplacementField("elastic", 0, 24.0, 4.9)


def test_cutout_then_rotate_moves_the_mask_by_the_rotation_alone() -> None:
    """Paint leaves masks alone and nothing is reordered: the painted hole turns with the image."""
    image = np.full((33, 33), 200, dtype=np.uint8)
    mask = np.zeros((33, 33), dtype=np.uint8)
    mask[4:12, 20:30] = 7
    canvas = canvas_of(image)
    cutout = Cutout(size=0.25, x=0.25, y=0.5).describe(canvas)
    rotate = Rotate(degrees=90.0, mask_fill=255.0).describe(canvas)

    made = render(fuse(cutout + rotate, "exact", canvas), image)

    assert np.array_equal(made, np.rot90(render(cutout, image)))
    assert (made == 0).sum() == 64
    assert np.array_equal(follow_mask(mask, cutout + rotate), np.rot90(mask))


def test_cutmix_of_a_batch_with_labels_and_boxes() -> None:
    """A Mix names its partner and a region; the label's share is the pasted area, boxes are clipped by owner."""
    boxes = np.array([[0.0, 0.0, 6.0, 6.0], [8.0, 8.0, 20.0, 16.0]])
    samples = [
        {"image": np.full((16, 20), 50 * i, np.uint8), "label": np.eye(3)[i], "boxes": boxes + 0.5 * i}
        for i in range(3)
    ]
    region = Region(6, 4, 16, 20)
    mixed = mix(Mix((MixPart(2, region=region),)), samples, 0)

    pasted = float((mixed["image"] == 100).mean())

    assert np.allclose(mixed["label"], [1 - pasted, 0, pasted], atol=1e-12)
    assert mixed["boxes"].tolist() == [[0, 0, 6, 6], [4, 6, 7, 7], [9, 9, 20, 16]]


def test_augmix_is_a_blend_of_chains_that_start_from_the_same_image() -> None:
    """Blend is the one effect that holds effects; its chains fuse inside, its image is the weighted sum."""
    chain = augplug.sequence(augplug.step("Solarize", threshold=80), augplug.step("Equalize"))
    node = augplug.blend(chain, augplug.step("Rotate", degrees=20), augplug.step("Posterize", bits=3))
    image = noise((24, 24, 3))
    plan = augplug.Augmenter(node, seed=1, backend="reference", fuse="none").plan(image, index=5)
    canvas = canvas_of(image)
    described = describe(plan.items, canvas)
    fused = fuse(described, "exact", canvas)

    blend = described[0]
    assert isinstance(blend, Blend)
    parts = [render(inner, image).astype(np.float64) * w for w, inner in zip(blend.weights, blend.chains, strict=True)]

    assert sum(blend.weights) == pytest.approx(1, abs=1e-6)
    assert blend.chains[0] == ()
    assert np.array_equal(render(described, image), np.floor(sum(parts) + 0.5).astype(np.uint8))
    assert isinstance(fused[0], Blend)
    assert isinstance(fused[0].chains[1][0], AdaptiveTone)
    assert np.array_equal(render(fused, image), render(described, image))


def albumentations_flip(sample: Sample, key: int, limit: float) -> Sample:
    """Apply an Albumentations pipeline made for this call: its instances keep state and may not be shared."""
    pipeline = albumentations.Compose(
        [albumentations.HorizontalFlip(p=1.0), albumentations.Rotate(limit=limit, p=1.0)],
        bbox_params=albumentations.BboxParams(format="pascal_voc", label_fields=["labels"]),
        seed=key % 2**32,
    )
    made = pipeline(image=sample["image"], bboxes=sample["boxes"], labels=sample["labels"])
    return {"image": made["image"], "boxes": np.array(made["bboxes"]), "labels": made["labels"]}


def test_another_librarys_transform_with_boxes_is_opaque() -> None:
    """Opaque takes and returns the whole sample, is keyed, and hashes like any effect."""
    effect = Opaque(function=albumentations_flip, key=11, arguments=(30.0,), targets=frozenset({"boxes", "labels"}))
    sample = {"image": noise((40, 50, 3)), "boxes": np.array([[5.0, 6.0, 20.0, 18.0]]), "labels": [1]}

    first = effect.function(sample, effect.key, *effect.arguments)
    again = effect.function(sample, effect.key, *effect.arguments)
    other = effect.function(sample, 12, *effect.arguments)

    assert np.array_equal(first["image"], again["image"])
    assert first["boxes"].tolist() == again["boxes"].tolist()
    assert not np.array_equal(first["image"], other["image"])
    assert hash(effect) == hash(Opaque(**vars(effect)))


@pytest.mark.parametrize(("dtype", "bound"), [("uint16", 130), ("float64", 1e-12)])
def test_solarize_then_equalize_on_wide_dtypes(dtype: str, bound: float) -> None:
    """One formula in 8-bit units serves every dtype: fused equals unfused, and both the formula computed by hand."""
    image = noise((64, 48), dtype=dtype)
    canvas = canvas_of(image)
    effects = Solarize(threshold=100.0).describe(canvas) + Equalize().describe(canvas)
    top = 65535 if dtype == "uint16" else 1.0
    solarized = np.where(image < 100 / 255 * top, image, top - image)

    made = render(effects, image)

    assert np.array_equal(render(fuse(effects, "exact", canvas), image), made)
    assert made.dtype == image.dtype
    assert np.abs(render(effects[:1], image) - solarized.astype(np.float64)).max() <= bound
    quantiles = np.quantile(made / top, [0.1, 0.5, 0.9])
    assert quantiles == pytest.approx([0.1, 0.5, 0.9], abs=0.02)


def test_boxes_follow_by_their_corners() -> None:
    """A quarter turn takes a box to a box exactly, edges on pixel edges."""
    turn = Rotate(degrees=90.0).describe(canvas_of(np.zeros((30, 30), np.uint8)))

    assert follow_boxes(np.array([[2.0, 3.0, 10.0, 7.0]]), turn).tolist() == [[3.0, 20.0, 7.0, 28.0]]


def test_chains_of_a_blend_must_keep_the_size() -> None:
    """A chain that turns a rectangle is refused by name; on a square it is fine."""
    augment = augplug.Augmenter(augplug.blend(augplug.step("Rotate90", turns=1)), backend="reference")

    with pytest.raises(augplug.ImageError, match="makes 7x5 pixels of 5x7"):
        augment(noise((5, 7)), index=0)
    assert augment(noise((6, 6)), index=0).shape == (6, 6)
