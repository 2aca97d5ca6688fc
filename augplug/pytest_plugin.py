"""What pytest gets from augplug: fixtures for the tests of plugins. Found by its entry point; imports nothing heavy.

The examination needs none of it: `test_my_ops = augplug.testing.examine(my_ops)` is a test with a case for each check,
which pytest collects as one item each, also where plugins are not loaded by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest


@pytest.fixture
def assert_same_pixels(tmp_path: Path) -> Callable[..., None]:
    """Return a function of two images that fails unless they are the same, up to `tolerance=` if it is given.

    The failure counts the pixels, and names a picture of both images and their difference in the test's `tmp_path`.
    """
    from augplug import testing  # it imports all of augplug, which most tests of most projects do not use

    return partial(testing.assert_same_pixels, folder=tmp_path)
