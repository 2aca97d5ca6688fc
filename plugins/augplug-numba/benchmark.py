"""The AutoAugment tables on small images: Pillow, augplug by OpenCV, augplug by numba; single calls and batches.

    python plugins/augplug-numba/benchmark.py [--sizes 32,64] [--interpolation nearest] [--effects]

CPU time of one thread, contenders interleaved, medians with quartiles, as benchmarks/policies.py has it: the same
photographs and drawn steps; Pillow's steps are drawn and bound beforehand, ours are whole calls. `--effects` races the
kernels alone, at any size: it says up to which one they are quicker than OpenCV.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from augplug_numba.backend import Numba
from PIL import Image as Pillow

import augplug

sys.path.append(str(Path(__file__).parents[2]))  # last, so that augplug is the installed one

from benchmarks.policies import photographs, pillow_step  # pylint: disable=wrong-import-position  # as said
from benchmarks.timing import race, ratio, spread, table  # pylint: disable=wrong-import-position  # as said

PLANS = 300
PIXELS = 600_000
"""A contender's turn goes over so many pixels."""
EFFECTS = {"Equalize": {}, "AutoContrast": {}, "Contrast": {"factor": 1.5}, "Color": {"factor": 1.5}} | {
    "Sharpness": {"factor": 1.5}
}


def chained(chains: Sequence[Sequence[Callable[[Any], Any]]], images: Sequence[Any], number: int) -> None:
    """Put each image through the chain that it meets in this pass; where there is nothing to do, copy it."""
    for place, chain in enumerate(chains):
        image = images[(place + 37 * number) % len(images)]
        if not chain:
            image.copy()
        for step in chain:
            image = step(image)


def called(augment: augplug.Augmenter, images: Sequence[Any], number: int) -> None:
    """Augment each image under the index that it meets in this pass."""
    for place in range(len(images)):
        augment(images[(place + 37 * number) % len(images)], index=place)


def batched(augment: augplug.Augmenter, images: Any, number: int) -> None:
    """Augment the images as one batch, under other indices in each pass."""
    augment.batch(images, indices=[(place + 37 * number) % len(images) for place in range(len(images))])


def tables(size: int, interpolation: str) -> list[tuple[object, ...]]:
    """Return a row a table: microseconds an image, and how many times as quick numba is as the others."""
    rows: list[tuple[object, ...]] = []
    images = photographs(size, PLANS)
    for name in ("cifar10", "svhn", "imagenet"):
        policy = augplug.policy(f"autoaugment-{name}", interpolation=interpolation)
        ours = {backend: augplug.Augmenter(policy, backend=backend) for backend in ("opencv", "numba")}
        drawn: list[Any] = [ours["numba"].plan(images[0], index=index).items for index in range(PLANS)]
        steps = [[pillow_step(item.operation, size) for item in items] for items in drawn]
        contenders: dict[str, Callable[[int], object]] = {
            "pillow": partial(chained, steps, [Pillow.fromarray(image) for image in images]),
            **{backend: partial(called, augment, images) for backend, augment in ours.items()},
            **{f"{backend} batch": partial(batched, augment, np.stack(images)) for backend, augment in ours.items()},
        }
        times = race(contenders, passes=max(1, PIXELS // (PLANS * size * size)))
        micros = [spread(times[contender]).scaled(1e6 / PLANS) for contender in contenders]
        pairs = (("pillow", "numba"), ("opencv", "numba"), ("opencv batch", "numba batch"))
        rows.append((name, size, *micros, *(ratio(times, *pair) for pair in pairs)))
    return rows


def kernels(size: int) -> list[tuple[object, ...]]:
    """Return a row an effect: microseconds of the kernel by OpenCV and by numba, and the ratio."""
    rows: list[tuple[object, ...]] = []
    opencv = augplug.backends()["opencv"]()
    images = photographs(size, 64)
    canvas = augplug.Canvas(size, size, 3)
    for name, fields in EFFECTS.items():
        (effect,) = augplug.operations()[name](**fields).describe(canvas)
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
    parser = argparse.ArgumentParser(description="Race the backend numba on small images, in CPU time of one thread.")
    parser.add_argument("--sizes", default="32,64", help="sides of the images, in pixels (default: 32,64)")
    parser.add_argument("--interpolation", choices=("nearest", "linear"), default="nearest")
    parser.add_argument("--effects", action="store_true", help="single effects instead of the tables")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    sizes = [int(size) for size in given.sizes.split(",")]
    head: tuple[str, ...] = ("", "size", "opencv us", "numba us", "opencv/numba")
    if not given.effects:
        head = (
            "",
            "size",
            "pillow us",
            *head[2:4],
            "opencv batch us",
            "numba batch us",
            "pillow/numba",
            head[4],
            "batch",
        )
    rows = [row for size in sizes for row in (kernels(size) if given.effects else tables(size, given.interpolation))]
    sys.stdout.write(table(head, rows) + "\n")


if __name__ == "__main__":
    main()
