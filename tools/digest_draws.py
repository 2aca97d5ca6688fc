"""Digest what augplug draws and renders, so that two versions of it can be compared bit for bit.

    python tools/digest_draws.py --write before.json          with the first version installed, or first on PYTHONPATH
    python tools/digest_draws.py --against before.json        with the second: lists the cases that differ, then exits 1

A case is one operation, policy or sequence of operations with one backend, fuse mode, dtype and number of channels. Its
columns are SHA-256 digests of the pixels, of the draws (plans as JSON) and of the targets, whose numbers are rounded to
9 decimals. An exception counts as a result: its type's name is part of the digest. Digests depend on the versions of
numpy and OpenCV and on the machine's instruction set, so compare only files of one machine.
About 64,000 draws, in half a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, product
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from PIL import Image

import augplug

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from tools import digest_cases as cases
from tools.digest_cases import CLASSES, Subject

Run: TypeAlias = Callable[["Digests"], None]
Rows: TypeAlias = dict[str, dict[str, str]]
BACKENDS = ("reference", "opencv")
FUSE_MODES = ("none", "exact")
CHANNELS = {"uint8": (1, 3, 4), "uint16": (1, 3), "float32": (1, 3, 4), "float64": (1, 3)}
"""Numbers of channels by dtype; one channel is an image `(H, W)`."""
SIZES = ((32, 32), (28, 36))
LARGE = (224, 256)
"""A size at which the OpenCV backend chooses other kernels."""
DRAWS = 8
"""Draws of a case; the image's size, its place in memory and the interpolation change from draw to draw."""
LAYOUTS: tuple[Literal["HWC", "CHW"], ...] = ("HWC", "CHW")
BATCH = 8
SEED = 7
TARGETS = (("mask", "masks", "boxes", "keypoints", "label"), ("boxes", "label"), ("label",))
COLUMNS = ("pixels", "draws", "targets")


@dataclass
class Digests:
    """The digests of one case, updated draw by draw."""

    pixels: Any = field(default_factory=hashlib.sha256)
    draws: Any = field(default_factory=hashlib.sha256)
    targets: Any = field(default_factory=hashlib.sha256)
    count: int = 0

    def row(self, *, with_targets: bool) -> dict[str, str]:
        """Return the digests by column; the empty string for targets if the case has none."""
        found = {name: getattr(self, name).hexdigest() for name in COLUMNS}
        return found if with_targets else {**found, "targets": ""}


