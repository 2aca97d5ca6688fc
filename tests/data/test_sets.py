from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from augplug.data.digits import load_digits
from augplug.data.sets import Labelled, digest
from augplug.errors import DataError

X = np.arange(3 * 2 * 4, dtype=np.uint8).reshape(3, 2, 4)
Y = np.array([0, 1, 0], np.int64)
SET = Labelled(X, Y, ("a", "b"))


@pytest.mark.parametrize(
    ("x", "y", "classes", "message"),
    [
        (X.astype(float), Y, ("a", "b"), "must be uint8"),
        (X[0], Y, ("a", "b"), r"shape \(2, 4\)"),
        (np.zeros((3, 2, 4, 4), np.uint8), Y, ("a", "b"), r"\(N, H, W, 3\)"),
        (X[:0], Y[:0], ("a", "b"), "no side of 0"),
        (X, Y[:2], ("a", "b"), "3 images need labels"),
        (X, Y.astype(np.int32), ("a", "b"), "int64"),
        (X, Y, ("a",), r"labels lie in 0\.\.0, not 0\.\.1"),
        (X, Y - 1, ("a", "b"), r"not -1\.\.0"),
    ],
)
def test_arrays_of_another_kind_are_refused(x: Any, y: Any, classes: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Labelled(x, y, classes)


def test_taking_images_keeps_their_order_and_classes() -> None:
    taken = SET.take(np.array([2, 0]))

    assert (taken.x == X[[2, 0]]).all()
    assert taken.y.tolist() == [0, 0]
    assert taken.classes == ("a", "b")
    assert len(taken) == 2


def test_the_digest_is_of_content_and_of_nothing_else() -> None:
    changed = X.copy()
    changed[1, 1, 1] ^= 1
    others = [
        replace(SET, x=changed),
        replace(SET, x=X.reshape(3, 4, 2)),
        replace(SET, y=Y[::-1].copy() * 0),
        replace(SET, classes=("a", "c")),
    ]

    assert digest(SET) == digest(Labelled(np.asfortranarray(X), Y.copy(), ("a", "b")))
    assert len({digest(SET), *map(digest, others)}) == 5


def test_the_packaged_digits_are_whole() -> None:
    digits = load_digits()

    assert digits.x.shape == (5000, 28, 28)
    assert np.bincount(digits.y).tolist() == [500] * 10
    assert digits.classes == tuple("0123456789")


def test_damaged_digits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augplug.data.digits.DIGEST", "0" * 64)

    with pytest.raises(DataError, match=r"damaged.*install augplug again"):
        load_digits()
