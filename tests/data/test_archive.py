from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from augplug.data.archive import load_archive, read_parts, write_parts, write_subsets
from augplug.data.loading import load
from augplug.errors import DataError, SettingsError

X = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)


def saved(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path / "data.npz", **arrays)
    return path / "data.npz"


@pytest.mark.parametrize(
    ("y", "classes", "numbers"),
    [
        (np.array([5, 2, 5, 2, 9, 9], np.uint8), ("2", "5", "9"), [1, 0, 1, 0, 2, 2]),
        (np.array([-1, 1, 1, -1, 1, 1]), ("-1", "1"), [0, 1, 1, 0, 1, 1]),
        (np.array(["cat", "ape", "cat", "ape", "ape", "cat"]), ("ape", "cat"), [1, 0, 1, 0, 0, 1]),
    ],
)
def test_labels_become_sorted_classes(tmp_path: Path, y: Any, classes: tuple[str, ...], numbers: list[int]) -> None:
    data = load(saved(tmp_path, x=X, y=y))

    assert data.classes == classes
    assert data.y.tolist() == numbers
    assert (data.x == X).all()


def test_one_channel_is_grey_and_three_are_rgb(tmp_path: Path) -> None:
    y = np.arange(6) % 2

    assert load_archive(saved(tmp_path, x=X[..., None], y=y)).x.shape == (6, 5, 4)
    assert load_archive(saved(tmp_path, x=np.stack([X] * 3, axis=-1), y=y)).x.shape == (6, 5, 4, 3)


Y = np.arange(6) % 2


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "holds x, but not y"),
        ({"images": X, "labels": Y}, "holds images, labels, but not x and y"),
        (
            {"x": X.astype(float), "y": Y},
            r"images are uint8 .*; save x.astype\(.uint8.\) if they lie in 0..255, \(x \* 255\)",
        ),
        ({"x": np.stack([X] * 4, axis=-1), "y": Y}, r"\(N, H, W, 3\)"),
        ({"x": X, "y": Y[:5]}, "6 images need labels"),
        ({"x": X, "y": Y / 2}, "y is float64 of shape .*; it must be .* of integers or strings"),
        ({"x": X, "y": np.eye(6, dtype=int) * 2}, r"of shape \(6, 6\); .* save y.argmax\(axis=1\) of class scores"),
        ({"x": np.stack([X] * 3, axis=1), "y": Y}, r"save numpy.moveaxis\(x, 1, -1\)"),
        ({"x": X, "y": np.array([b"\xff", b"a"] * 3)}, "not all of it is UTF-8; save the labels as text"),
        ({"x": X, "y": np.array(["a", "b"] * 3, dtype=object)}, r"y holds Python objects, .* save np.array\(y.tolist"),
        ({"x": X, "y": Y * 0}, "holds 1 class; at least 2"),
        (
            {"x": np.array([{}] * 6), "y": Y},
            "x holds Python objects, which are not loaded, because that could run code",
        ),
    ],
)
def test_other_archives_are_refused_with_the_reason(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(saved(tmp_path, **arrays))


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=Y)
    whole = path.read_bytes()
    for damaged in (b"", b"PK\x03\x04 not a zip", whole[: len(whole) // 2], whole[:60] + b"\xff" * 20 + whole[80:]):
        path.write_bytes(damaged)

        with pytest.raises(DataError, match=r"cannot be read as \.npz"):
            load(path)


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augplug.data.archive.LIMIT", 100)

    with pytest.raises(DataError, match="the limit is"):
        load(saved(tmp_path, x=X, y=Y))


def test_parts_are_read_as_they_were_written(tmp_path: Path) -> None:
    data = load(saved(tmp_path, x=X, y=np.array(list("äbcabc"))))
    train, valid = data.take(np.array([0, 3])), data.take(np.array([1]))
    path = tmp_path / "parts.npz"

    write_parts(path, train, valid)

    for expected, given in zip((train, valid), read_parts(path), strict=True):
        assert (expected.x == given.x).all()
        assert (expected.y == given.y).all()
        assert expected.classes == given.classes == data.classes
    with np.load(path, allow_pickle=False) as stored:
        assert len(stored["x"]) == 3


def test_each_subset_is_read_with_its_own_validation_images(tmp_path: Path) -> None:
    data = load(saved(tmp_path, x=X, y=np.array(list("äbcabc"))))
    path = tmp_path / "subsets.npz"
    rows = [(np.array([0, 3]), np.array([1, 2])), (np.array([1]), np.array([0, 4, 5]))]

    write_subsets(path, data, rows)

    for number, pair in enumerate(rows):
        for expected, given in zip(pair, read_parts(path, number), strict=True):
            assert (given.x == data.x[expected]).all()
            assert (given.y == data.y[expected]).all()
    with pytest.raises(DataError, match="train_2"):
        read_parts(path, 2)


def test_paths_that_hold_no_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.txt").touch()

    with pytest.raises(DataError, match="does not exist; give a folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"neither a folder nor an \.npz file"):
        load(tmp_path / "data.txt")
    with pytest.raises(SettingsError, match="--resize and --skip-bad are for folders"):
        load(saved(tmp_path, x=X, y=Y), resize=32)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (Y[:, None], ("0", "1")),
        (Y.astype(bool), ("False", "True")),
        (Y.astype(np.float32), ("0", "1")),
        (np.array([b"cat", "d\u00f6g".encode()])[Y], ("cat", "d\u00f6g")),
        (np.eye(2)[Y], ("0", "1")),
        (np.array([["cat"], ["dog"]])[Y], ("cat", "dog")),
    ],
)
def test_labels_are_taken_where_they_are_plain(tmp_path: Path, y: npt.NDArray[Any], classes: tuple[str, ...]) -> None:
    notes: list[str] = []
    data = load(saved(tmp_path, x=X, y=y), note=notes.append)
    assert data.classes == classes
    assert data.y.tolist() == Y.tolist()
    assert [note.partition(": ")[2] for note in notes] == (
        ["y is float64 of shape (6, 2), one 1 in each row: its place is taken as the class"]
        if y.shape == (6, 2)
        else []
    )


def test_images_of_bools_are_black_and_white(tmp_path: Path) -> None:
    data = load(saved(tmp_path, x=X > 100, y=Y))
    assert np.array_equal(data.x, (X > 100) * np.uint8(255))


def test_archives_that_come_split_keep_their_parts(tmp_path: Path) -> None:
    notes: list[str] = []
    path = saved(tmp_path, x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2])
    data = load(path, note=notes.append)
    assert data.parts is not None
    assert data.parts.tolist() == [0] * 6 + [2] * 2
    assert np.array_equal(data.x, np.concatenate([X, X[:2]]))
    assert data.y.tolist() == [*Y, *Y[:2]]
    assert len(notes) == 1
    with pytest.raises(DataError, match="train and test differ"):
        load(saved(tmp_path, x_train=X, y_train=Y, x_test=X[:2, :3], y_test=Y[:2]))
