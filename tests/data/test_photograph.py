"""The photograph that augplug is shown on is the one that photograph.md describes."""

import hashlib
import re
from importlib.resources import files

import numpy as np

from augplug.data.images import photograph

FOLDER = files("augplug.data")


def test_the_file_is_the_one_that_is_described() -> None:
    stored, described = (
        FOLDER.joinpath("photograph.png").read_bytes(),
        FOLDER.joinpath("photograph.md").read_text("utf-8"),
    )

    assert re.findall(r"`([0-9a-f]{64})`", described) == [hashlib.sha256(stored).hexdigest()]
    assert f"{len(stored):,} bytes" in described


def test_each_call_returns_pixels_of_its_own() -> None:
    one, other = photograph(), photograph()

    assert (one.shape, one.dtype.name, one.flags.writeable) == ((300, 451, 3), "uint8", True)
    assert one is not other
    assert (one == other).all()
    assert len(np.unique(one)) > 200
