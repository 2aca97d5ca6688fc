import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augplug.data.sets import Labelled
from augplug.data.split import split
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

    pools = [max(1, round(size * 0.2)) for size in sizes]
    assert len(parts.train) == min(train, sum(pools))
    everything = np.concatenate([parts.train, parts.valid, parts.test])
    assert len(set(everything)) == len(everything) == len(data) - sum(pools) + len(parts.train)
    assert (counts(data, parts.valid) == [max(1, round(size * 0.4)) for size in sizes]).all()
    assert (counts(data, parts.test) >= 1).all()
    share = len(parts.train) / sum(pools)
    assert (np.abs(counts(data, parts.train) - np.array(pools) * share) <= len(sizes)).all()
    assert (counts(data, parts.train) >= 1).all()
    for other in parts.others:
        assert len(other) == len(set(other)) == len(parts.train)
        assert not set(other) & (set(parts.train) | set(parts.test))
        assert (counts(data, other) == counts(data, parts.train)).all()


def test_other_training_sets_are_disjoint_where_there_are_images_enough() -> None:
    parts = split(labelled([500] * 10), seed=0)

    assert [len(part) for part in (parts.train, parts.valid, parts.test)] == [100, 2000, 2000]
    assert len(parts.others) == 5
    used = np.concatenate([parts.train, *parts.others])
    assert len(set(used)) == 600
    assert not set(used) & set(parts.valid)
    assert not parts.warnings


def test_the_seed_alone_decides() -> None:
    data = labelled([30, 30])

    first, again, other = (split(data, seed=seed, train=10) for seed in (3, 3, 4))

    assert all((a == b).all() for a, b in zip(first.others, again.others, strict=True))
    assert (first.train == again.train).all()
    assert set(first.train) != set(other.train)


def test_a_split_never_changes_with_a_release_of_numpy() -> None:
    parts = split(labelled([10, 10]), seed=7, train=4)

    assert parts.train.tolist() == [1, 2, 14, 18]
    assert parts.valid.tolist() == [0, 4, 7, 9, 10, 13, 16, 19]


def test_a_class_of_too_few_images_is_named() -> None:
    with pytest.raises(DataError, match="class 'class 1' has 4 images; at least 5"):
        split(labelled([9, 4]), seed=0)


def test_fewer_training_images_than_classes_are_refused() -> None:
    with pytest.raises(SettingsError, match="train=2 is less than one image for each of 3 classes"):
        split(labelled([9, 9, 9]), seed=0, train=2)


def test_small_classes_keep_one_image_each() -> None:
    data = labelled([100, 5, 5])

    assert counts(data, split(data, seed=0, train=3).train).tolist() == [1, 1, 1]
    assert counts(data, split(data, seed=0, train=4).train).tolist() == [2, 1, 1]


def test_what_is_asked_for_beyond_the_pool_is_said() -> None:
    warnings = split(labelled([50, 50]), seed=0).warnings

    assert "train=100 was asked for, but the training pool (20 % of each class) has 20 images" in warnings[0]
    assert "only 40 validation images: below 1,000" in warnings[1]


def in_parts(parts: list[int], classes: int = 2) -> Labelled:
    data = labelled([len(parts)] * classes)
    order = np.argsort(data.y, kind="stable")
    return Labelled(data.x[order], data.y[order], data.classes, np.array(parts * classes, dtype=np.int64))


def test_data_in_parts_keep_them() -> None:
    data = in_parts([0] * 12 + [1] * 6 + [2] * 4)
    parts = split(data, seed=3, train=8, others=2)

    assert data.parts is not None
    assert (len(parts.train), set(data.parts[parts.train])) == (8, {0})
    assert (len(parts.valid), set(data.parts[parts.valid])) == (12, {1})
    assert (len(parts.test), set(data.parts[parts.test])) == (8, {2})
    assert all(not set(other) & (set(parts.test) | set(parts.train)) for other in parts.others)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([0] * 12 + [2] * 4, (4, 8, 4)),  # a third of train is the pool
        ([0] * 12 + [1] * 6, (12, 3, 3)),  # half of valid is the test
        ([0] * 12, (4, 4, 4)),
    ],
)
def test_parts_that_are_missing_come_from_the_others(given: list[int], expected: tuple[int, ...]) -> None:
    parts = split(in_parts(given), seed=0, train=1000)

    assert (len(parts.train), len(parts.valid), len(parts.test)) == tuple(2 * count for count in expected)
    assert len({*parts.train, *parts.valid, *parts.test}) == 2 * len(given)


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
