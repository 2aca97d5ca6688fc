"""A wrong argument, or a thing in the wrong place, is one typed error that says what to write."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import augplug

IMAGE = np.zeros((16, 12, 3), np.uint8)
FLIP: Any = augplug.Augmenter(augplug.step("HorizontalFlip"))
AUG: Any = augplug  # what types refuse is given on purpose


@pytest.mark.parametrize(
    ("policy", "given", "says"),
    [
        ("randaugment", {"n": 2}, '"randaugment:n=2") or Augmenter(augplug.policy("randaugment", n=2))'),
        ("randaugment:m=3", {"n": 2}, '"randaugment:m=3,n=2") or'),
        ("randaugment", {"n": 2, "outputs": 3}, "no argument 'n'"),
        ("randaugment", {"outputs": 3}, "no argument 'outputs' (did you mean 'output'?)"),
        ("randaugment", {"output": "CHW"}, "output is an augplug.Output, not str; give augplug.Output(mean=..., std="),
        ("no-such", {"sed": 3}, "no argument 'sed' (did you mean 'seed'?)"),
    ],
)
def test_an_unknown_setting_of_an_augmenter(policy: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(augplug.SettingsError) as caught:
        AUG.Augmenter(policy, **given)

    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: FLIP(IMAGE, indx=0), "augment has no argument 'indx' (did you mean 'index'?)"),
        (lambda: FLIP(image=IMAGE, indx=0), "did you mean 'index'?"),
        (
            lambda: FLIP.batch(IMAGE[None], indexes=[0]),
            "augment.batch has no argument 'indexes' (did you mean 'indices'",
        ),
        (lambda: FLIP.batch(IMAGE[None], index=[0]), "did you mean 'indices'"),
        (lambda: AUG.Boxes([[1, 2, 3, 4]], format="coc"), "unknown format of boxes 'coc' (did you mean 'coco'?)"),
        (lambda: AUG.Boxes([[1, 2, 3, 4]], min_visibility="half"), "not 'half'"),
        (lambda: AUG.Boxes([[10, 20, 6, 8]]), "augplug.Boxes(rows, format='coco')"),
    ],
)
def test_a_wrong_target(call: Callable[[], object], says: str) -> None:
    with pytest.raises(augplug.TargetError) as caught:
        call()

    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: AUG.compose([AUG.operations()]), "not a table of 108 names; give a step or a name from it"),
        (lambda: AUG.compose(AUG.operations()), "takes a list"),
        (lambda: AUG.Augmenter(AUG.operations()), "not a table of 108 names"),
        (lambda: AUG.sequence(AUG.operations()["Rotate"]), 'not the class Rotate; write augplug.step("Rotate")'),
        (lambda: AUG.Augmenter(AUG.policies()["randaugment"]), "write 'randaugment'"),
        (lambda: AUG.Augmenter("hand-made", backend=AUG.backends()), "not a table of 2 names"),
        (lambda: AUG.Augmenter("hand-made", backend=type(FLIP.backend)), "or a Backend, not the class"),
        (lambda: AUG.Policy(AUG.operations()), "a policy has a node"),
        (lambda: AUG.EpochSampler(AUG.operations()), "size is an integer"),
        (lambda: AUG.search("random", AUG.operations(), out="run"), "not Catalogue"),
        (lambda: AUG.SearchSpace({}, AUG.operations()), "a search space"),
        (lambda: AUG.one_of("Invert", weight=[1]), "did you mean 'weights'"),
        (lambda: AUG.blend("Invert", alph=2), "did you mean 'alpha'"),
        (lambda: AUG.sequence("Invert", p=0.5), "sequence has no argument 'p'"),
        (lambda: AUG.Output(means=0.5), "Output has no argument 'means' (did you mean 'mean'?)"),
        (lambda: AUG.EpochSampler(3, sed=1), "did you mean 'seed'"),
        (lambda: FLIP.plan(IMAGE, indx=0), "did you mean 'index'"),
    ],
)
def test_a_thing_in_the_wrong_place(call: Callable[[], object], says: str) -> None:
    with pytest.raises(augplug.SettingsError) as caught:
        call()

    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


class CoarseDropout:
    """As another library's transform is called."""


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: AUG.step("CoarseDropout"), 'is written augplug.step("Cutout", size=0.25'),
        (lambda: AUG.compose(["Normalize"]), "is written augplug.Output("),
        (lambda: AUG.step("ColorJitter"), "is written augplug.color_jitter("),
        (lambda: AUG.step("CLAHE"), "pip install augplug-albumentations"),
        (lambda: AUG.policy("RandAugment"), 'is written augplug.policy("randaugment", n=2, m=9)'),
        (lambda: AUG.Augmenter("RandomBrightnessContrast"), "RandomBrightnessContrast (Albumentations) is written"),
        (lambda: AUG.compose([CoarseDropout()]), 'is written augplug.step("Cutout"'),
        (lambda: AUG.load_policy({"augplug_policy": 1, "policy": {"op": "LongestMaxSize"}}), "(Albumentations"),
        (lambda: AUG.step("Rotat"), "did you mean 'Rotate'?"),
    ],
)
def test_a_name_of_another_library_is_answered_with_what_it_is_called_here(
    call: Callable[[], object], says: str
) -> None:
    with pytest.raises(augplug.AugplugError) as caught:
        call()

    assert says in str(caught.value)


