"""The published policies: augplug, every peer that has them, and the sum of bare OpenCV kernels, in CPU time.

    python benchmarks/policies.py [--sizes 32,224,512,native] [--only randaugment] [--images noise] [--threads default]
                                  [--json]

What is raced is in `ABOUT`. Every pass draws anew, so that no pass can live on what the one before it remembered.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image as Pillow

import augplug

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks import bound
from benchmarks.peers import available as rivals
from benchmarks.peers.common import RAND, Peer
from benchmarks.photographs import NATIVE, Array, noise, photographs
from benchmarks.reporting import Report, publish
from benchmarks.standings import Race, standings
from benchmarks.timing import ROUNDS, race

ABOUT = (
    "The published policies on uint8 RGB images. `kernel sum`: the drawn steps as bare OpenCV calls with tables "
    "and matrices made beforehand, a yardstick and no rival. `ours`: the whole call `augment(image, index=i, "
    "epoch=e)`, draw and checks included; `batch`: the same by `augment.batch`; `numba`: ours on the backend of the "
    "plugin augplug-numba, where it is installed. `Pillow`: the same drawn steps "
    "through Pillow's own functions, bound beforehand, so that neither chance nor conversions count against it. "
    "The other libraries draw for themselves, each from and to the kind of image that it likes best (Kornia: a "
    "float32 batch of 8 with one draw). RandAugment's magnitude is nine tenths of the strongest everywhere; "
    "Albumentations' tables are its own transforms composed, with one sign for what goes to either side, and "
    "UnsharpMask for Sharpness."
)
TABLES = ("cifar10", "svhn", "imagenet")
WAYS = ("nearest", "linear")
RACES = {
    **{f"autoaugment-{table} {way}": (f"autoaugment-{table}", way) for way in WAYS for table in TABLES},
    "randaugment nearest": ("randaugment", "nearest"),
    "trivialaugment-wide nearest": ("trivialaugment-wide", "nearest"),
    "augmix linear": ("augmix", "linear"),
}
"""The policies and interpolations, as published, and the tables of AutoAugment both ways."""
PLANS = {32: 300, 224: 150, 512: 100, NATIVE: 100}
"""How many images an epoch of each size has, and so how many draws a pass."""
PASSES = {32: 4, 224: 2, 512: 1, NATIVE: 1}
_CHAINS = 4
"""AugMix does the work of this many policies, and has as many times fewer plans."""
_TURN = 0.1
"""Seconds that a library's turn should take, ..."""
_FEWEST = 16
"""... and how many images it goes over at least: a draw of each has its own price."""
_CHUNK = 50


class Turn(NamedTuple):
    """A contender's turn in a round: a function of the round, and how many images it goes over."""

    go: Callable[[int], object]
    images: int


def chained(plans: Sequence[Sequence[Sequence[bound.Kernel]]], images: Sequence[Any], passes: int, number: int) -> None:
    """Put every image through the chain that was drawn for it in each pass of a round."""
    for chains in plans[number * passes : (number + 1) * passes]:
        for image, chain in zip(images, chains, strict=True):
            if not chain:
                image.copy()
            for kernel in chain:
                image = kernel(image)


def called(augment: augplug.Augmenter, images: Sequence[Array], passes: int, number: int) -> None:
    """Augment every image in each pass of a round, one call an image."""
    for epoch in range(number * passes, (number + 1) * passes):
        for index, image in enumerate(images):
            augment(image, index=index, epoch=epoch)


def batched(augment: augplug.Augmenter, stacks: Sequence[Array], passes: int, number: int) -> None:
    """Augment every image in each pass of a round, one call a stack."""
    for epoch in range(number * passes, (number + 1) * passes):
        for place, stack in enumerate(stacks):
            augment.batch(stack, indices=range(place * _CHUNK, place * _CHUNK + len(stack)), epoch=epoch)


