"""A program for test_draw: draws in forked and spawned processes, printed as JSON.

It is a program because pytest's workers and numeric libraries have threads, and a process with threads that forks may
hang. Here nothing has started a thread before the fork.

    python tests/processes.py shards {fork|spawn} COUNT     draws of 1,000 indices, backwards, over COUNT shards
    python tests/processes.py keys                          keys of unnumbered calls here and in two forked children
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from multiprocessing.connection import Connection

import numpy as np

import augplug

INDICES = 1000
IMAGE = np.zeros((4, 4, 3), dtype=np.uint8)
Key = tuple[int, int]


def policy() -> augplug.Policy:
    """Return a policy whose draws never recur."""
    rotate, cutout = augplug.step("Rotate", degrees=(-30, 30)), augplug.step("Cutout", size=0.5)
    return augplug.Policy(augplug.sequence(rotate, cutout, augplug.step("Color", factor=(0.1, 1.9))))


def drawn(made: object, index: int, epoch: int = 0, seed: int = 7) -> str:
    """Return what one call draws, as text."""
    augment = augplug.Augmenter(made, seed=seed, backend="reference")  # type: ignore[arg-type]  # any form of a policy
    return json.dumps(json.loads(augment.plan(IMAGE, index=index, epoch=epoch).to_json())["steps"])


def shard(arguments: tuple[int, int]) -> dict[int, str]:
    """Draw every `count`-th index, from the last to the first."""
    number, count = arguments
    made = policy()
    return {index: drawn(made, index) for index in reversed(range(number, INDICES, count))}


def keys(augment: augplug.Augmenter, count: int) -> list[Key]:
    """Return the keys of calls without an index."""
    return [(key["process"], key["count"]) for key in (augment.plan(IMAGE).key for _ in range(count))]


def send_keys(to: Connection, augment: augplug.Augmenter) -> None:
    """Send the keys of a child that inherited the count."""
    to.send(keys(augment, 100))


def forked_keys() -> list[Key]:
    """Return the keys of 200 calls here and 100 in each of two children."""
    augment = augplug.Augmenter(policy(), seed=7, backend="reference")
    seen = keys(augment, 200)
    context = multiprocessing.get_context("fork")
    for _ in range(2):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=send_keys, args=(sender, augment))
        child.start()
        seen += receiver.recv()
        child.join()
    return seen


def main() -> None:
    """Print what was asked for."""
    if sys.argv[1] == "keys":
        sys.stdout.write(json.dumps(forked_keys()))
        return
    count = int(sys.argv[3])
    with multiprocessing.get_context(sys.argv[2]).Pool(2) as pool:
        parts = pool.map(shard, [(number, count) for number in range(count)])
    sys.stdout.write(json.dumps({index: text for part in parts for index, text in part.items()}))


if __name__ == "__main__":
    main()
