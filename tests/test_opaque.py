"""What another library's function may give back, and the one error for each thing that it may not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import augplug
from augplug._policies.grammar import Step

Sample = dict[str, Any]
IMAGE = np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3)
POINTS = augplug.Keypoints([[1, 1], [2, 3]])
BOXES = augplug.Boxes([[1, 1, 4, 5], [2, 2, 6, 6]], labels=["a", "b"])


def without(name: str) -> Callable[[Sample], Sample]:
    return lambda sample: {key: value for key, value in sample.items() if key != name}


def with_(**changed: Any) -> Callable[[Sample], Sample]:
    return lambda sample: {**sample, **changed}


WRONG: dict[str, tuple[Callable[[Sample], Any], str]] = {
    "the image alone": (lambda sample: sample["image"], "returned ndarray; an opaque function returns a dict of"),
    "nothing": (
        lambda _: None,
        "returned NoneType; an opaque function returns a dict of what it was given: image, ",
    ),
    "a pair": (lambda sample: (sample["image"], sample["masks"]), "returned tuple; an opaque function returns a dict"),
    "no image": (without("image"), "returned no image; an opaque function returns a dict of what it was given: image,"),
    "no masks": (without("masks"), "returned no masks; "),
    "no labels": (without("labels"), "returned no labels; "),
    "no keypoints": (without("keypoints"), "returned no keypoints; "),
    "an image in a list": (lambda sample: {**sample, "image": [sample["image"]]}, "made list  of an image of"),
    "float pixels": (lambda sample: {**sample, "image": sample["image"] / 255}, "made (8, 9, 3) float64 of an image"),
    "one mask": (with_(masks=np.zeros((8, 9), np.uint8)), "made masks of another number, shape or dtype"),
    "masks that are none": (with_(masks=None), "made masks of another number, shape or dtype"),
    "boxes of three edges": (with_(boxes=[[1, 2, 3], [1, 2, 3]]), "made boxes that are not rows of 4 finite numbers"),
    "ragged boxes": (with_(boxes=[[1, 2, 3, 4], [1]]), "made boxes that are not rows of 4 finite numbers"),
    "boxes of words": (with_(boxes=[["a", "b", "c", "d"]] * 2), "made boxes that are not rows of 4 finite numbers"),
    "boxes that are nowhere": (with_(boxes=[[np.nan] * 4] * 2), "made boxes that are not rows of 4 finite numbers"),
    "boxes that are endless": (with_(boxes=[[0, 0, np.inf, 1]] * 2), "made boxes that are not rows of 4 finite"),
    "fewer labels": (with_(labels=["a"]), "made 2 boxes and 1 labels"),
    "labels that are none": (with_(labels=None), "made 2 boxes and 0 labels"),
    "fewer keypoints": (with_(keypoints=[[1, 1]]), "made 1 keypoints of 2; as many must come back"),
    "keypoints in a row": (with_(keypoints=[1, 1, 2, 3]), "made keypoints that are not rows of 2 finite numbers"),
    "keypoints of words": (with_(keypoints=[["a", "b"]] * 2), "made keypoints that are not rows of 2 finite numbers"),
    "keypoints nowhere": (with_(keypoints=[[np.nan, 1]] * 2), "made keypoints that are not rows of 2 finite numbers"),
}


def answer(sample: Sample, _key: int, name: str) -> Any:
    return WRONG[name][0](sample) if name else sample


@augplug.operation(source="a test")
class Answer(augplug.Operation):
    """What the function of this name gives back."""

    name: str = augplug.parameter(choices=("", *WRONG), default="")

    def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
        """One opaque effect on everything."""
        targets = frozenset({"masks", "boxes", "keypoints"})
        return [augplug.Opaque(function=answer, key=0, arguments=(self.name,), targets=targets)]


def call(name: str) -> Any:
    augment = augplug.Augmenter(Step("Answer", "tests:Answer", Answer, fields=(("name", name),)))
    return augment(image=IMAGE, mask=IMAGE[..., 0], boxes=BOXES, keypoints=POINTS, index=0)


def test_what_comes_back_as_it_was_is_taken() -> None:
    made = call("")
    assert np.array_equal(made["image"], IMAGE)
    assert np.array_equal(made["mask"], IMAGE[..., 0])
    assert made["boxes"].array.tolist() == BOXES.array.tolist()
    assert made["keypoints"].array.tolist() == POINTS.array.tolist()


@pytest.mark.parametrize("name", WRONG)
def test_what_may_not_come_back_is_an_error_that_names_the_function(name: str) -> None:
    with pytest.raises(augplug.OperationError) as caught:
        call(name)

    assert str(caught.value).startswith("answer ")
    assert WRONG[name][1] in str(caught.value)
