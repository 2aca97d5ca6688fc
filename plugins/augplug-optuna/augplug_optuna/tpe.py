"""TPE (Bergstra et al., NIPS 2011) over augplug's search spaces, as Optuna implements it.

TPE models the decisions of good trials and of all others by two densities, and proposes what is likely among the good
and unlikely among the others. Unlike PPO it needs no training of its own, and learns from each trial.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import Trial, TrialState

import augplug
from augplug import Policy, Proposal, Result, Space


@dataclass(frozen=True)
class TPESettings:
    """What `--set` takes for `optuna`. The defaults of the last four are Optuna 5's."""

    space: Space = augplug.setting(
        "autoaugment", doc="The search space: autoaugment, geometry, strengths, or the path of a file."
    )
    joined: int = augplug.setting(
        5, low=1, high=1000, doc="Best policies whose sub-policies make the found one; of strengths the best row does."
    )
    channels: int = augplug.setting(
        0, low=0, high=1024, doc="Channels of the images (0: not known), for entries of strengths that need colour."
    )
    startup: int = augplug.setting(10, low=1, high=10_000, doc="The first trials, which are random.")
    candidates: int = augplug.setting(
        24, low=1, high=10_000, doc="Each proposal is the best of this many, drawn from the density of the good trials."
    )
    multivariate: bool = augplug.setting(default=True, doc="All decisions of a policy are modelled together.")
    constant_liar: bool = augplug.setting(
        default=True, doc="Trials that run count as bad, so that the proposals of a batch differ."
    )

    def __post_init__(self) -> None:
        """Read the space, and refuse values out of range."""
        augplug.check_ranges("optuna", self)
        object.__setattr__(self, "space", augplug.read_space(self.space, channels=self.channels))


class TPE(augplug.SearchAlgorithm):
    """TPE on the decisions of a search space: those without an order are categories, the others whole numbers.

    Failed trials teach nothing. Stopped ones count as worse than every finished one, and better or worse among
    themselves by their last reward. The study lives in memory: asking and telling again gives it back.
    """

    Settings = TPESettings
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1, "finalists": 20}

    def __init__(self, operations: Mapping[str, type[augplug.Operation]], *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name, a seed in 0..2**64-1, and settings. Raises SettingsError."""
        augplug.check_known("optuna", settings, TPESettings)
        self.settings = TPESettings(**settings)
        self.settings.space.check(operations, self.settings.joined)
        self._operations = operations
        self._distributions = distributions(self.settings.space)
        self.study = new_study(self.settings, seed)
        for row in first_rows(self.settings, seed):
            self.study.enqueue_trial(dict(zip(self._distributions, row, strict=True)))
        self._trials: list[Trial] = []
        self._ranking = augplug.Ranking()

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` new policies, each proposed with those before it still running."""
        first = len(self._trials)
        for number in range(first, first + count):
            trial = self.study.ask(self._distributions)
            decisions = tuple(trial.params[name] for name in self._distributions)
            policy = self.settings.space.decode(self._operations, decisions, "optuna")
            self._trials.append(trial)
            self._ranking.proposals.append(Proposal(number, policy, decisions))
        return self._ranking.proposals[first:]

    def tell(self, results: Sequence[Result]) -> None:
        """Take rewards, in the order of the proposals."""
        self._ranking.tell(results)
        for result in results:
            trial = self._trials[result.number]
            if result.reward is None:
                self.study.tell(trial, state=TrialState.FAIL)
            elif result.stopped:
                trial.report(result.reward, step=0)
                self.study.tell(trial, state=TrialState.PRUNED)
            else:
                self.study.tell(trial, result.reward)

    def finalists(self, count: int) -> list[Proposal]:
        """Return the policies of highest reward, all different."""
        return self._ranking.finalists(count)

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return what the space makes of the best policies. RunError when no policy has a reward."""
        return self._ranking.found_policy(self.settings.space, self.settings.joined, scores, "optuna-found")


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Return Optuna's distribution of each decision of a space: categories, or whole numbers if they have an order."""
    return {
        f"{number:04}": IntDistribution(0, size - 1) if ordered else CategoricalDistribution(range(size))
        for number, (size, ordered) in enumerate(zip(space.sizes, space.ordered, strict=True))
    }


def first_rows(settings: TPESettings, seed: int) -> list[list[int]]:
    """Return the rows of the first trials in a space that draws its choices by weights: Optuna draws uniformly."""
    weights = settings.space.weights
    if weights is None:
        return []
    rng = np.random.default_rng(seed)
    return [[int(rng.choice(len(each), p=each)) for each in weights] for _ in range(settings.startup)]


def new_study(settings: TPESettings, seed: int) -> optuna.Study:
    """Return an empty study in memory. Optuna takes 32 bits of a seed; they are derived from all of it."""
    with quiet():
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=settings.startup,
            n_ei_candidates=settings.candidates,
            multivariate=settings.multivariate,
            constant_liar=settings.constant_liar,
            seed=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        )
        return optuna.create_study(direction="maximize", sampler=sampler)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's greetings, and its notes that a setting is experimental (Optuna 4), from the user."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
