"""Many requests at once by Triton's client: no error, no growth of memory, and the latency beside the bare call."""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton

import augplug
from plugins.tests.served import Served, served

CONCURRENCY = 8
IMAGE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
GROWTH = 8 * 2**20
"""Bytes that a process may grow by after the first fifth of the requests: pages of the allocator, and nothing more."""


def ask(server: Served, first: int, last: int, augment: augplug.Augmenter) -> list[float]:
    """Ask for draws one after the other, compare each, and return the seconds of each."""
    client = triton.InferenceServerClient(server.address)
    tensor: Any = triton.InferInput("image", list(IMAGE.shape), "UINT8")
    tensor.set_data_from_numpy(IMAGE)
    outputs = [triton.InferRequestedOutput("image")]
    taken = []
    for index in range(first, last):
        began = time.perf_counter()
        found = client.infer("autoaugment-cifar10", [tensor], outputs=outputs, parameters={"index": index})
        taken.append(time.perf_counter() - began)
        assert np.array_equal(found.as_numpy("image"), augment(IMAGE, index=index))
    client.close()
    return taken


def many(server: Served, count: int, augment: augplug.Augmenter) -> list[float]:
    """Ask `count` times, by eight clients at once."""
    share = count // CONCURRENCY
    with ThreadPoolExecutor(CONCURRENCY) as clients:
        asked = [
            clients.submit(ask, server, share * place, share * (place + 1), augment) for place in range(CONCURRENCY)
        ]
        return [seconds for each in asked for seconds in each.result()]


def check(folder: Path, count: int) -> None:
    augment = augplug.Augmenter("autoaugment-cifar10")
    with served(folder, "--policy", "autoaugment-cifar10", "--workers", "2") as server:
        many(server, count // 5, augment)
        before = server.resident()
        taken = many(server, count, augment)
        grown = server.resident() - before
        assert server.metric("requests_total") == count // 5 + count
    began = time.perf_counter()
    for index in range(500):
        augment(IMAGE, index=index)
    bare = (time.perf_counter() - began) / 500
    late = statistics.quantiles(taken, n=100)[98]
    sys.stdout.write(
        f"{count} requests, {CONCURRENCY} at a time: 0 errors, {grown / 2**20:+.1f} MiB, median "
        f"{1e3 * statistics.median(taken):.2f} ms, 99th per cent {1e3 * late:.2f} ms, "
        f"{count / sum(taken) * CONCURRENCY:.0f} a second; the bare call {1e3 * bare:.2f} ms\n"
    )
    assert grown < GROWTH


def test_hundreds_of_requests_at_once(tmp_path: Path) -> None:
    check(tmp_path, 800)


@pytest.mark.heavy
def test_ten_thousand_requests_at_once(tmp_path: Path) -> None:
    check(tmp_path, 10_000)
