"""Count the Python functions of augplug that one call visits: `python tools/count_functions.py [--check] [--list]`.

Every function on the path of a call is one that a reader of the call has to know. A function is a code object whose
file lies in the package: methods, properties and lambdas count, and so do comprehensions and generator expressions,
which Python 3.11 compiles to code objects of their own. Functions written in C, of other packages, and those that
`dataclass` generates do not count. Each function counts once, however often it is called.

A row is measured on the third call with the same Augmenter and index, when everything that is cached is cached. With
`--check` the exit status is 1 if a row is above its limit, two thirds of its baseline; `--list` prints the functions.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeAlias

import numpy as np

import augplug

Call: TypeAlias = Callable[[], object]
POLICY, SEED = "autoaugment-cifar10", 0
SIZE = 32
INDEX = 10
"""The index of the single calls: it draws a translation and a change of contrast."""
INDICES = (10, 0, 3, 4, 21, 25, 28, 29)
"""The indices of the batch: each draws at least one operation."""
WARM_UP = 2
BASELINE: Mapping[str, int] = {"call": 17, "batch": 44, "call with mask and boxes": 76, "replay": 64}
"""Functions at commit 64cb36d: what this tool printed with the package of that commit first on PYTHONPATH, CPython
3.11 and the OpenCV backend."""


def visited(call: Call, folder: Path) -> frozenset[CodeType]:
    """Return the code objects of files below `folder` that run during the call."""
    found: set[CodeType] = set()

    def record(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            found.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(record)
    try:
        call()
    finally:
        sys.setprofile(before)
    return frozenset(code for code in found if Path(code.co_filename).is_relative_to(folder))


def rows() -> dict[str, Call]:
    """Return the measured calls by the name of their row."""
    values = np.random.default_rng(0)
    images = values.integers(0, 256, (len(INDICES), SIZE, SIZE, 3), dtype=np.uint8)
    image, mask = images[0], values.integers(0, 5, (SIZE, SIZE), dtype=np.uint8)
    boxes = augplug.Boxes([[4, 4, 20, 24], [10, 2, 30, 16]], labels=[0, 1])
    alone, many, with_targets = (augplug.Augmenter(POLICY, seed=SEED) for _ in range(3))
    for index in INDICES:
        if not operations_of(alone, image, index):
            raise SystemExit(f"index {index} of {POLICY} draws no operation: choose another one in this tool")
    plan = alone.plan(image, index=INDEX)
    return {
        "call": lambda: alone(image, index=INDEX),
        "batch": lambda: many.batch(images, indices=INDICES),
        "call with mask and boxes": lambda: with_targets(image=image, mask=mask, boxes=boxes, index=INDEX),
        "replay": lambda: augplug.replay(plan, image),
    }


def operations_of(augment: augplug.Augmenter, image: Any, index: int) -> list[str]:
    """Return the names of the operations that an index draws."""
    steps = json.loads(augment.plan(image, index=index).to_json())["steps"]
    return [step["op"] for step in steps]


def measure() -> dict[str, list[str]]:
    """Return the functions of each row, as `module:line name`, in order."""
    folder = Path(augplug.__file__).parent
    found: dict[str, list[str]] = {}
    for name, call in rows().items():
        for _ in range(WARM_UP):
            call()
        found[name] = sorted(_shown(code, folder) for code in visited(call, folder))
    return found


def _shown(code: CodeType, folder: Path) -> str:
    return f"{Path(code.co_filename).relative_to(folder).as_posix()}:{code.co_firstlineno} {code.co_qualname}"


def limit(baseline: int) -> int:
    """Return the largest number of functions that `--check` accepts."""
    return baseline * 2 // 3


def table(found: Mapping[str, Sequence[str]]) -> str:
    """Return the counts beside their baselines and limits."""
    head = ("row", "64cb36d", "now", "limit")
    lines = [(name, str(before), str(len(found[name])), str(limit(before))) for name, before in BASELINE.items()]
    return "\n".join(f"{row:<26}{old:>8}{now:>6}{most:>7}" for row, old, now, most in (head, *lines))


def main(arguments: Sequence[str]) -> int:
    """Print the table or the functions; return the exit status."""
    parser = argparse.ArgumentParser(description="Count the Python functions of augplug that one call visits.")
    parser.add_argument("--check", action="store_true", help="exit with status 1 if a row is above its limit")
    parser.add_argument("--list", action="store_true", help="print the functions of each row")
    given = parser.parse_args(arguments)
    found = measure()
    if given.list:
        for name, functions in found.items():
            print("\n  ".join([f"{name}: {len(functions)}", *functions]))
    print(table(found))
    above = [name for name, before in BASELINE.items() if len(found[name]) > limit(before)]
    if given.check and above:
        print(f"above the limit: {', '.join(above)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
