"""The work of benchmarks/worth.py, in pieces that a process does: which there are, and how each is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from augplug.data.sets import Labelled
from benchmarks.worths import controls, learning
from benchmarks.worths.searches import Row, permuted, search
from benchmarks.worths.sets import SETS

MAIN = ("digits", "fashion", "cifar", "photographs", "textures")
ALGORITHMS: dict[str, tuple[str, dict[str, Any]]] = {
    "autoaugment": ("autoaugment", {}),
    "random": ("random", {}),
    "random-subpolicies": ("random-subpolicies", {}),
    "optuna": ("optuna", {}),
    "randaugment": ("randaugment", {}),
    "magnitude": ("magnitude", {}),
    "autoaugment in strengths": ("autoaugment", {"space": "strengths"}),
    "optuna in strengths": ("optuna", {"space": "strengths"}),
    "random in strengths": ("random", {"space": "strengths"}),
}


@dataclass(frozen=True)
class Task:
    """A piece of work: `kind` says what, on the set `data`, under a split seed."""

    kind: str
    data: str
    seed: int
    trials: int
    variant: str = ""

    @property
    def name(self) -> str:
        """A file's name."""
        variant = f"-{self.variant.replace(' ', '-')}" if self.variant else ""
        return f"{self.kind}-{self.data}{variant}-{self.seed}"


def work(task: Task) -> Row:
    """Do it. A set that is not here is `missing`."""
    load, train = SETS[task.data]
    data = load()
    return {"missing": task.data} if data is None else KINDS[task.kind](task, data, train)


def _search(task: Task, data: Labelled, train: int) -> Row:
    return search(data, task.seed, train, trials=task.trials)


def _algorithm(task: Task, data: Labelled, train: int) -> Row:
    name, settings = ALGORITHMS[task.variant]
    how: dict[str, Any] = {} if name in ("randaugment", "magnitude") else {"trials": task.trials}
    return search(data, task.seed, train, name, settings=settings, **how)


def _labels(task: Task, data: Labelled, train: int) -> Row:
    return search(permuted(data, task.seed), task.seed, train, trials=task.trials)


KINDS: dict[str, Callable[[Task, Labelled, int], Row]] = {
    "search": _search,
    "learning": lambda task, data, train: learning.learned(data, task.seed, train, task.trials, task.variant),
    "ranks": lambda task, data, train: learning.ranks(data, task.seed, train),
    "algorithm": _algorithm,
    "permuted-labels": _labels,
    "permuted-rewards": lambda task, data, train: controls.permuted_rewards(data, task.seed, train, task.trials),
    "planted": lambda task, data, train: controls.planted(data, task.seed, train, task.trials),
}


def _sets(seeds: Sequence[int], trials: int) -> list[Task]:
    return [Task("search", data, seed, trials) for seed in seeds for data in MAIN]


def _learning(seeds: Sequence[int], trials: int) -> list[Task]:
    made = [Task("learning", "digits", seed, trials, which) for seed in seeds for which in ("strengths", "random")]
    return made + [Task("ranks", data, seed, trials) for seed in seeds for data in ("digits", "fashion")]


def _controls(seeds: Sequence[int], trials: int) -> list[Task]:
    kinds = ("permuted-labels", "permuted-rewards", "planted")
    made = [Task(kind, "digits", seed, trials) for seed in seeds for kind in kinds]
    return made + [Task("search", "solar-cells", seed, trials) for seed in seeds]


def _algorithms(seeds: Sequence[int], trials: int) -> list[Task]:
    return [
        Task("algorithm", data, seed, trials, name)
        for seed in seeds[:3]
        for data in ("digits", "fashion")
        for name in ALGORITHMS
    ]


PARTS: dict[str, Callable[[Sequence[int], int], list[Task]]] = {
    "sets": _sets,
    "learning": _learning,
    "controls": _controls,
    "algorithms": _algorithms,
}
