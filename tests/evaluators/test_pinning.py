import subprocess
import sys
from types import SimpleNamespace

import pytest
import scipy.linalg  # noqa: F401  # so that its BLAS is loaded
from threadpoolctl import threadpool_info

from augplug._evaluators.pinning import one_thread


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info()}


def test_every_library_is_held_to_one_thread_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    opencv = SimpleNamespace(count=3)
    opencv.getNumThreads = lambda: opencv.count
    opencv.setNumThreads = lambda count: setattr(opencv, "count", count)
    monkeypatch.setitem(sys.modules, "cv2", opencv)
    before = threads()

    with one_thread():
        assert threads() == {1}
        assert opencv.count == 1

    assert threads() == before
    assert opencv.count == 3


LATER = """
import numpy
from augplug._evaluators.pinning import one_thread
with one_thread():
    pass
import scipy.linalg, threadpoolctl
with one_thread():
    libraries = threadpoolctl.threadpool_info()
print(len(libraries), {library["num_threads"] for library in libraries})
"""


def test_a_library_that_is_loaded_between_two_times_is_held_too() -> None:
    """Scipy brings a BLAS of its own, beside numpy's."""
    ended = subprocess.run((sys.executable, "-c", LATER), capture_output=True, text=True, check=True)

    assert ended.stdout == "2 {1}\n"


def test_threads_are_given_back_after_an_error() -> None:
    before = threads()

    with pytest.raises(ValueError, match="oops"), one_thread():
        raise ValueError("oops")

    assert threads() == before
