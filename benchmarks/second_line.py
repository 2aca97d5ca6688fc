"""What the audit hook of the second line costs: events of warm calls, and the ratio of their times with it and without.

    python benchmarks/second_line.py [--rounds 9]

Each measurement is a process of its own, since a hook cannot be taken out again; the two kinds take turns. `start` is
a fresh process up to its first calls.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import augplug

CALLS, TIMED = 500, 3000
WARM = 50


def child(*, watched: bool) -> dict[str, Any]:
    """Return the events of 500 warm calls, the CPU seconds of one, and those of the process until then."""
    augplug.operations()  # the hook is installed with the first plugin, when augplug itself is there
    if watched:
        from augplug.gate.runtime import Owner, watch

        watch(Owner("nobody", frozenset(), frozenset(), ("/nowhere/",), frozenset()))
    augment = augplug.Augmenter("randaugment", seed=0)
    image = np.zeros((32, 32, 3), np.uint8)
    for index in range(WARM):
        augment(image, index=index)
    until = time.process_time()
    start = time.process_time()
    for index in range(TIMED):
        augment(image, index=index)
    seconds = (time.process_time() - start) / TIMED
    events: list[str] = []
    sys.addaudithook(lambda event, _: events.append(event))  # last, since it stays
    for index in range(CALLS):
        augment(image, index=index)
    return {"events": len(events), "call": seconds, "start": until}


def measured(kind: str) -> dict[str, Any]:
    """Run a child."""
    ended = subprocess.run([sys.executable, __file__, "--child", kind], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; exit status 1 if warm calls raise events."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--child", choices=("watched", "plain"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(child(watched=options.child == "watched")))
        return 0
    pairs = [(measured("watched"), measured("plain")) for _ in range(options.rounds)]
    most = max(one["events"] for pair in pairs for one in pair)
    print(f"{CALLS} warm calls raise {most} events")
    for what in ("call", "start"):
        low, ratio, high = np.quantile([watched[what] / plain[what] for watched, plain in pairs], (0.25, 0.5, 0.75))
        print(f"{what}: {ratio:.3f} times the CPU time with the hook (quartiles {low:.3f}-{high:.3f})")
    return 1 if most else 0


if __name__ == "__main__":
    sys.exit(main())
