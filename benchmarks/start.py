"""What it costs to begin: CPU time in fresh processes, and the third-party modules that are imported on the way.

    python benchmarks/start.py [--processes 9] [--json]

Python's own start is not counted. The bytecode is compiled already, as it is after an installation. Each process is
started anew; the cases take turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks.timing import ROUNDS, Spread, spread, table  # pylint: disable=wrong-import-position  # as said

FIRST_CALL = (
    "import augplug, numpy; augplug.Augmenter('randaugment', seed=0)(numpy.zeros((32, 32, 3), 'uint8'), index=0)"
)
CASES = {
    "import augplug": "import augplug",
    "augplug --help": "from augplug.cli import main; main(['--help'])",
    "import numpy": "import numpy",
    'first Augmenter("randaugment") and a call': FIRST_CALL,
}
PEERS = {"albumentations": "import albumentations"}
"""What others cost, where they are installed: package -> code."""
CHILD = """
import json, sys, time
before, start = set(sys.modules), time.process_time()
exec(sys.argv[1])
taken = time.process_time() - start
names = {name.partition(".")[0] for name in set(sys.modules) - before} - {"augplug", *sys.stdlib_module_names}
print(json.dumps([taken, sorted(name for name in names if name[0] != "_")]), file=sys.stderr)
"""


def cases() -> dict[str, str]:
    """Return what is measured; peers that are not here are left out, with a note."""
    found = dict(CASES)
    for package, code in PEERS.items():
        if find_spec(package) is None:
            print(f"{package} is not installed here and is left out", file=sys.stderr)
        else:
            found[code] = code
    return found


def fresh(code: str) -> tuple[float, list[str]]:
    """Run code in a new process; return its CPU seconds and the top-level third-party modules it imported."""
    command = [sys.executable, "-W", "ignore", "-c", CHILD, code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, modules = json.loads(ended.stderr.splitlines()[-1])
    return float(seconds), list(modules)


def measure(codes: dict[str, str], processes: int) -> dict[str, tuple[Spread, Sequence[str]]]:
    """Return milliseconds and modules of each case; a first round fills the disk's cache and is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in codes}
    modules: dict[str, list[str]] = {}
    for turn in range(processes + 1):
        for name, code in codes.items():
            seconds, modules[name] = fresh(code)
            if turn:
                taken[name].append(1000 * seconds)
    return {name: (spread(taken[name]), modules[name]) for name in codes}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure what it costs to begin, in CPU time of fresh processes.")
    parser.add_argument("--processes", type=int, default=ROUNDS, help="how many processes a case")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    found = measure(cases(), given.processes)
    if given.json:
        results: list[dict[str, Any]] = [
            {"name": name, "ms": asdict(taken), "modules": modules} for name, (taken, modules) in found.items()
        ]
        print(json.dumps(results, indent=1))
        return
    rows = [(name, taken, " ".join(modules)) for name, (taken, modules) in found.items()]
    print(table(("", "CPU ms", "third-party modules"), rows))
    print(f"\nmedian (quartiles) of {given.processes} fresh processes; Python's own start is not counted")


if __name__ == "__main__":
    main()
