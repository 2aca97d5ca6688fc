"""The digits that come with augplug: 5,000 images of MNIST, 500 a class; digits.md says where they are from."""

from __future__ import annotations

import hashlib
import io
from importlib.resources import files

import numpy as np

from augplug.data.sets import Labelled
from augplug.errors import DataError

DIGEST = "a22fe9fdb185e5a8dd93c5f3f8d142285e1403988a451c08122fee858dc18da2"


def load_digits() -> Labelled:
    """Return 5,000 grey handwritten digits, `(5000, 28, 28)` uint8, and their classes "0" to "9".

    Raises DataError when the packaged file is not the one that was released.
    """
    stored = files("augplug.data").joinpath("digits.npz").read_bytes()
    if hashlib.sha256(stored).hexdigest() != DIGEST:
        raise DataError("the packaged digits.npz is damaged (its SHA-256 is another); install augplug again")
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        return Labelled(arrays["x"], arrays["y"].astype(np.int64), tuple("0123456789"))