def add(digest: Any, value: Any) -> None:
    """Add a result to a digest: arrays with dtype and shape, boxes, keypoints, containers, numbers and texts."""
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype} {value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        for name, one in value.items():
            digest.update(f"{name}:".encode())
            add(digest, one)
    elif isinstance(value, Image.Image):
        add(digest, [value.mode, np.asarray(value)])
    elif isinstance(value, augplug.Boxes):
        add(digest, [value.format, rounded(value.array), value.labels])
    elif isinstance(value, augplug.Keypoints):
        add(digest, [rounded(value.array), value.visible])
    elif isinstance(value, list | tuple):
        digest.update(f"[{len(value)}]".encode())
        for one in value:
            add(digest, one)
    else:
        digest.update(repr(value).encode())


def rounded(value: Any) -> Any:
    """Return floating-point numbers rounded to 9 decimals, -0 as 0; anything else unchanged."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.round(value, 9) + 0.0
    return value


def attempt(digest: Any, call: Callable[[], Any]) -> Any:
    """Add the result of a call, or the type of its exception, to a digest; return the result."""
    try:
        made = call()
    except Exception as error:  # noqa: BLE001  # a crash of the other version is a difference to report, not an end
        digest.update(f"raised {type(error).__name__}".encode())
        return None
    add(digest, made)
    return made


class Calls:
    """The calls of one subject with one backend, fuse mode and output."""

    def __init__(self, subject: Subject, **settings: Any) -> None:
        """Make an Augmenter of each policy of the subject."""
        self._mixes = subject.mixes
        self._augmenters = [
            augplug.Augmenter(policy, seed=SEED, classes=CLASSES, **settings) for policy in subject.policies
        ]

    def singles(self, dtype: str, channels: int, made: Digests) -> None:
        """Digest single calls and their plans, each draw on two images, and one replay of a saved plan."""
        for number, augment in self._turns():
            given = cases.image(number, SIZES[number // 2 % len(SIZES)], channels, dtype)
            partner = cases.image(number + DRAWS, given.shape[:2], channels, dtype)
            more = {"partner": partner} if self._mixes else {}
            attempt(made.pixels, partial(augment, given, index=number, **more))
            plan = attempt(made.draws, partial(written, augment, given, number, **more))
            # What a draw left in caches is used when it recurs on another image.
            attempt(made.pixels, partial(augment, partner, index=number, **more))
            if number == 0 and plan is not None:
                attempt(made.pixels, partial(replayed, plan, given, **more))
            made.count += 2

    def large(self, dtype: str, channels: int, made: Digests) -> None:
        """Digest a call of each policy on a large image."""
        for number, augment in enumerate(self._augmenters):
            given, other = (cases.image(one, LARGE, channels, dtype) for one in (number, number + 1))
            more = {"partner": other} if self._mixes else {}
            attempt(made.pixels, partial(augment, given, index=number, **more))
            made.count += 1

    def pillow(self, made: Digests) -> None:
        """Digest calls on Pillow images, which return Pillow images."""
        for number, augment in self._turns():
            given, other = (Image.fromarray(cases.image(one, SIZES[0], 3, "uint8")) for one in (number, number + 1))
            more = {"partner": other} if self._mixes else {}
            attempt(made.pixels, partial(augment, given, index=number, **more))
            made.count += 1

    def batches(self, dtype: str, channels: int, made: Digests) -> None:
        """Digest a batch of each policy, and the plans of its images."""
        images = np.stack([cases.image(number, SIZES[0], channels, dtype) for number in range(BATCH)])
        for threads, augment in enumerate(self._augmenters, start=1):
            attempt(made.pixels, partial(augment.batch, images, indices=range(BATCH), threads=threads))
            for number in range(BATCH):
                attempt(made.draws, partial(written, augment, images[number], number))
            made.count += BATCH

    def with_targets(self, dtype: str, channels: int, made: Digests) -> None:
        """Digest single calls and a batch with the targets of each row of TARGETS: a draw may refuse some kinds."""
        for names in TARGETS:
            self._with_targets(("image", *names), dtype, channels, made)

    def _with_targets(self, names: Sequence[str], dtype: str, channels: int, made: Digests) -> None:
        samples = []
        for number, augment in self._turns():
            size = SIZES[number // 2 % len(SIZES)]
            sample, other = (
                {name: value for name, value in cases.sample(one, size, channels, dtype).items() if name in names}
                for one in (number, number + DRAWS)
            )
            more = {"partner": other} if self._mixes else {}
            split(made, partial(augment, index=number, **more, **sample))
            attempt(made.draws, partial(written, augment, sample["image"], number))
            samples += [sample] if size == SIZES[0] else []
            made.count += 1
        columns: dict[str, Any] = {name: [sample[name] for sample in samples] for name in samples[0]}
        images = np.stack(columns.pop("image"))
        split(made, partial(self._augmenters[0].batch, images, indices=range(len(samples)), **columns))
        made.count += len(samples)

    def _turns(self) -> Iterator[tuple[int, augplug.Augmenter]]:
        for number in range(DRAWS):
            yield number, self._augmenters[number % len(self._augmenters)]


def written(augment: augplug.Augmenter, image: Any, index: int, **more: Any) -> str:
    """Return the plan of a call as JSON."""
    return augment.plan(image, index=index, **more).to_json()


def replayed(plan: str, image: Any, **more: Any) -> Any:
    """Return what a saved plan gives on an image."""
    return augplug.replay(augplug.load_plan(plan), image, **more)


def split(made: Digests, call: Callable[[], Any]) -> None:
    """Add the image of a call's result to the pixels, and the rest to the targets."""
    unused = hashlib.sha256()
    result = attempt(unused, call)
    if result is None:
        made.pixels.update(unused.digest())  # holds the type of the exception
        return
    add(made.pixels, result.pop("image"))
    add(made.targets, result)


def all_cases() -> Iterator[tuple[str, Run]]:
    """Yield the cases in order: a name, and what updates its digests."""
    subjects = list(chain(cases.operations(), cases.named(), cases.sequences()))
    for subject, backend, fuse in product(subjects, BACKENDS, FUSE_MODES):
        calls = Calls(subject, backend=backend, fuse=fuse)
        name = f"{subject.name} {backend} {fuse}"
        for dtype, counts in CHANNELS.items():
            for channels in counts:
                yield f"{name} single {dtype} {channels}", partial(calls.singles, dtype, channels)
        for dtype, channels in (("uint8", 3), ("uint8", 1), ("float32", 3)):
            yield f"{name} large {dtype} {channels}", partial(calls.large, dtype, channels)
        yield f"{name} targets uint8 3", partial(calls.with_targets, "uint8", 3)
        if fuse == "exact":
            yield f"{name} pillow uint8 3", calls.pillow
            for dtype, channels in (("uint8", 3), ("uint8", 1), ("float32", 3)):
                yield f"{name} batch {dtype} {channels}", partial(calls.batches, dtype, channels)
    for subject, backend, layout in product(cases.sequences(), BACKENDS, LAYOUTS):
        calls = Calls(subject, backend=backend, output=augplug.Output((0.5, 0.4, 0.3), 0.25, layout))
        for dtype in CHANNELS:
            yield f"{subject.name} {backend} {layout} single {dtype} 3", partial(calls.singles, dtype, 3)
        yield f"{subject.name} {backend} {layout} batch uint8 3", partial(calls.batches, "uint8", 3)
        yield f"{subject.name} {backend} {layout} targets uint8 3", partial(calls.with_targets, "uint8", 3)


def measure(only: str) -> Rows:
    """Digest the cases whose names start with `only`; print a line for each, and the total."""
    start, draws, rows, total = time.perf_counter(), 0, Rows(), hashlib.sha256()
    for name, run in all_cases():
        if not name.startswith(only):
            continue
        made = Digests()
        run(made)
        rows[name] = made.row(with_targets=" targets " in name)
        draws += made.count
        line = "  ".join(rows[name].values())
        total.update(f"{name}  {line}\n".encode())
        print(f"{name:<60}{'  '.join(value[:16] for value in rows[name].values())}")
    seconds = time.perf_counter() - start
    print(f"total {total.hexdigest()}: {len(rows)} cases, {draws} draws, {seconds:.0f} s, {augplug.__file__}")
    return rows


def differences(rows: Rows, before: Rows) -> list[str]:
    """Return a line for each case that differs, with the columns that do, or that only one side has."""
    found = []
    for name in sorted({*rows, *before}):
        if name not in rows or name not in before:
            found.append(f"{name}: only {'before' if name in before else 'now'}")
        elif rows[name] != before[name]:
            found.append(f"{name}: {', '.join(key for key in COLUMNS if rows[name][key] != before[name][key])}")
    return found


def main(arguments: Sequence[str]) -> int:
    """Digest, write or compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose names start with this")
    parser.add_argument("--write", type=Path, metavar="FILE", help="save the digests as JSON")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with digests that were saved")
    given = parser.parse_args(arguments)
    rows = measure(given.only)
    if given.write:
        given.write.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if not given.against:
        return 0
    before: Rows = json.loads(given.against.read_text(encoding="utf-8"))
    found = differences(rows, {name: row for name, row in before.items() if name.startswith(given.only)})
    print("\n".join([*found, f"{len(found)} of {len(rows)} cases differ from {given.against}"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
