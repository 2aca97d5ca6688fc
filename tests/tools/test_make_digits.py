"""The digits that augplug carries are the ones that their page describes."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

DATA = Path(__file__).parents[2] / "augplug" / "data"


def load() -> dict[str, npt.NDArray[np.uint8]]:
    """The arrays of digits.npz."""
    with np.load(DATA / "digits.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_the_digests_are_those_on_the_page() -> None:
    page = (DATA / "digits.md").read_text("utf-8")
    content = (DATA / "digits.npz").read_bytes()
    arrays = load()
    pixels = arrays["x"].tobytes() + arrays["y"].tobytes()
    assert len(content) < 1_000_000
    assert hashlib.sha256(content).hexdigest() in page
    assert hashlib.sha256(pixels).hexdigest() in page


def test_the_arrays_are_balanced_digits() -> None:
    x, y = load().values()
    assert x.shape == (5000, 28, 28)
    assert x.dtype == y.dtype == np.uint8
    assert np.bincount(y).tolist() == [500] * 10
