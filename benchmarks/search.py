"""Searches on the packaged digits at equal budgets: what each found, and whether the controller learns.

    python benchmarks/search.py [--out search-runs] [--trials 400] [--seeds 0,1,2] [--workers 2] [--only random,optuna]

Runs every algorithm under every seed into a folder of its own (a run that is there is not run again; one that was
stopped goes on), and prints what `augplug compare search-runs/*` does; that command also draws the page. RandAugment's
grid has 21 cells; it gets its budget as seeds a cell. `optuna` is left out where its plugin is not installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import augplug
from augplug.cli.output import table
from augplug.data.digits import load_digits
from augplug.report.columns import tables
from augplug.report.comparison import compare
from augplug.report.run import read_run

ALGORITHMS = ("autoaugment", "random", "random-subpolicies", "optuna", "randaugment")
CELLS = 21


def run(name: str, seed: int, options: argparse.Namespace) -> Path:
    """Run a search, or what is left of it; return its folder."""
    out: Path = options.out / f"{name}-{seed}"
    if not (out / "result.json").exists():
        print(f"{out} ...", file=sys.stderr)
        budget = {"seeds": max(1, options.trials // CELLS)} if name == "randaugment" else {"trials": options.trials}
        augplug.search(name, load_digits(), out=out, seed=seed, workers=options.workers, resume=True, **budget)
    return out


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
    compared = compare([read_run(run(name, seed, options)) for seed in seeds for name in wanted])
    for one in tables(compared):
        print(f"{one.title}\n{table(one.head, one.rows)}\n")


if __name__ == "__main__":
    main()
