"""Searches on the packaged digits at equal budgets: what each found, and whether the controller learns.

    python benchmarks/search.py [--out search-runs] [--trials 400] [--seeds 0,1,2] [--workers 2] [--only random,optuna]

Runs every algorithm under every seed into a folder of its own (a run that is there is not run again; one that was
stopped goes on), and prints the rewards of the first and last quarter, the test scores, the gains on other training
images, and all pairs of algorithms. `augplug compare search-runs/*` shows the same runs, with a plot. RandAugment's grid
has 21 cells; it gets its budget as seeds a cell. `optuna` is skipped when its plugin is not installed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import augplug
from augplug.data.digits import load_digits

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks.timing import table  # pylint: disable=wrong-import-position  # as said

ALGORITHMS = ("autoaugment", "random", "random-subpolicies", "optuna", "randaugment")
CELLS = 21
Results = Mapping[tuple[str, int], Mapping[str, Any]]


def run(name: str, seed: int, options: argparse.Namespace) -> Mapping[str, Any]:
    """Run a search, or what is left of it; return its result with the seconds of its evaluations."""
    out = options.out / f"{name}-{seed}"
    if not (out / "result.json").exists():
        print(f"{out} ...", file=sys.stderr)
        budget = {"seeds": max(1, options.trials // CELLS)} if name == "randaugment" else {"trials": options.trials}
        augplug.search(name, load_digits(), out=out, seed=seed, workers=options.workers, resume=True, **budget)
    result: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf-8"))
    lines = (out / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    seconds = [record["seconds"] for record in map(json.loads, lines) if record["kind"] == "evaluation"]
    return {**result, "evaluations": len(seconds), "seconds": sum(seconds)}


def row(name: str, seed: int, result: Mapping[str, Any]) -> list[object]:
    """Return a run's row of the table."""
    rewards = [reward for reward in result["rewards"] if reward is not None]
    quarter = max(1, len(rewards) // 4)
    first, last = (statistics.fmean(part) for part in (rewards[:quarter], rewards[-quarter:]))
    scores = [first, last, max(rewards), *(result[key] for key in ("test_score", "baseline_test_score"))]
    more = [result["hand_made_test_score"], result["gains_mean"]]
    figures = [f"{score:.4f}" for score in (*scores, *more)]
    return [name, seed, result["evaluations"], *figures, f"{result['seconds']:.0f}"]


def pairs(results: Results, seeds: Sequence[int]) -> list[list[object]]:
    """Return a row for each two algorithms: the differences between runs of equal seed."""
    names = [name for name in ALGORITHMS if (name, seeds[0]) in results]
    rows: list[list[object]] = []
    for first, second in itertools.combinations(names, 2):
        cells: list[object] = [f"{first} - {second}"]
        for key in ("test_score", "gains_mean"):
            differences = [results[first, seed][key] - results[second, seed][key] for seed in seeds]
            spread = statistics.stdev(differences) if len(differences) > 1 else 0.0
            cells.append(f"{statistics.fmean(differences):+.4f} (SD {spread:.4f}): {_signed(differences)}")
        rows.append(cells)
    return rows


def _signed(differences: Sequence[float]) -> str:
    return " ".join(f"{difference:+.4f}" for difference in differences)


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("search-runs"))
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default=",".join(ALGORITHMS))
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    wanted = [name for name in options.only.split(",") if name in augplug.searches()]
    results = {(name, seed): run(name, seed, options) for seed in seeds for name in wanted}
    head = ("search", "seed", "evaluations", "first", "last", "best", "test", "none", "hand-made", "gain", "seconds")
    print(table(head, [row(name, seed, results[name, seed]) for name in wanted for seed in seeds]))
    print("first and last: mean reward of a quarter of the trials; gain: on other training images, against none\n")
    print(table(("pair", "test score", "gain on other training images"), pairs(results, seeds)))


if __name__ == "__main__":
    main()
