"""The kernels alone, AutoContrast's too, at any size: where they are quicker than OpenCV.

    python plugins/augplug-numba/benchmark.py [--sizes 32,64,224,512]

CPU time of one thread, contenders interleaved, medians with quartiles. Whole policies on this backend are raced by
`benchmarks/policies.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
from augplug_numba.backend import Numba

import augplug

sys.path.append(str(Path(__file__).parents[2]))  # last, so that augplug is the installed one

from benchmarks.photographs import photographs  # pylint: disable=wrong-import-position  # as said
from benchmarks.timing import race, ratio, spread, table  # pylint: disable=wrong-import-position  # as said

PIXELS = 600_000
"""Pixels of one turn of a contender."""
EFFECTS: dict[str, dict[str, float]] = {
    "Equalize": {},
    "AutoContrast": {},
    "Contrast": {"factor": 1.5},
    "Color": {"factor": 1.5},
    "Grayscale": {},
    "Sharpness": {"factor": 1.5},
    "Sharpness in float32": {"factor": 1.3},
}


def chained(chains: Sequence[Sequence[Callable[[Any], Any]]], images: Sequence[Any], number: int) -> None:
    """Put each image through the chain that it meets in this pass; where there is nothing to do, copy it."""
    for place, chain in enumerate(chains):
        image = images[(place + 37 * number) % len(images)]
        if not chain:
            image.copy()
        for step in chain:
            image = step(image)


def kernels(size: int) -> list[tuple[object, ...]]:
    """Return a row an effect: microseconds of the kernel by OpenCV and by numba, and the ratio."""
    rows: list[tuple[object, ...]] = []
    opencv = augplug.backends()["opencv"]()
    images = photographs(size, 64)
    canvas = augplug.Canvas(size, size, 3)
    for name, fields in EFFECTS.items():
        (effect,) = augplug.operations()[name.partition(" ")[0]](**fields).describe(canvas)
        contenders: dict[str, Callable[[int], object]] = {
            backend.name: partial(chained, [[backend.prepare(effect, images[0].shape, images[0].dtype)]] * 64, images)
            for backend in (opencv, Numba(opencv, most_pixels=size * size))
        }
        times = race(contenders, passes=max(1, PIXELS // (64 * size * size)))
        micros = [spread(times[contender]).scaled(1e6 / 64) for contender in contenders]
        rows.append((name, size, *micros, ratio(times, "opencv", "numba")))
    return rows


def main() -> None:
    """Race, and print the figures."""
    parser = argparse.ArgumentParser(
        description="Race the kernels of numba against OpenCV's, in CPU time of one thread."
    )
    parser.add_argument(
        "--sizes", default="32,64,224,512", help="sides of the images, in pixels (default: %(default)s)"
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    rows = [row for size in given.sizes.split(",") for row in kernels(int(size))]
    sys.stdout.write(table(("", "size", "opencv us", "numba us", "opencv/numba"), rows) + "\n")


if __name__ == "__main__":
    main()