def own(policy: augplug.Policy, images: Sequence[Array], passes: int, rounds: int) -> dict[str, Turn]:
    """Return the contenders that all do what ours draws: the kernel sum, ours, ours by the batch, Pillow."""
    augment = augplug.Augmenter(policy)
    kernels: list[list[list[bound.Kernel]]] = []
    pillow: list[list[list[bound.Kernel]]] = []
    for epoch in range((rounds + 1) * passes):
        drawn = [augment.plan(image, index=index, epoch=epoch).items for index, image in enumerate(images)]
        for chains, bind, blend in (
            (kernels, bound.kernel_step, bound.kernel_blend),
            (pillow, bound.pillow_step, bound.pillow_blend),
        ):
            pairs = zip(drawn, images, strict=True)
            chains.append([bound.bind_all(items, image.shape[:2], bind, blend) for items, image in pairs])
    pictures = [Pillow.fromarray(image) for image in images]
    count = passes * len(images)
    turns = {
        "kernel sum": Turn(partial(chained, kernels, images, passes), count),
        "ours": Turn(partial(called, augment, images, passes), count),
        "Pillow": Turn(partial(chained, pillow, pictures, passes), count),
    }
    if "numba" in augplug.backends():
        turns["numba"] = Turn(partial(called, augplug.Augmenter(policy, backend="numba"), images, passes), count)
    if len({image.shape for image in images}) == 1:
        stacks = [np.stack(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)]
        turns["batch"] = Turn(partial(batched, augment, stacks, passes), count)
    return turns


def self_drawing(call: Callable[[Any], object], peer: Peer, images: Sequence[Array]) -> Turn:
    """Return a library that draws for itself: as many images a round as fit into its turn."""
    stacks = [np.stack(images[start : start + peer.batch]) for start in range(0, len(images), peer.batch)]
    taken = [peer.take(stack if peer.batch > 1 else stack[0]) for stack in stacks if len(stack) == peer.batch]
    start = time.thread_time()
    for image in taken[:_FEWEST]:
        call(image)
    each = (time.thread_time() - start) / len(taken[:_FEWEST])
    calls = max(_FEWEST // peer.batch, min(len(taken) * 4, int(_TURN / each)))

    def go(number: int) -> None:
        for place in range(number * calls, (number + 1) * calls):
            call(taken[place % len(taken)])

    return Turn(go, calls * peer.batch)


@cache
def _peers(way: str) -> tuple[dict[str, Peer], list[str]]:
    return rivals.available(rivals.POLICIES, way)


def run(name: str, size: int, given: argparse.Namespace) -> tuple[Race, list[str]]:
    """Race everybody who has one policy, on images of one size."""
    known, way = RACES[name]
    policy = augplug.policy(known, **({"n": RAND[0], "m": RAND[1]} if known == "randaugment" else {}))
    policy = replace(policy, defaults={**policy.defaults, "interpolation": way})
    count = PLANS[size] // (_CHAINS if known == "augmix" else 1)
    images = {"photographs": photographs, "noise": noise}[given.images](size, count)
    turns = own(policy, images, PASSES[size], given.rounds)
    peers, skipped = _peers(way)
    missing = list(skipped)
    for library, peer in peers.items():
        if known not in peer.calls:
            missing.append(f"{library}: has no {name}")
        elif size == NATIVE and peer.batch > 1:
            missing.append(f"{library}: photographs of many sizes make no batch")
        else:
            turns[library] = self_drawing(peer.calls[known], peer, images)
    clock = time.thread_time if given.threads == "one" else time.perf_counter
    times = race({key: turn.go for key, turn in turns.items()}, rounds=given.rounds, clock=clock)
    micros = {key: [1e6 * taken / turn.images for taken in times[key]] for key, turn in turns.items()}
    return Race(known, way, size, micros), missing


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="Race the published policies against other libraries.")
    parser.add_argument("--sizes", default="32,224,512,native", help="sides of the images, in pixels (default: all)")
    parser.add_argument("--only", default="", help="races whose names start with one of these: " + ", ".join(RACES))
    parser.add_argument("--images", choices=("photographs", "noise"), default="photographs")
    parser.add_argument("--threads", choices=("one", "default"), default="one", help="default: in time of the wall")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print JSON, for the page of results")
    return parser.parse_args()


def main() -> None:
    """Race, and print the figures."""
    given = arguments()
    if given.threads == "one":
        rivals.single_threaded()
    races, missing = [], []
    for size in [NATIVE if size == "native" else int(size) for size in given.sizes.split(",")]:
        for name in [name for name in RACES if name.startswith(tuple(given.only.split(",")))]:
            found, without = run(name, size, given)
            races.append(found)
            missing += without
    tables, bars = standings(races)
    about = f"{ABOUT} Images: {given.images}; threads: {given.threads}."
    skipped = list(dict.fromkeys(missing))
    publish(Report("policies", about, tables, bars, skipped, rivals.PACKAGES_OF_POLICIES), as_json=given.json)


if __name__ == "__main__":
    main()
