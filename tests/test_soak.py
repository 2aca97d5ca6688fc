"""Many calls in one process need no more memory than few, and threads that share Augmenters change no result."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import augplug

SIZES = [(32, 32), (24, 40), (33, 31)]
MEGABYTE = 1 << 20
IMAGES = [np.random.default_rng(number).integers(0, 256, (*size, 3), np.uint8) for number, size in enumerate(SIZES)]


@pytest.fixture
def eager_switches() -> Iterator[None]:
    """Let Python change from thread to thread as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
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


@pytest.mark.usefixtures("eager_switches")
@pytest.mark.parametrize("calls", [200, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_eight_threads_that_share_augmenters_change_no_result(calls: int) -> None:
    augmenters = [augplug.Augmenter(name, seed=23) for name in ("randaugment", "autoaugment-imagenet", "augmix")]

    def results(begin: int) -> list[bytes]:
        """The digests of all results, those of index `begin` first."""
        found = {}
        for index in [*range(begin, calls), *range(begin)]:
            augment, image = augmenters[index % 3], IMAGES[index // 3 % 3]
            found[index] = sha256(augment(image, index=index).tobytes()).digest()
        return [found[index] for index in range(calls)]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(results, [number * calls // 8 for number in range(8)]))

    alone = results(0)
    assert all(one == alone for one in together)
