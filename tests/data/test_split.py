import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augplug.data.sets import Labelled
from augplug.data.split import ROTATED, split
from augplug.errors import DataError, SettingsError


def labelled(sizes: list[int]) -> Labelled:
    y = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    y = np.random.default_rng(0).permutation(y)
    distinct = np.arange(len(y), dtype="<u4").view(np.uint8).reshape(-1, 2, 2)
    return Labelled(distinct, y, tuple(f"class {i}" for i in range(len(sizes))))


def counts(data: Labelled, indices: np.ndarray) -> np.ndarray:
    return np.bincount(data.y[indices], minlength=len(data.classes))


@settings(deadline=None)
@given(st.lists(st.integers(5, 40), min_size=2, max_size=5), st.integers(0, 2**48), st.integers(5, 60))
def test_the_parts_are_disjoint_whole_and_stratified(sizes: list[int], seed: int, train: int) -> None:
    data = labelled(sizes)
    parts = split(data, seed=seed, train=train)

    assert sorted([*parts.development, *parts.test]) == list(range(len(data)))
    assert (counts(data, parts.test) == [max(1, round(size / 3)) for size in sizes]).all()
    most = counts(data, parts.development) // 2
    quotas = counts(data, parts.subsets[0])
    assert len(parts.subsets) == len(parts.valid) == ROTATED
    assert quotas.sum() == min(train, most.sum())
    assert ((quotas >= 1) & (quotas <= most)).all()
    assert (np.abs(quotas - most * min(train, most.sum()) / most.sum()) <= len(sizes)).all()
    for subset in (*parts.subsets, *parts.others):
        assert len(set(subset)) == len(subset)
        assert (counts(data, subset) == quotas).all()
        assert set(subset) <= set(parts.development)
    for subset, valid in zip(parts.subsets, parts.valid, strict=True):
        assert sorted([*subset, *valid]) == sorted(parts.development)


def test_training_subsets_are_disjoint_where_there_are_images_enough() -> None:
    parts = split(labelled([500] * 10), seed=0)

    assert [len(part) for part in (parts.subsets[0], parts.valid[0], parts.test)] == [100, 3230, 1670]
    assert len(parts.others) == 5
    assert len(set(np.concatenate([*parts.subsets, *parts.others]))) == 900
    assert not parts.warnings


def test_training_subsets_differ_where_there_are_not() -> None:
    parts = split(labelled([40] * 3), seed=0, train=30)

    subsets = [tuple(subset) for subset in (*parts.subsets, *parts.others)]
    assert len(set(subsets)) == len(subsets)


def test_the_seed_alone_decides() -> None:
    data = labelled([30, 30])

    first, again, other = (split(data, seed=seed, train=10) for seed in (3, 3, 4))

    assert all((a == b).all() for a, b in zip(first.others, again.others, strict=True))
    assert all((a == b).all() for a, b in zip(first.subsets, again.subsets, strict=True))
    assert set(first.subsets[0]) != set(other.subsets[0])


def test_a_split_never_changes_with_a_release_of_numpy() -> None:
    parts = split(labelled([10, 10]), seed=7, train=4)

    assert parts.test.tolist() == [1, 2, 4, 10, 14, 18]
    assert [subset.tolist() for subset in parts.subsets] == [
        [0, 7, 9, 19], [11, 13, 16, 17], [3, 5, 6, 15], [0, 3, 5, 19]
    ]  # fmt: skip


def test_a_class_of_too_few_images_is_named() -> None:
    with pytest.raises(DataError, match="class 'class 1' has 4 images; at least 5"):
        split(labelled([9, 4]), seed=0)


def test_fewer_training_images_than_classes_are_refused() -> None:
    with pytest.raises(SettingsError, match="train=2 is less than one image for each of 3 classes"):
        split(labelled([9, 9, 9]), seed=0, train=2)


def test_small_classes_keep_one_image_each() -> None:
    data = labelled([100, 5, 5])

    assert counts(data, split(data, seed=0, train=3).subsets[0]).tolist() == [1, 1, 1]
    assert counts(data, split(data, seed=0, train=4).subsets[0]).tolist() == [2, 1, 1]


def test_what_is_asked_for_beyond_what_there_is_is_said() -> None:
    warnings = split(labelled([50, 50]), seed=0).warnings

    assert "train=100 was asked for, but children are trained on 32 images" in warnings[0]
    assert "only 34 validation images: below 1,000" in warnings[1]


def in_parts(parts: list[int], classes: int = 2) -> Labelled:
    data = labelled([len(parts)] * classes)
    order = np.argsort(data.y, kind="stable")
    return Labelled(data.x[order], data.y[order], data.classes, np.array(parts * classes, dtype=np.int64))


def test_data_in_parts_keep_them() -> None:
    data = in_parts([0] * 12 + [1] * 6 + [2] * 4)
    parts = split(data, seed=3, train=8, others=2)

    assert data.parts is not None
    for subset, valid in zip(parts.subsets, parts.valid, strict=True):
        assert (len(subset), set(data.parts[subset])) == (8, {0})
        assert (len(valid), set(data.parts[valid])) == (12, {1})
    assert (len(parts.test), set(data.parts[parts.test])) == (8, {2})
    assert all(set(data.parts[other]) == {0} for other in parts.others)
    assert len(split(data, seed=3, train=100).subsets[0]) == 24  # all of the training part


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([0] * 12 + [2] * 4, (6, 6, 4)),  # half of train at most, and the rest of it to validate on
        ([0] * 12 + [1] * 6, (12, 3, 3)),  # half of valid is the test
        ([0] * 12, (4, 4, 4)),
    ],
)
def test_parts_that_are_missing_come_from_the_others(given: list[int], expected: tuple[int, ...]) -> None:
    parts = split(in_parts(given), seed=0, train=1000)

    subset, valid = parts.subsets[0], parts.valid[0]
    assert (len(subset), len(valid), len(parts.test)) == tuple(2 * count for count in expected)
    assert len({*subset, *valid, *parts.test}) == 2 * len(given)


def test_a_class_that_a_part_lacks_is_named() -> None:
    data = in_parts([0] * 12 + [1] * 6 + [2] * 4)
    assert data.parts is not None
    lacking = Labelled(data.x, data.y, data.classes, np.where(data.y == 1, 0, data.parts))

    with pytest.raises(DataError, match="class 'class 1' has 22 images to train on, 0 to choose by and 0 to test on"):
        split(lacking, seed=0)


def test_equal_images_and_uneven_classes_are_warned_of() -> None:
    data = labelled([50, 10])
    x = data.x.copy()
    x[np.flatnonzero(data.y == 0)[:2]] = 7
    x[np.flatnonzero(data.y == 1)[0]] = 7
    said = split(Labelled(x, data.y, data.classes), seed=0).warnings

    assert any("3 images are equal to one of another class" in text for text in said)
    assert any(
        "'class 0' has 50 images, 'class 1' has 10: who always guesses 'class 0' scores 0.8333" in t for t in said
    )
    assert not any("guesses" in text or "equal" in text for text in split(labelled([40, 10]), seed=0).warnings)
