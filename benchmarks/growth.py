"""What cost grows with: side, steps, batch, threads, plugins, registered policies; and the memory of a batch.

    python benchmarks/growth.py [--rounds 9] [--json]

An exponent is the slope of a straight line through the logarithms: 1 is linear, 0 is flat. CPU time, but for threads,
which are timed by the wall.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import augplug

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.installing import environment_of, install_good
from benchmarks.photographs import photographs
from benchmarks.reporting import Bar, Report, Table, publish
from benchmarks.timing import ROUNDS, Spread, Times, race, ratio, spread

ABOUT = "What the cost of augmenting grows with, and what it does not."
SIDES = (16, 32, 64, 128, 256, 512, 1024)
STEPS = (1, 2, 4, 8, 16, 32)
BATCHES = (1, 4, 16, 64, 256)
PLUGINS, POLICIES = 20, 1000
LINEAR, FLAT, MEMORY = 1.1, 1.05, 1.1
DOMINATED = 64
"""The side below which the overhead of a call counts for more than pixels; the bars are about the rest."""
CHILD = """
import json, sys, time
import numpy
import augplug
for number in range(int(sys.argv[1])):
    augplug.register_policy(f"mine-{number}", augplug.step("Rotate", degrees=number % 30))
augment, image = augplug.Augmenter("randaugment", seed=0), numpy.zeros((32, 32, 3), "uint8")
times = []
for turn in range(11):
    start = time.thread_time()
    for index in range(300):
        augment(image, index=index)
    times.append((time.thread_time() - start) / 300)
