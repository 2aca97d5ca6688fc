"""What each lever of speed gives: the same work with it and without it, in CPU time of one thread.

    python benchmarks/levers.py [--only tables] [--rounds 9] [--json]

A lever is taken out by replacing the one name that it hangs on; the pixels stay the same, which is checked first.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import cv2
import numpy as np

import augplug
from augplug._backends import opencv_tones
from augplug.rng import Stream

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.photographs import photographs
from benchmarks.reporting import Report, Table, publish
from benchmarks.timing import ROUNDS, race, ratio, spread

ABOUT = (
    "What single decisions give, each taken out alone: microseconds of CPU for an image, draw and checks included. "
    "The last 256 images are held, as somebody who makes batches holds them. `docs/design/speed.md` says what the "
    "levers are."
)
_PIXELS = 3_000_000
"""Pixels of one turn of a contender, or 2,000 images."""
_HELD = 256
_STEPS = augplug.sequence(
    augplug.step("Solarize", threshold=100), augplug.step("Brightness", factor=1.3), augplug.step("Gamma", gamma=0.8)
)


class Lever(NamedTuple):
    """A decision: what takes it out, and on which policies at which size it is seen."""

    name: str
    without: Mapping[str, Any]
    on: tuple[tuple[str | augplug.Policy, int], ...]
    fuse: Any = "exact"
    """The level of an Augmenter that does without it."""
    output: bool = False


def _alone(op: str, **fields: Any) -> augplug.Policy:
    return augplug.Policy(augplug.step(op, **fields), name=op.lower())


_HASHED: dict[str, Any] = {"augplug._pipeline.draw.beginnings": lambda digest: lambda key, _blocks: Stream(digest, key)}
LEVERS = (
    Lever("a draw's first words at once", _HASHED, (("autoaugment-cifar10", 32),)),
    Lever(
        "plans kept by what was drawn",
        {"augplug._pipeline.cache.MOST_BYTES": 0},
        (("autoaugment-cifar10", 32), ("autoaugment-cifar10", 224)),
    ),
    Lever(
        "plans kept by their effects, where these are few",
        {"augplug._pipeline.cache.effect_recurs": lambda _effect: False},
        ((_alone("RandomCrop", height=24, width=24), 32), (_alone("ChannelShuffle"), 32)),
    ),
    Lever(
        "tables looked up by stringzilla",
        {"augplug._backends.opencv_lookup.translate": None},
        (("autoaugment-imagenet", 32), ("autoaugment-imagenet", 224), (_alone("Gamma", gamma=0.8), 224)),
    ),
    Lever(
        "masks and inversion as bit operations, where no 64 values are looked up at once",
        {
            "augplug._backends.opencv_tones.by_bits": lambda _table: None,
            "augplug._backends.opencv_lookup.translate": None,
        },
        ((_alone("Invert"), 224), (_alone("Posterize", bits=4), 224)),
    ),
    Lever(
        "Equalize's tables by what lies below a level",
        {"augplug._backends.opencv_tones._equalize": lambda _run, _shape: None},
        ((_alone("Equalize"), 32), (_alone("Equalize"), 224)),
    ),
    Lever(
        "large planes counted in another order",
        {"augplug._backends.opencv_tones._MIXED_FROM": 1 << 62},
        ((_alone("Equalize"), 512),),
    ),
    Lever(
        "Sharpness of small images by nine taps at once",
        {"augplug._backends.opencv_filters._BOXES_FROM": 0},
        ((_alone("Sharpness", factor=1.9), 32),),
    ),
    Lever(
        "a fourth byte for warps",
        {"augplug._backends.opencv_packing._FROM": {}},
        ((_alone("Rotate", degrees=20, interpolation="linear"), 224), (_alone("Rotate", degrees=20), 512)),
    ),
    Lever(
        "blends that float32 sums may miss, by a table of pairs",
        {"augplug._backends.opencv_color.WIDE_TABLES": False},
        ((_alone("Color", factor=1.2), 224), (_alone("Color", factor=1.2), 512)),
    ),
    Lever(
        "a kernel's own arrays kept by thread",
        {"augplug._backends.scratch._MOST": 0},
        (("autoaugment-imagenet", 224), ("augmix", 512)),
    ),
    Lever("neighbouring tones as one table", {}, ((augplug.Policy(_STEPS, name="three-tones"), 224),), "none"),
    Lever(
        "the last table is also the normalisation",
        {},
        ((augplug.Policy(_STEPS, name="three-tones"), 224),),
        "none",
        output=True,
    ),
)


class Side:
    """The work with a lever or without it: an Augmenter and its caches, and what is replaced while it works."""

    def __init__(self, policy: str | augplug.Policy, without: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """Take a policy, the names to replace, and the Augmenter's settings."""
        self._without = without
        self._held: deque[Any] = deque(maxlen=_HELD)
        with self._patched():
            self._augment = augplug.Augmenter(policy, **settings)

    def _patched(self) -> ExitStack:
        stack = ExitStack()
        for name, value in self._without.items():
            stack.enter_context(patch(name, value))
        opencv_tones._look.cache_clear()  # pylint: disable=protected-access  # kept looks may be of the other side
        return stack

    def turn(self, images: list[Any], first: int, count: int) -> Any:
        """Augment `count` images; return the last one."""
        with self._patched():
            for number in range(first, first + count):
                self._held.append(self._augment(images[number % len(images)], index=number))
        return self._held[-1]


def measured(lever: Lever, policy: str | augplug.Policy, size: int, rounds: int) -> list[str]:
    """Race a lever on one policy; return its row."""
    images = photographs(size, 8)
    output = augplug.Output(0.5, 0.25, "CHW") if lever.output else None
    sides = {
        "with": Side(policy, {}, {"output": output}),
        "without": Side(policy, lever.without, {"output": output, "fuse": lever.fuse}),
    }
    for number in range(32):
        one, other = (side.turn(images, number, 1) for side in sides.values())
        if not np.array_equal(one, other):
            raise SystemExit(f"{lever.name} changes the pixels of image {number}")
    count = min(2000, _PIXELS // size**2)

    def turning(side: Side) -> Callable[[int], object]:
        return lambda number: side.turn(images, number * count, count)

    times = race({name: turning(side) for name, side in sides.items()}, rounds=rounds)
    micros = [str(spread(times[name]).scaled(1e6 / count)) for name in ("without", "with")]
    shown = policy if isinstance(policy, str) else policy.name
    shown += ", normalised" if lever.output else ""
    return [lever.name, shown, str(size), *micros, str(ratio(times, "without", "with"))]


def main() -> None:
    """Race, and print the figures."""
    parser = argparse.ArgumentParser(description="Measure what each lever of speed gives.")
    parser.add_argument("--only", default="", help="levers whose names start so")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print JSON, for the page of results")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    rows = [
        measured(lever, policy, size, given.rounds)
        for lever in LEVERS
        if lever.name.startswith(given.only)
        for policy, size in lever.on
    ]
    head = ("lever", "policy", "size", "without it", "with it", "without / with")
    publish(Report("levers", ABOUT, [Table("Each lever taken out alone", head, rows)]), as_json=given.json)


if __name__ == "__main__":
    main()