@pytest.mark.parametrize(
    "matrix",
    [
        (1, 0, 0, 0, 1, 0, 0, 0, 1),
        (1, 0, 0),
        ((1, 0), (0, 1)),
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        ([1, 0, 0], [0, 1, 0], [0, 0, 1]),
        np.eye(3),
        "identity",
        None,
        (("1", 0, 0), (0, 1, 0), (0, 0, 1)),
        ((1, 0, 0), (0, float("nan"), 0), (0, 0, 1)),
    ],
)
def test_a_malformed_matrix_is_refused_where_the_warp_is_made(matrix: Any) -> None:
    with pytest.raises(
        augplug.OperationError, match=r"Warp takes a DisplacementField, or a matrix as three rows"
    ) as caught:
        augplug.Warp(transform=matrix, size=(8, 8))

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: FLIP(np.zeros((3, 32, 40), np.uint8)), "numpy.moveaxis(image, 0, -1)"),
        (lambda: FLIP(np.zeros((1, 28, 28), np.float32)), "numpy.moveaxis(image, 0, -1)"),
        (lambda: FLIP(image=np.zeros((4, 32, 16), np.uint8)), "numpy.moveaxis(image, 0, -1)"),
        (lambda: FLIP.plan(np.zeros((3, 32, 40), np.uint8)), "numpy.moveaxis(image, 0, -1)"),
        (lambda: FLIP.batch(np.zeros((2, 3, 32, 40), np.uint8)), "numpy.moveaxis(images, 1, -1)"),
        (lambda: FLIP.batch(np.zeros((20, 3, 32, 40), np.float32)), "numpy.moveaxis(images, 1, -1)"),
        (lambda: FLIP(np.zeros((8, 8, 1025), np.uint8)), "at most 1,024 channels"),
        (lambda: FLIP.batch(np.zeros((2, 8, 8, 1025), np.uint8)), "at most 1,024 channels"),
    ],
)
def test_channels_in_another_place_are_refused(call: Callable[[], object], says: str) -> None:
    with pytest.raises(augplug.ImageError) as caught:
        call()

    assert says in str(caught.value)


@pytest.mark.parametrize(
    "shape", [(3, 32), (3, 32, 3), (1, 1, 200), (3, 3, 224), (4, 7, 13), (32, 3, 32), (9, 9, 1024)]
)
def test_small_images_and_hyperspectral_ones_are_taken(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)

    assert np.array_equal(FLIP(image, index=0), image[:, ::-1])
    assert np.array_equal(FLIP.batch(image[None], indices=[0])[0], image[:, ::-1])
