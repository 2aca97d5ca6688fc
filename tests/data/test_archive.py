from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augplug.data.archive import load_archive, read_parts, write_parts
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
        ({"x": X.astype(float), "y": Y}, "must be uint8"),
        ({"x": np.stack([X] * 4, axis=-1), "y": Y}, r"\(N, H, W, 3\)"),
        ({"x": X, "y": Y[:5]}, "6 images need labels"),
        ({"x": X, "y": Y / 2}, "y must be .* integers or strings, not float64"),
        ({"x": X, "y": np.eye(6, dtype=int)}, r"of shape \(6, 6\)"),
        ({"x": X, "y": Y * 0}, "holds 1 class; at least 2"),
        ({"x": np.array([{}] * 6), "y": Y}, "cannot be read as .npz"),
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
        assert sum(len(stored[name]) for name in stored.files if name.endswith("_x")) == 3


def test_paths_that_hold_no_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.txt").touch()

    with pytest.raises(DataError, match="does not exist; give a folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"neither a folder nor an \.npz file"):
        load(tmp_path / "data.txt")
    with pytest.raises(SettingsError, match="--resize and --skip-bad are for folders"):
        load(saved(tmp_path, x=X, y=Y), resize=32)
