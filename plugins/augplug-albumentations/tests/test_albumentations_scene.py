"""Targets against pixels: two discs and a rectangle are augmented, and found again where their targets say they are.

Each thing has a channel of its own, so that pixels alone tell it apart. A thing that touches the border is not
compared: part of it may be lost.
"""

from typing import Any

import albumentations
import numpy as np
import pytest
from augplug_albumentations import augplug_operations
from scipy import ndimage

import augplug

pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*(special case|specialized version|very slow|already an RGB|alias):UserWarning"
)
DISCS = np.array([[30.0, 28.0], [74.0, 40.0]])
RECTANGLE = (40, 58, 64, 76)
SIZE = (96, 104)
DRAWS = 25
HIDING = {
    "ACoarseDropout",
    "AErasing",
    "AFrequencyMasking",
    "AGridDropout",
    "APixelDropout",
    "ATimeMasking",
    "AXYMasking",
}
"""They move nothing, and hide the pixels from which the scene is read."""
DUAL = sorted(
    operation.about.name
    for operation in augplug_operations()
    if issubclass(getattr(albumentations, operation.about.name[1:]), albumentations.DualTransform)
)
GIVEN: dict[str, Any] = {
    "height": 80,
    "width": 84,
    "size": (80, 84),
    "max_size": 90,
    "x_max": 96,
    "y_max": 90,
    "percent": 0.1,
    "min_max_height": (70, 96),
    "min_height": 100,
    "min_width": 120,
    "num_grid_xy": (3, 3),
    "magnitude": 5,
}
TOLERANCE = {"AMorphological": 2.5, "AThinPlateSpline": 4.5, "AGridDistortion": 4.5, "APiecewiseAffine": 3.5}
"""How far a box may be from the pixels: those which bend a straight side, or grow what is bright, are allowed more."""
POINT_TOLERANCE = {"AGridDistortion": 2.6, "APiecewiseAffine": 7.0, "AThinPlateSpline": 7.5}
"""How far a point may be where Albumentations finds it by warping a disc of a few pixels: the last loses some."""


def step(name: Any) -> Any:
    """A step of an operation, with the fields that it needs or that leave most of the scene in the picture."""
    parameters = augplug.operations()[name].about.parameters
    return augplug.step(name, **{field: value for field, value in GIVEN.items() if field in parameters})


def scene() -> Any:
    ys, xs = np.mgrid[: SIZE[0], : SIZE[1]]
    image = np.zeros((*SIZE, 3), dtype=np.uint8)
    for channel, (x, y) in enumerate(DISCS):
        image[..., channel][(xs - x) ** 2 + (ys - y) ** 2 <= 25] = 255
    left, top, right, bottom = RECTANGLE
    image[top:bottom, left:right, 2] = 255
    return image, labels_of(image)


def labels_of(image: Any) -> Any:
    return ((image.argmax(axis=2) + 1) * (image.max(axis=2) >= 128)).astype(np.uint8)


def whole(channel: Any) -> Any:
    """Return True if the thing is there, in one piece, and away from the border."""
    rim = max(part.max() for part in (channel[:2], channel[-2:], channel[:, :2], channel[:, -2:]))
    return rim == 0 and (channel >= 128).sum() > 20 and ndimage.label(channel >= 64)[1] == 1


@pytest.mark.parametrize("name", [name for name in DUAL if name not in HIDING])
def test_targets_lie_where_the_pixels_are(name: Any) -> None:
    augment = augplug.Augmenter(step(name), seed=2)
    image, labels = scene()
    compared = 0
    for index in range(DRAWS):
        boxes = augplug.Boxes([RECTANGLE], labels=["thing"])
        made = augment(image=image, mask=labels, boxes=boxes, keypoints=augplug.Keypoints(DISCS), index=index)
        out, flat = made["image"], ndimage.maximum_filter(made["mask"], 3) == ndimage.minimum_filter(made["mask"], 3)
        assert (made["mask"][flat] == labels_of(out)[flat]).mean() > 0.995
        for row in (0, 1):
            if whole(out[..., row]) and (made["keypoints"].visible[row] or name != "AThinPlateSpline"):
                values = out[..., row].astype(float)
                ys, xs = np.mgrid[: out.shape[0], : out.shape[1]]
                centre = np.array([(xs * values).sum(), (ys * values).sum()]) / values.sum()
                assert made["keypoints"].visible[row]
                assert np.abs(centre - made["keypoints"].array[row]).max() <= POINT_TOLERANCE.get(name, 1.6)
                compared += 1
        if whole(out[..., 2]):
            ys, xs = np.nonzero(out[..., 2] >= 128)
            edges = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            assert list(made["boxes"].labels) == ["thing"]
            assert np.abs(made["boxes"].array[0] - edges).max() <= TOLERANCE.get(name, 1.6)
            compared += 1
    assert compared >= DRAWS / 2


@pytest.mark.parametrize("name", sorted(HIDING))
def test_what_hides_pixels_moves_nothing(name: Any) -> None:
    """Points and masks stay, boxes at most shrink to what is still to be seen."""
    image, labels = scene()
    hidden = 0
    for index in range(DRAWS):
        augment = augplug.Augmenter(step(name), seed=2)
        boxes = augplug.Boxes([RECTANGLE])
        made = augment(image=image, mask=labels, boxes=boxes, keypoints=augplug.Keypoints(DISCS), index=index)
        filled = (made["image"] == 0).all(axis=2) & (made["mask"] == 0)  # some fill the mask of what they hide
        assert np.array_equal(made["mask"][~filled], labels[~filled])
        assert np.allclose(made["keypoints"].array, DISCS)
        if len(made["boxes"].array):
            left, top, right, bottom = made["boxes"].array[0] + [1e-4, 1e-4, -1e-4, -1e-4]
            assert RECTANGLE[0] <= left
            assert RECTANGLE[1] <= top
            assert right <= RECTANGLE[2]
            assert bottom <= RECTANGLE[3]
        hidden += int((made["image"] != image).any())
    assert hidden > DRAWS / 5


@pytest.mark.parametrize("name", sorted({operation.about.name for operation in augplug_operations()} - set(DUAL)))
def test_what_changes_values_moves_nothing(name: Any) -> None:
    image, labels = scene()
    boxes = augplug.Boxes([RECTANGLE])
    augment = augplug.Augmenter(step(name), seed=2)
    made = augment(image=image, mask=labels, boxes=boxes, keypoints=augplug.Keypoints(DISCS), index=0)

    assert np.array_equal(made["mask"], labels)
    assert np.array_equal(made["keypoints"].array, DISCS)
    assert np.array_equal(made["boxes"].array, [RECTANGLE])
