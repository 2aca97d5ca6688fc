"""Every operation beside those of Albumentations, torchvision and Pillow, in CPU time of one thread.

    python benchmarks/ops.py [--sizes 32,224,512,500x750] [--only Rotate,Resize] [--rounds 9] [--json]

What is raced is in `ABOUT`; the settings of ours are in `contests.py`, those of the others in `peers`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug._backends import default_backend
from augplug._pipeline.cache import Programs
from augplug._pipeline.render import Renderer
from augplug._sample.image import check_image

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks import kinds, verdicts
from benchmarks.contests import LAYOUTS, MIXES, ON_NUMBA, contests
from benchmarks.peers import available as rivals
from benchmarks.peers import opencv
from benchmarks.peers.common import IMAGES, MEAN, STD, Peer
from benchmarks.photographs import Array, photographs
from benchmarks.reporting import Report, publish
from benchmarks.timing import ROUNDS, race

ABOUT = (
    "Every operation on uint8 RGB photographs, in microseconds of CPU a call (of a batch of 8: an image), one "
    "thread. `ours` is an Augmenter of one step at p = 1, its draw and checks included; `ours on numba` the same on "
    "the backend of the plugin augplug-numba, where that is installed and renders the operation itself, by bars of its "
    "own: all others are those of the default backend. Each library is given its "
    "own kind of image (Pillow's, uint8 tensors, arrays), so that no conversion counts, and the settings that "
    "make the same work; where no setting does, it is left out. `OpenCV` is the limit where one bare call does "
    "the work: no rival, it draws and checks nothing. timm's operations are Pillow's; Kornia's are left to the "
    "race of the policies."
)
_PIXELS = 1_200_000
"""Pixels of one turn of a contender."""
_LONGEST = 0.1
"""Who needs more seconds for one call is told apart without a race."""


def ours(name: str, size: int, backend: str | None = None) -> Callable[[Any, int], Any]:
    """Return what is raced: an Augmenter of one step, or the last step alone."""
    if name in LAYOUTS:
        return partial(_finished, output=augplug.Output(MEAN, STD, LAYOUTS[name]), programs={})  # type: ignore[arg-type]  # a layout
    if name in MIXES:
        op, fields = MIXES[name]
        augment = augplug.Augmenter(augplug.Policy(augplug.step(op, **fields)), classes=10, backend=backend)
        return lambda images, number: augment.batch(
            images, indices=range(number * IMAGES, (number + 1) * IMAGES), label=range(IMAGES)
        )
    op, fields = contests(size)[name]
    augment = augplug.Augmenter(augplug.Policy(augplug.step(op, **fields)), backend=backend)
    return lambda image, number: augment(image, index=number)


def _finished(image: Array, _number: int, output: augplug.Output, programs: dict[Any, Any]) -> Any:
    """Normalise as an Augmenter does: check, find the prepared program, run it."""
    image = check_image(image)
    program = programs.get(image.shape)
    if program is None:
        program = programs[image.shape] = Programs(Renderer("exact", default_backend(), output)).of((), image)
    return program.run(image)


def contest(name: str, size: int, peers: dict[str, Peer], rounds: int) -> tuple[verdicts.Contest, list[str]]:
    """Race one operation at one size against those who have it; of those who cannot here, say why."""
    images: Sequence[Any] = photographs(size, IMAGES)
    share = 1
    if name in MIXES:
        images, share = [np.stack(images)], IMAGES
    contenders: dict[str, Callable[[int], object]] = {"ours": partial(_augmented, ours(name, size), images)}
    if size <= ON_NUMBA.get(name, 0) and "numba" in augplug.backends():
        contenders[verdicts.NUMBA] = partial(_augmented, ours(name, size, "numba"), images)
    skipped = []
    for library, peer in peers.items():
        if name not in peer.calls:
            continue
        own = [peer.takes.get(name, peer.take)(image) for image in images]
        start = time.thread_time()
        try:
            peer.calls[name](own[0])
        except (RuntimeError, ValueError) as error:  # torchvision's elastic blur is wider than a small image
            skipped.append(f"{library}: {name} at {size}: {error}")
            continue
        taken = time.thread_time() - start
        if taken > _LONGEST:
            skipped.append(f"{library}: {name} at {size}: one call takes about {1000 * taken:.0f} milliseconds")
            continue
        contenders[library] = partial(_called, peer.calls[name], own)
    passes = max(4, min(400, _PIXELS // (size**2 * share)))
    times = race(contenders, passes=passes, rounds=rounds)
    micros = {library: [1e6 * value / share for value in taken] for library, taken in times.items()}
    return verdicts.Contest(name, size, micros), skipped


def _augmented(mine: Callable[[Any, int], object], images: Sequence[Any], number: int) -> object:
    return mine(images[number % len(images)], number)


def _called(operation: Callable[[Any], object], images: Sequence[Any], number: int) -> object:
    return operation(images[number % len(images)])


def names() -> list[str]:
    """Return every contest, in the order of the operations; refuse to run when an operation has none."""
    found = [*contests(224), *MIXES]
    without = {name for name in augplug.operations() if ":" not in name} - {name.partition(" ")[0] for name in found}
    if without:
        raise SystemExit(f"benchmarks/contests.py has no contest for {', '.join(sorted(without))}")
    return [*found, *LAYOUTS]


def main() -> None:
    """Race, and print the figures."""
    parser = argparse.ArgumentParser(description="Race every operation against other libraries, in CPU time.")
    parser.add_argument(
        "--sizes",
        default=f"32,224,512,{kinds.SIZE}",
        help=f"of 32, 224, 512, and {kinds.SIZE} for other kinds of images",
    )
    parser.add_argument("--only", default="", help="contests whose names start with one of these")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print JSON, for the page of results")
    given = parser.parse_args()
    rivals.single_threaded()
    results, skipped = [], []
    sizes, only = given.sizes.split(","), given.only.split(",")
    for size in [int(size) for size in sizes if size != kinds.SIZE]:
        peers, missing = rivals.available(rivals.OPERATIONS, size)
        skipped += missing
        for name in [name for name in names() if name.startswith(tuple(only))]:
            found, without = contest(name, size, {**peers, verdicts.LIMIT: opencv.operations(size)}, given.rounds)
            results.append(found)
            skipped += without
    tables, bars = verdicts.judged(results) if results else ([], [])
    if kinds.SIZE in sizes:
        more, asked, missing = kinds.tables(only, given.rounds)
        tables, bars, skipped = tables + more, bars + asked, skipped + missing
    name, about = ("ops", ABOUT) if results else ("kinds", kinds.ABOUT)
    packages = rivals.PACKAGES if results else rivals.PACKAGES_OF_KINDS
    report = Report(name, about, tables, bars, list(dict.fromkeys(skipped)), packages)
    publish(report, as_json=given.json)


if __name__ == "__main__":
    main()
