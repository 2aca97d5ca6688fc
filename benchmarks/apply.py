"""`augplug apply` on a folder of JPEG files: wall time and CPU time by workers, and what an image costs where.

python benchmarks/apply.py [--count 500] [--size 512] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

import augplug
from augplug.data.images import encode, load_image

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.photographs import photographs
from benchmarks.reporting import Report, Table, publish
from benchmarks.timing import race, spread

POLICY = "autoaugment-imagenet"
ABOUT = f"augplug apply {POLICY} on JPEG files, in fresh processes, and its three parts alone in one thread."


def applied(source: Path, workers: int) -> tuple[float, float]:
    """Return the wall and CPU seconds of the command."""
    with tempfile.TemporaryDirectory() as out:
        command = ("apply", POLICY, source, Path(out) / "made", "--workers", str(workers))
        code = "import sys; from augplug.cli import main; sys.exit(main())"
        start, before = time.perf_counter(), os.times()
        subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True)
        wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def parts(paths: Sequence[Path], rounds: int) -> Table:
    """Return what decoding, augmenting and encoding cost an image, in CPU time."""
    augment = augplug.Augmenter(POLICY)
    decoded = [load_image(path).pixels for path in paths]
    made = [augment(image, index=index) for index, image in enumerate(decoded)]
    count = len(paths)
    steps: dict[str, Callable[[int], object]] = {
        "decode": lambda number: load_image(paths[number % count]),
        "augment": lambda number: augment(decoded[number % count], index=number % count),
        "encode": lambda number: encode(made[number % count], "JPEG", quality=95),
    }
    times = race(steps, passes=count, rounds=rounds)
    rows = [(name, str(spread(seconds).scaled(1e3))) for name, seconds in times.items()]
    return Table("Parts", ("", "CPU ms an image"), rows)


def run(count: int, size: int, rounds: int) -> Report:
    """Measure on a folder made for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, image in enumerate(photographs(size, count)):
            cv2.imwrite(str(folder / f"{number:05}.jpg"), image[..., ::-1])
        taken: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for number in range(rounds + 1):
            for workers, found in taken.items():
                seconds = applied(folder, workers)
                found += [seconds] if number else []
        rows = [
            (str(workers), *(str(spread(column)) for column in zip(*found, strict=True)))
            for workers, found in taken.items()
        ]
        whole = Table(f"{count} files of {size}x{size}", ("workers", "wall s", "CPU s"), rows)
        return Report("apply", ABOUT, [whole, parts(sorted(folder.iterdir())[:50], rounds)])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure augplug apply on a folder of JPEG files.")
    parser.add_argument("--count", type=int, default=500, help="files")
    parser.add_argument("--size", type=int, default=512, help="their side, in pixels")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    publish(run(given.count, given.size, given.rounds), as_json=given.json)


if __name__ == "__main__":
    main()