print(json.dumps(min(times)))
"""
"""The microseconds of a call, in a process with this many registered policies: the least of several passes."""


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Return the slope of the line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def calls(augment: augplug.Augmenter, images: list[Any], number: int) -> None:
    """Augment every image once, under numbers that come again in every pass."""
    del number
    for index, image in enumerate(images):
        augment(image, index=index)


def in_batch(augment: augplug.Augmenter, images: Any, threads: int, _number: int) -> None:
    """Augment images in one call."""
    augment.batch(images, indices=range(len(images)), threads=threads)


def by_side(rounds: int) -> tuple[Table, Bar]:
    """Race the sides, each on 20 draws of RandAugment."""
    augment = augplug.Augmenter("randaugment", seed=0)
    return _growth(
        "pixels",
        {side * side: partial(calls, augment, photographs(side, 20)) for side in SIDES},
        rounds,
        least=DOMINATED * DOMINATED,
    )


def by_steps(rounds: int) -> tuple[Table, Bar]:
    """Race sequences of several lengths, on one image of 224x224."""
    images = photographs(224, 1)

    def sequence(count: int) -> augplug.Augmenter:
        steps = [augplug.step("Rotate", degrees=5.0 + step) for step in range(count)]
        return augplug.Augmenter(augplug.sequence(*steps), seed=0)

    return _growth("steps", {count: partial(calls, sequence(count), images) for count in STEPS}, rounds)


def by_batch(rounds: int) -> tuple[Table, Bar]:
    """Race batches of several sizes, of images of 64x64."""
    augment, images = augplug.Augmenter("randaugment", seed=0), np.stack(photographs(64, max(BATCHES)))
    batches = {count: partial(in_batch, augment, images[:count], 1) for count in BATCHES}
    return _growth("images of a batch", batches, rounds)


def _growth(
    what: str, contenders: Mapping[int, Callable[[int], object]], rounds: int, least: int = 0
) -> tuple[Table, Bar]:
    times = race({str(size): call for size, call in contenders.items()}, passes=5, rounds=rounds)
    medians = [spread(times[str(size)]).median for size in contenders]
    large = [(size, median) for size, median in zip(contenders, medians, strict=True) if size >= least]
    slope = exponent([size for size, _ in large], [median for _, median in large])
    rows = [(str(size), str(spread(times[str(size)]).scaled(1e6))) for size in contenders]
    note = f"exponent {slope:.2f}{f' from {least} on' if least else ''}"
    return Table(what, (what, "CPU us"), rows, note), Bar(
        f"exponent in {what}", f"<= {LINEAR}", f"{slope:.2f}", slope <= LINEAR
    )


def by_threads(rounds: int) -> Table:
    """Race a batch of 128 images of 224x224 by threads, by the wall."""
    augment, images = augplug.Augmenter("randaugment", seed=0), np.stack(photographs(224, 128))
    counts = ("1", "2", "4")
    contenders = {count: partial(in_batch, augment, images, int(count)) for count in counts}
    times: Times = race(contenders, rounds=rounds, clock=time.perf_counter)
    rows = [(count, str(spread(times[count]).scaled(1e3)), str(ratio(times, "1", count))) for count in counts]
    return Table("threads of a batch", ("threads", "wall ms", "times as fast as one"), rows)


def by_registered(rounds: int) -> tuple[Table, list[Bar]]:
    """Race calls in fresh processes: alone, with plugins, with registered policies; pairs take turns."""
    with tempfile.TemporaryDirectory() as folder:
        install_good(Path(folder), PLUGINS)
        cases = {"alone": (0, None), f"{PLUGINS} plugins": (0, Path(folder)), f"{POLICIES} policies": (POLICIES, None)}
        found: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(rounds):
            for name, (policies, site) in cases.items():
                found[name].append(_call_in_process(policies, site))
    ratios = {name: ratio(found, name, "alone") for name in cases}
    rows = [(name, str(spread(found[name]).scaled(1e6)), str(ratios[name])) for name in cases]
    bars = [_flat(name, ratios[name]) for name in list(cases)[1:]]
    return Table("registered", ("with", "CPU us a call", "times alone"), rows, "RandAugment at 32x32"), bars


def _flat(name: str, found: Spread) -> Bar:
    return Bar(f"a call with {name} / alone", f"<= {FLAT}", f"{found.median:.3f}", found.median <= FLAT)


def _call_in_process(policies: int, site: Path | None) -> float:
    command = [sys.executable, "-W", "ignore", "-c", CHILD, str(policies)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment_of(site))
    return float(json.loads(ended.stdout))


def memory() -> tuple[Table, list[Bar]]:
    """Return the peak of numpy's memory in `batch`, which is where OpenCV's results live too."""
    images = np.stack(photographs(224, 128))
    rows, bars = [], []
    for name, output in (("uint8", None), ("CHW float32", augplug.Output(mean=0.5, std=0.2, layout="CHW"))):
        augment = augplug.Augmenter("autoaugment-imagenet", output=output)
        augment.batch(images, indices=range(128))  # what is kept for the next batch is there already
        for threads in (1, 2):
            tracemalloc.start()
            made = augment.batch(images, indices=range(128), threads=threads)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            share = (images.nbytes + peak) / (images.nbytes + made.nbytes)
            rows.append((name, str(threads), f"{(images.nbytes + peak) / 1e6:.1f}", f"{share:.3f}"))
            bars.append(
                Bar(f"memory of batch, {name}, threads={threads}", f"<= {MEMORY}", f"{share:.3f}", share <= MEMORY)
            )
    return Table("memory of a batch", ("", "threads", "MB at the peak", "times input + output"), rows), bars


def run(rounds: int) -> Report:
    """Measure everything."""
    growths = [by_side(rounds), by_steps(rounds), by_batch(rounds)]
    registered, flat = by_registered(rounds)
    held, within = memory()
    tables = [*(one for one, _ in growths), by_threads(rounds), registered, held]
    return Report("growth", ABOUT, tables, [*(bar_ for _, bar_ in growths), *flat, *within])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure what the cost of augmenting grows with.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    publish(run(given.rounds), as_json=given.json)


if __name__ == "__main__":
    main()
