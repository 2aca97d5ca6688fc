"""An older revision of augplug raced against this one, in one process: calls, batches, and calls with targets.

    python benchmarks/before.py [--before 64cb36d] [--rows hand-made] [--quick] [--rounds 50] [--json FILE]

Both versions take turns in every round, on the same images and indices, in CPU time of the process. Ratios are medians
of ratios within a round. Before a row is timed, both must give equal results, each by its own code alone.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np

import augplug

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks import revisions
from benchmarks.photographs import photographs
from benchmarks.reporting import Report, Table, machine, publish, versions
from benchmarks.timing import race, ratio, spread

ROOT = Path(__file__).resolve().parents[1]
Packages: TypeAlias = Mapping[str, Any]
"""The modules `augplug` by version: `before` and `now`."""
Call: TypeAlias = Callable[[int], Any]
ABOUT = (
    "An older revision and the working tree in one process: microseconds of CPU for an image, draw and checks "
    "included. Indices are new in every call, so that continuous draws never recur, unless a row says that its draws "
    "recur."
)
ROUNDS = 50
"""More and shorter ones than the other benchmarks have: here differences of a few percent matter."""
REVISION = "64cb36d"
BATCH, IMAGES = 256, 16
SIZES = (28, 32, 224)
TARGET_SIZES = (32, 224)
RECURRING = 64
"""Number of indices from which recurring draws are taken."""
CHECKED = 10**9
"""The first index of the draws that are compared; none of them is timed."""
CHECKS = 16
_APART = 10**12
_PIXELS = 2_500_000
_CALLS = 250
"""Pixels of one turn of a version, and the most calls if the images are small."""
TARGETS = {
    "none": (),
    "one box": ("boxes",),
    "one mask": ("mask",),
    "ten keypoints": ("keypoints",),
    "all three": ("boxes", "mask", "keypoints"),
}


@dataclass(frozen=True)
class Amount:
    """How much is measured: `rounds`, the sizes of images, the share of the usual calls of a turn, and which rows."""

    rounds: int
    sizes: Sequence[int] = SIZES
    share: float = 1.0
    rows: str = ""

    def calls(self, size: int) -> int:
        """Return the number of images of one version's turn."""
        return max(1, int(min(_CALLS, _PIXELS // size**2) * self.share))

    def has(self, *names: object) -> bool:
        """Return True if a row with these names is asked for."""
        return self.rows in " ".join(map(str, names))


def policies(package: Any, size: int) -> dict[str, Any]:
    """Return the measured policies of one version of augplug, by name, for images of a size."""
    step = package.step
    return {
        "hand-made": package.policy("hand-made"),
        "RandomResizedCrop": package.Policy(step("RandomResizedCrop", height=size, width=size)),
        "Rotate": package.Policy(step("Rotate", degrees=(-30, 30))),
        "HueShift": package.Policy(step("HueShift", degrees=(-30, 30))),
        "autoaugment-cifar10": package.policy("autoaugment-cifar10"),
    }


def single(augment: Any, images: Sequence[Any], number: int) -> Any:
    """Augment one image by an index of its own."""
    return augment(images[number % len(images)], index=number)


def batch(augment: Any, images: Any, number: int) -> Any:
    """Augment a batch by indices of its own."""
    return augment.batch(images, indices=range(number * BATCH, (number + 1) * BATCH))


def with_targets(
    augment: Any, images: Sequence[Any], targets: Mapping[str, Any], index_of: Callable[[int], int], number: int
) -> Any:
    """Augment one image and its targets by the index of a call's number."""
    index, image = index_of(number), images[number % len(images)]
    return augment(image=image, index=index, **targets) if targets else augment(image, index=index)


def _alike(one: Any, other: Any) -> bool:
    """True for equal pixels; float64 coordinates may differ by their rounding."""
    if isinstance(one, np.ndarray) and one.dtype == np.float64:
        return one.shape == other.shape and bool(np.allclose(one, other, rtol=0, atol=1e-9))
    return bool(np.array_equal(one, other))


def check_equal(calls: Mapping[str, Call], packages: Packages, what: str) -> None:
    """Raise SystemExit unless the versions give equal results, each by its own code."""
    for number in range(CHECKED, CHECKED + CHECKS):
        one, other = (flat(calls[name](number)) for name in packages)
        if one.keys() != other.keys() or not all(_alike(one[key], other[key]) for key in one):
            raise SystemExit(f"{what}: the two versions give other results in call {number}")
    before, now = packages.values()
    revisions.check_runs_alone(partial(calls["before"], CHECKED), before, now)
    revisions.check_runs_alone(partial(calls["now"], CHECKED), now, before)


def flat(result: Any) -> dict[str, Any]:
    """Return a call's result as arrays by name."""
    found = result if isinstance(result, dict) else {"image": result}
    return {name: getattr(value, "array", value) for name, value in found.items()}


def calls_and_batches(packages: Packages, amount: Amount) -> Table:
    """Race single calls and batches of each policy."""
    rows = []
    for size, how in product(amount.sizes, ("call", f"batch of {BATCH}")):
        images = photographs(size, IMAGES)
        many = np.stack([images[number % IMAGES] for number in range(BATCH)])
        for policy in policies(augplug, size):
            if not amount.has(policy, how, size):
                continue
            made = {name: package.Augmenter(policies(package, size)[policy]) for name, package in packages.items()}
            calls: dict[str, Call] = {
                name: partial(single, augment, images) if how == "call" else partial(batch, augment, many)
                for name, augment in made.items()
            }
            check_equal(calls, packages, f"{policy}, {how}, {size}")
            images_a_call = 1 if how == "call" else BATCH
            passes = max(1, amount.calls(size) // images_a_call)
            times = race(calls, passes=passes, rounds=amount.rounds, clock=time.process_time)
            micros = [str(spread(times[name]).scaled(1e6 / images_a_call)) for name in packages]
            rows.append([policy, how, str(size), *micros, str(ratio(times, "before", "now"))])
    head = ("policy", "how", "size", "before us", "now us", "before / now")
    return Table("Calls and batches", head, rows, "CPU time of one image; above 1 the working tree is faster")


def targets_of(package: Any, size: int) -> dict[str, Any]:
    """Return one box, one mask and ten keypoints of an image, by keyword."""
    values = np.random.default_rng(0)
    return {
        "boxes": package.Boxes([[size * 0.25, size * 0.25, size * 0.75, size * 0.625]]),
        "mask": values.integers(0, 5, (size, size), dtype=np.uint8),
        "keypoints": package.Keypoints(values.uniform(0, size, (10, 2))),
    }


def _again(count: int, number: int) -> int:
    return number % count


def _shifted(first: int, number: int) -> int:
    return first + number


def target_calls(packages: Packages, policy: str, size: int, recurring: int) -> Iterator[tuple[str, dict[str, Call]]]:
    """Yield the calls of both versions for each kind of targets; `recurring` is the number of indices, 0 for any."""
    images = photographs(size, IMAGES)
    for place, (kind, names) in enumerate(TARGETS.items()):
        # Kinds have indices of their own: what one draws must not be in a cache when the next one draws it.
        index_of = partial(_again, recurring) if recurring else partial(_shifted, place * _APART)
        calls: dict[str, Call] = {}
        for version, package in packages.items():
            targets = {name: value for name, value in targets_of(package, size).items() if name in names}
            augment = package.Augmenter(policy)
            calls[version] = partial(with_targets, augment, images, targets, index_of)
        check_equal(calls, packages, f"{policy}, {kind}, {size}")
        yield kind, calls


def calls_with_targets(packages: Packages, amount: Amount) -> Table:
    """Race calls with targets, all kinds and both versions in turns."""
    draws = (("recurring", "autoaugment-cifar10", RECURRING), ("continuous", "hand-made", 0))
    rows = []
    for size, (shown, policy, recurring) in product([size for size in amount.sizes if size in TARGET_SIZES], draws):
        if not amount.has("targets", shown, policy, size):
            continue
        calls = {
            f"{version} {kind}": call
            for kind, both in target_calls(packages, policy, size, recurring)
            for version, call in both.items()
        }
        times = race(calls, passes=amount.calls(size) // 2 or 1, rounds=amount.rounds, clock=time.process_time)
        for kind in TARGETS:
            micros = [str(spread(times[f"{version} {kind}"]).scaled(1e6)) for version in packages]
            against = [str(ratio(times, f"{version} {kind}", f"{version} none")) for version in packages]
            gain = str(ratio(times, f"before {kind}", f"now {kind}"))
            rows.append([f"{shown} ({policy})", str(size), kind, *micros, gain, *against])
    head = ("draws", "size", "targets", "before us", "now us", "before / now", "before / none", "now / none")
    return Table("Calls with targets", head, rows, '"/ none" is the ratio to the same call without targets')


def markdown(table: Table) -> str:
    """Return a table in Markdown, with its title and note."""
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join([f"## {table.title}\n", *(f"| {' | '.join(line)} |" for line in lines), f"\n{table.note}\n"])


def run(revision: str, amount: Amount) -> Report:
    """Measure everything that is asked for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        revisions.extract(revision, folder, ROOT)
        revisions.rename(folder)
        packages = {"before": revisions.load(folder), "now": augplug}
        print(*(f"{version}: {package.__file__}" for version, package in packages.items()), sep="\n", file=sys.stderr)
        tables = [calls_and_batches(packages, amount), calls_with_targets(packages, amount)]
    return Report("before", f"{ABOUT} Before: revision {revision}.", [table for table in tables if table.rows])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Race an older revision of augplug against the working tree.")
    parser.add_argument("--before", default=REVISION, metavar="REV", help=f"the older revision ({REVISION})")
    parser.add_argument("--rows", default="", help="rows whose names, joined by spaces, contain this")
    parser.add_argument("--quick", action="store_true", help="10 rounds, half of the calls, 32 pixels only")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON of the other benchmarks to this file")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    amount = Amount(10, (32,), 0.5, given.rows) if given.quick else Amount(given.rounds, rows=given.rows)
    report = run(given.before, amount)
    for table in report.tables:
        print(markdown(table))
    print(f"{report.about}\n\n{machine()}; {versions(report.packages)}")
    if given.json:
        with given.json.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
            publish(report, as_json=True)


if __name__ == "__main__":
    main()
