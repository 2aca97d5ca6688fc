"""Whether a search pays: found policies against fixed ones, over split seeds, with everything that is claimed.

    python benchmarks/worth.py [--seeds 100-109] [--parts sets,learning,controls,algorithms] [--only digits]
                               [--trials 392] [--processes 2] [--out worth-runs]

A split seed decides the test images, the training subsets of the search and the 5 others of the comparison. The test
images are touched once, at the end of a search. A figure is the mean over split seeds, an interval Student's t over
them. What is done already in --out is not done again. Seeds 0-9 are for building; see docs/design/search.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.worths.jobs import PARTS, Task, work
from benchmarks.worths.tables import print_tables


def main() -> None:
    """Run what is missing, and print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="100-109")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--only", default="")
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("worth-runs"))
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    tasks = [
        task
        for part in options.parts.split(",")
        for task in PARTS[part](seeds, options.trials)
        if not options.only or task.data in options.only.split(",")
    ]
    options.out.mkdir(exist_ok=True)
    rows = list(_rows(tasks, options.out, options.processes))
    print(f"revision {_revision()}, seeds {options.seeds}, {options.trials} trials")
    print_tables(rows)


def _rows(tasks: Sequence[Task], out: Path, processes: int) -> Iterator[tuple[Task, dict[str, object]]]:
    missing = [task for task in tasks if not _file(out, task).exists()]
    with ProcessPoolExecutor(processes) as pool:
        for task, row in zip(missing, pool.map(work, missing), strict=True):
            _file(out, task).write_text(json.dumps(row))
            print(f"{task.name}: {row.get('seconds', 0):.0f} s", flush=True)
    for task in tasks:
        row = json.loads(_file(out, task).read_text())
        if "missing" not in row:
            yield task, row


def _file(out: Path, task: Task) -> Path:
    return out / f"{task.name}.json"


def _revision() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main()
