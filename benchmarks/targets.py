"""What masks, boxes and keypoints cost beside their image: calls with them, over the call without.

    python benchmarks/targets.py [--rounds 9] [--only 32] [--json]

Draws recur (`autoaugment-cifar10`, the same 200 indices again and again) or are continuous (`hand-made`, every index is
new). CPU time.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import augplug

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.photographs import photographs
from benchmarks.reporting import Bar, Report, Table, publish
from benchmarks.timing import ROUNDS, race, ratio, spread

ABOUT = (
    "What targets cost beside their image: microseconds of CPU for a call with them, and how many times that is the "
    "call without. Boxes and keypoints are augplug.Boxes and augplug.Keypoints made beforehand, or plain lists."
)
SIDES = (32, 224)
POLICIES = {"recurring": "autoaugment-cifar10", "continuous": "hand-made"}
RECURRING = 200
PASSES = {"recurring": 1000, "continuous": 300}
ALONE, TOGETHER = 2.0, 4.0
"""The bars: times the call without, for each target alone and for all three."""


def targets_of(side: int) -> dict[str, Mapping[str, Any]]:
    """Return the keywords of each contender beside the image."""
    numbers = np.random.default_rng(0)
    mask = numbers.integers(0, 9, (side, side), dtype=np.uint8)
    rows = [[0.1 * side, 0.2 * side, 0.6 * side, 0.7 * side]]
    points = numbers.uniform(0, side - 1, (10, 2))
    boxes, keypoints = augplug.Boxes(rows), augplug.Keypoints(points)
    return {
        "one box": {"boxes": boxes},
        "one box, a list": {"boxes": rows},
        "one mask": {"mask": mask},
        "ten keypoints": {"keypoints": keypoints},
        "ten keypoints, a list": {"keypoints": points.tolist()},
        "all three": {"boxes": boxes, "mask": mask, "keypoints": keypoints},
        "all three, lists": {"boxes": rows, "mask": mask, "keypoints": points.tolist()},
    }


def calls(draws: str, side: int) -> dict[str, Callable[[int], object]]:
    """Return a call with each set of targets, and the call without."""
    augment, image = augplug.Augmenter(POLICIES[draws], seed=0), photographs(side, 1)[0]
    fresh = itertools.count()

    def call(given: Mapping[str, Any], number: int) -> None:
        augment(image=image, index=number % RECURRING if draws == "recurring" else next(fresh), **given)

    def without(number: int) -> None:
        augment(image, index=number % RECURRING if draws == "recurring" else next(fresh))

    return {"no target": without, **{name: partial(call, given) for name, given in targets_of(side).items()}}


def raced(draws: str, side: int, rounds: int) -> tuple[Table, list[Bar]]:
    """Race the calls on draws of one kind and images of one size."""
    times = race(calls(draws, side), passes=PASSES[draws], rounds=rounds)
    ratios = {name: ratio(times, name, "no target") for name in times}
    rows = [(name, str(spread(times[name]).scaled(1e6)), str(ratios[name])) for name in times]
    title = f"{draws.capitalize()} draws, {side} x {side}"
    bars = []
    for what, together, bound in (("each target alone", False, ALONE), ("all three targets", True, TOGETHER)):
        found = {
            name: one.median
            for name, one in ratios.items()
            if name != "no target" and name.startswith("all three") == together
        }
        bars.append(
            Bar(
                f"{what}, {draws} draws at {side}: with / without",
                f"<= {bound:g}",
                ", ".join(f"{name} {median:.2f}".replace(", a list", " (list)") for name, median in found.items()),
                max(found.values()) <= bound,
            )
        )
    return Table(title, ("", "CPU us", "times without"), rows, f"{POLICIES[draws]}, uint8 RGB"), bars


def run(rounds: int, sides: tuple[int, ...]) -> Report:
    """Measure everything."""
    found = [raced(draws, side, rounds) for side in sides for draws in POLICIES]
    return Report("targets", ABOUT, [table for table, _ in found], [one for _, bars in found for one in bars])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure what masks, boxes and keypoints cost beside their image.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", type=int, choices=SIDES, help="the side of the images")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    publish(run(given.rounds, SIDES if given.only is None else (given.only,)), as_json=given.json)


if __name__ == "__main__":
    main()
