"""AutoAugment's controller on a made-up reward whose best policy is known: does it learn, from rewards alone, how fast.

    python benchmarks/controller.py [--cases laptop,paper,same-seed,permuted,random] [--seeds 5] [--json]

The reward of a policy of 30 decisions (16, 11 and 10 choices) is the part of them that are those of a hidden target,
plus normal noise of 0.05. The target is drawn anew in every run, from the machine's entropy, so that no controller can
know it. What is printed is that part, without the noise, in the mean of the last 100 proposals:

- `laptop`, `paper`: the presets, after 1,000 and 2,000 proposals;
- `same-seed`: `laptop`, but every run has the seed 0: what is reached is the target, and not what the seed likes;
- `permuted`: `laptop`, but told the rewards of each batch in another order: what a controller blind to them reaches;
- `random`: random search.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug._search.base import Result, SearchAlgorithm
from augplug._search.ppo import AutoAugment
from augplug._search.random import RandomSearch
from augplug._search.space import SearchSpace

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks.timing import table  # pylint: disable=wrong-import-position  # as said

SPACE = "autoaugment-16"
BATCH = 20
NOISE = 0.05


@dataclass(frozen=True)
class Case:
    """A search, how many proposals it makes, and what its figures are to be."""

    to_hold: str
    proposals: int = 1000
    make: Callable[..., SearchAlgorithm] = AutoAugment


CASES = {
    "laptop": Case("median >= 0.80, each >= 0.65"),
    "paper": Case("each >= 0.50", 2000, partial(AutoAugment, preset="paper")),
    "same-seed": Case("each >= 0.65"),
    "permuted": Case("median <= 0.15"),
    "random": Case("each <= 0.12", make=RandomSearch),
}


def last_hundred(case: str, seed: int) -> float:
    """Return the part of a new hidden target that the last 100 proposals of a search have, 0..1."""
    chance = np.random.default_rng()
    search = CASES[case].make(augplug.operations(), seed=0 if case == "same-seed" else seed, space=SPACE)
    target = chance.integers(SearchSpace.read(SPACE).sizes)
    parts: list[float] = []
    for _ in range(0, CASES[case].proposals, BATCH):
        proposals = search.ask(BATCH)
        found = [float(np.mean(target == proposal.decisions)) for proposal in proposals]
        rewards = found + chance.normal(0, NOISE, BATCH)
        if case == "permuted":
            rewards = chance.permutation(rewards)
        search.tell([Result(one.number, reward) for one, reward in zip(proposals, rewards.tolist(), strict=True)])
        parts += found
    return statistics.fmean(parts[-100:])


def measure(case: str, seeds: int) -> dict[str, Any]:
    """Return what each seed reaches, and the CPU seconds of a run."""
    start = time.process_time()
    reached = [last_hundred(case, seed) for seed in range(seeds)]
    return {"case": case, "reached": reached, "seconds": (time.process_time() - start) / seeds}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Let AutoAugment's controller learn a reward whose best is known.")
    parser.add_argument("--cases", default=",".join(CASES), help="some of them")
    parser.add_argument("--seeds", type=int, default=5, help="how many runs a case")
    parser.add_argument("--json", action="store_true", help="print JSON, for comparison")
    given = parser.parse_args()
    results = [measure(case, given.seeds) for case in given.cases.split(",")]
    if given.json:
        print(json.dumps(results, indent=1))
        return
    rows = []
    for result in results:
        case = CASES[result["case"]]
        figures = [f"{figure(result['reached']):.3f}" for figure in (statistics.median, min, max)]
        rows.append((result["case"], case.proposals, *figures, case.to_hold, f"{result['seconds']:.1f}"))
    print(table(("", "proposals", "median", "least", "most", "to hold", "CPU s a run"), rows))
    print(f"\nthe part of the hidden target in the last 100 proposals; {given.seeds} runs a case")


if __name__ == "__main__":
    main()
