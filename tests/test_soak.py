"""Many calls in one process need no more memory than few, and threads that share Augmenters change no result."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

import augplug

SIZES = [(32, 32), (24, 40), (33, 31)]
MEGABYTE = 1 << 20
IMAGES = [np.random.default_rng(number).integers(0, 256, (*size, 3), np.uint8) for number, size in enumerate(SIZES)]


@pytest.fixture
def together() -> Iterator[Barrier]:
    """Where eight threads meet; from then on Python changes from thread to thread as often as it can.

    Not earlier: where a process has an audit hook, Python 3.11 refuses to start two threads under a trace function
    (coverage's) if it changes to the second one within the hook's call for the first.
    """
    before = sys.getswitchinterval()
    yield Barrier(8, action=lambda: sys.setswitchinterval(1e-6), timeout=60)
    sys.setswitchinterval(before)


def resident() -> float:
    """Return the megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux's /proc")
@pytest.mark.parametrize("calls", [20_000, pytest.param(1_000_000, marks=pytest.mark.heavy)])
def test_many_calls_need_no_more_memory_than_few(calls: int) -> None:
    augment = augplug.Augmenter("trivialaugment-wide", seed=23)
    image = IMAGES[0]
    held = []
    for tenth in range(10):
        for index in range(tenth * calls // 10, (tenth + 1) * calls // 10):
            augment(image, index=index)
        held.append(resident())
    sys.stdout.write(f"megabytes at each tenth: {' '.join(f'{one:.1f}' for one in held)}\n")

    assert max(held[1:]) - held[0] < 8, held


@pytest.mark.parametrize("calls", [200, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_eight_threads_that_share_augmenters_change_no_result(together: Barrier, calls: int) -> None:
    augmenters = [augplug.Augmenter(name, seed=23) for name in ("randaugment", "autoaugment-imagenet", "augmix")]

    def results(begin: int) -> list[bytes]:
        """The digests of all results, those of index `begin` first."""
        found = {}
        for index in [*range(begin, calls), *range(begin)]:
            augment, image = augmenters[index % 3], IMAGES[index // 3 % 3]
            found[index] = sha256(augment(image, index=index).tobytes()).digest()
        return [found[index] for index in range(calls)]

    def beside_others(number: int) -> list[bytes]:
        together.wait()
        return results(number * calls // 8)

    with ThreadPoolExecutor(8) as pool:
        every = list(pool.map(beside_others, range(8)))

    alone = results(0)
    assert all(one == alone for one in every)
