"""What it costs to begin: CPU time in fresh processes, and the third-party modules that are imported on the way.

    python benchmarks/start.py [--processes 9] [--json]

Some are started with 20 plugins installed, each of one operation. Python's own start is not counted. The bytecode is
compiled already, as it is after an installation. Each process is started anew; the cases take turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

# pylint: disable=wrong-import-position  # as said
from benchmarks.installing import environment_of, install_good
from benchmarks.reporting import Bar, Report, Table, publish
from benchmarks.timing import ROUNDS, Spread, spread

FIRST_CALL = (
    "import augplug, numpy; augplug.Augmenter('randaugment', seed=0)(numpy.zeros((32, 32, 3), 'uint8'), index=0)"
)
CASES = {
    "import augplug": "import augplug",
    "augplug --help": "from augplug.cli import main; main(['--help'])",
    "import numpy": "import numpy",
    'first Augmenter("randaugment") and a call': FIRST_CALL,
}
PLUGINS = 20
WITH_PLUGINS = ("import augplug", 'first Augmenter("randaugment") and a call')
"""Which cases are raced with plugins too."""
BOUNDS = {"import augplug": 200.0, f"import augplug, {PLUGINS} plugins": 250.0}
"""The bars, in milliseconds."""
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


def cases() -> tuple[dict[str, str], list[str]]:
    """Return what is measured, and a note on each peer that is not here."""
    there = {code: code for package, code in PEERS.items() if find_spec(package) is not None}
    skipped = [f"{package} is not installed here" for package in PEERS if find_spec(package) is None]
    return {**CASES, **there}, skipped


def fresh(code: str, site: Path | None = None) -> tuple[float, list[str]]:
    """Run code in a new process, with plugins from `site`; return its CPU seconds and the third-party modules."""
    command = [sys.executable, "-W", "ignore", "-c", CHILD, code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment_of(site))
    seconds, modules = json.loads(ended.stderr.splitlines()[-1])
    return float(seconds), list(modules)


def measure(codes: Mapping[str, tuple[str, Path | None]], processes: int) -> dict[str, tuple[Spread, Sequence[str]]]:
    """Return milliseconds and modules of each case; a first round fills the disk's cache and is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in codes}
    modules: dict[str, list[str]] = {}
    for turn in range(processes + 1):
        for name, (code, site) in codes.items():
            seconds, modules[name] = fresh(code, site)
            if turn:
                taken[name].append(1000 * seconds)
    return {name: (spread(taken[name]), modules[name]) for name in codes}


def run(processes: int) -> Report:
    """Measure every case, those with plugins beside those without."""
    plain, skipped = cases()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        install_good(site, PLUGINS)
        codes: dict[str, tuple[str, Path | None]] = {}
        for name, code in plain.items():
            codes[name] = (code, None)
            if name in WITH_PLUGINS:
                codes[f"{name}, {PLUGINS} plugins"] = (code, site)
        found = measure(codes, processes)
    rows = [(name, str(taken), " ".join(modules)) for name, (taken, modules) in found.items()]
    note = f"median (quartiles) of {processes} fresh processes; Python's own start is not counted"
    bars = [
        Bar(name, f"< {bound:.0f} ms", f"{found[name][0].median:.0f} ms", found[name][0].median < bound)
        for name, bound in BOUNDS.items()
    ]
    about = "What it costs to begin: CPU time of fresh processes whose bytecode is compiled."
    packages = ("numpy", "opencv-python-headless", *PEERS)
    return Report(
        "start", about, [Table("Beginning", ("", "CPU ms", "third-party modules"), rows, note)], bars, skipped, packages
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure what it costs to begin, in CPU time of fresh processes.")
    parser.add_argument("--processes", type=int, default=ROUNDS, help="how many processes a case")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    publish(run(given.processes), as_json=given.json)


if __name__ == "__main__":
    main()
