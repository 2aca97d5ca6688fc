"""The search `strengths`: screen each operation on what is best, then propose what a model of the scores hopes for.

docs/design/search.md says why; the space is `augplug._search.strengths_space`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np

from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.gaussian_process import GaussianProcess, Reals
from augplug._search.ranking import Ranking
from augplug._search.read_space import read_space
from augplug._search.space_base import CHANNELS
from augplug._search.strengths_space import SPARSE, StrengthSpace
from augplug.errors import RunError, SettingsError
from augplug.ranges import check_known, check_ranges, natural, setting
from augplug.rng import generator, key_of

Row: TypeAlias = tuple[int, ...]
STARTS: tuple[Mapping[str, float], ...] = (
    {},
    {"rotation": 10, "zoom": 0.1, "shift-x": 0.05, "shift-y": 0.05, "brightness": 0.2, "contrast": 0.2},
    {"flip-x": 0.5},
    {"flip-x": 0.5, "shift-x": 0.125, "shift-y": 0.125, "reflect": 1},
    {"flip-x": 0.5, "shift-x": 0.125, "shift-y": 0.125, "reflect": 1, "randaugment": 4},
    {"rotation": 10, "zoom": 0.1, "shift-x": 0.05, "shift-y": 0.05, "brightness": 0.2, "contrast": 0.2, "flip-x": 0.5},
    {"rotation": 15, "shear-x": 15, "elastic": 0.03},
)
"""What people write without a search: nothing, `hand-made`, a flip, flip and crop, with more on it, distortions."""


@dataclass(frozen=True)
class StrengthsSettings:
    """What `--set` takes for `strengths`."""

    space: StrengthSpace = setting("strengths", doc="The space of strengths: strengths, or the path of a file.")
    also: tuple[str, ...] = setting((), doc="Names of further operations, from plugins too.")
    channels: int = setting(0, low=0, high=1024, doc=CHANNELS)
    candidates: int = setting(600, low=20, high=5000, doc="Rows that the model looks at for each batch.")
    parents: int = setting(12, low=1, high=100, doc="Best rows so far, of which the candidates are mutations.")

    def __post_init__(self) -> None:
        """Refuse numbers out of range, and read the space."""
        check_ranges("strengths", self)
        space = read_space(self.space, channels=self.channels)
        if not isinstance(space, StrengthSpace):
            raise SettingsError(
                f"strengths searches a space of strengths, and {space.name} is one of sub-policies; give "
                "space=strengths or a file with entries, or search it by autoaugment or random"
            )
        object.__setattr__(self, "space", space)


class Strengths(SearchAlgorithm):
    """A search over one strength an operation, by a Gaussian process and Thompson sampling in batches.

    The first proposals are what people write by hand; then each operation is tried at two strengths on top of the best
    of them; then the model chooses among mutations of the best rows. Source of the sampling: Thompson, Biometrika 1933;
    in batches, Kandasamy et al., AISTATS 2018.
    """

    Settings: ClassVar[type[StrengthsSettings]] = StrengthsSettings
    defaults: ClassVar[Mapping[str, int]] = {"trials": 400, "seeds": 1}

    def __init__(self, operations: Operations, *, seed: int = 0, **settings: Any) -> None:
        """Take the operations by name, a seed in 0..2**64-1, and settings. Raises SettingsError."""
        check_known("strengths", settings, StrengthsSettings)
        given = StrengthsSettings(**settings)
        self.settings = replace(given, space=given.space.extended(operations, given.also))
        self.space = self.settings.space
        self.space.check(operations)
        self._operations = operations
        self._seed = natural("seed", seed)
        self._ranking = Ranking()
        self._rewards: dict[int, float | None] = {}
        self._rows: list[Row] = []
        self._queue: list[Row] = list(dict.fromkeys(self.space.row(start) for start in STARTS))
        self._screened = False

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` new proposals, all different; fewer at the end of a small space, then none."""
        first = len(self._rows)
        count = min(count, prod(self.space.sizes) - first)
        while len(self._rows) < first + count:
            if not self._queue:
                self._queue = self._next_rows(first + count - len(self._rows))
            self._rows.append(self._queue.pop(0))
        self._ranking.proposals += [
            Proposal(number, self.space.decode(self._operations, row, "strengths"), row)
            for number, row in enumerate(self._rows[first:], first)
        ]
        return self._ranking.proposals[first:]

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the rewards."""
        self._ranking.tell(results)
        self._rewards |= {result.number: result.reward for result in results}

    def finalists(self, count: int) -> list[Proposal]:
        """Return the proposals for which the model's mean is highest: a high reward may be luck."""
        distinct = self._ranking.finalists(len(self._rows))
        means = self._means([proposal.number for proposal in distinct])
        order = sorted(range(len(distinct)), key=lambda i: (-means[i], i))
        return [distinct[i] for i in order[:count]]

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the policy of the highest fresh score, or else of the model's highest mean. RunError without any."""
        winner = self._ranking.winners(scores, 1)[0] if scores else next(iter(self.finalists(1)), None)
        if winner is None or winner.decisions is None:
            raise RunError("no proposal has a reward, so there is no best one; look at the errors of the trials")
        return self.space.decode(self._operations, winner.decisions, "strengths-found")

    def _next_rows(self, count: int) -> list[Row]:
        told = [number for number, reward in self._rewards.items() if reward is not None]
        if not told:
            return self._candidates(self._random_rows(len(self._rows)), count)
        if not self._screened:
            self._screened = True
            best = max(told, key=lambda number: (self._rewards[number] or 0.0, -number))
            screens = self._new(self._screens(self._rows[best]), 2 * len(self.space.sizes))
            if screens:
                return screens
        return self._hoped_for(count)

    def _screens(self, best: Row) -> Iterator[Row]:
        """Each entry at a weak and a strong strength, the others as they are in `best`."""
        for strong in (False, True):
            for place, size in enumerate(self.space.sizes):
                strength = 1 + (2 * (size - 2) // 3 if strong else (size - 2) // 3)
                yield (*best[:place], strength if strength != best[place] else 0, *best[place + 1 :])

    def _candidates(self, rows: Iterator[Row], count: int) -> list[Row]:
        """`count` rows that were not proposed yet; all that are left, where that is easily said, if there are fewer."""
        sizes = self.space.sizes
        if prod(sizes) <= _FEW:
            left = self._new(iter(product(*map(range, sizes))), prod(sizes))
            if len(left) <= 2 * count:
                return left
        return self._new(rows, count)

    def _new(self, rows: Iterator[Row], count: int) -> list[Row]:
        """The first `count` rows that were not proposed yet."""
        seen, new = set(self._rows), list[Row]()
        for row in rows:
            if row not in seen:
                seen.add(row)
                new.append(row)
                if len(new) == count:
                    break
        return new

    def _random_rows(self, number: int) -> Iterator[Row]:
        rng = generator(int.from_bytes(key_of(self._seed, 0, number)[:6], "little"))
        while True:
            on = rng.random(len(self.space.sizes)) < SPARSE
            yield tuple(
                int(rng.integers(1, size)) if use else 0 for use, size in zip(on, self.space.sizes, strict=True)
            )

    def _hoped_for(self, count: int) -> list[Row]:
        """Rows that are best in a draw of the model each, of mutations of the best rows."""
        numbers, y = self._told()
        model = GaussianProcess.fit(self._encoded([self._rows[number] for number in numbers]), y)
        means, _ = model.predict(model.x)
        order = sorted(range(len(numbers)), key=lambda i: (-means[i], i))
        parents = [self._rows[numbers[i]] for i in order[: self.settings.parents]]
        number = len(self._rows)
        rng = generator(int.from_bytes(key_of(self._seed, 1, number)[:6], "little"))
        candidates = self._candidates(self._mutations(parents, rng, number), max(self.settings.candidates, count))
        normals = rng.standard_normal((count, len(candidates)))
        chosen: list[int] = []
        for drawn in model.sample(self._encoded(candidates), normals):
            chosen.append(next(int(i) for i in np.argsort(-drawn, kind="stable") if int(i) not in chosen))
        return [candidates[i] for i in chosen]

    def _mutations(self, parents: Sequence[Row], rng: np.random.Generator, number: int) -> Iterator[Row]:
        """Parents with one to three entries changed, or crossed with another; now and then a row of chance."""
        for wild in self._random_rows(number):
            kind, row = rng.random(), list(parents[int(len(parents) * rng.random() ** 2)])
            if kind < _WILD:
                yield wild
                continue
            if kind < _WILD + _CROSSED:
                other, take = parents[int(rng.integers(len(parents)))], rng.random(len(row)) < 0.5
                row = [theirs if use else mine for mine, theirs, use in zip(row, other, take, strict=True)]
            for place in rng.choice(len(row), size=int(rng.integers(1, 4)), replace=False):
                off = row[place] and rng.random() < _OFF
                row[place] = 0 if off else int(rng.integers(1, self.space.sizes[place]))
            yield tuple(row)

    def _told(self) -> tuple[list[int], Reals]:
        """Numbers and rewards; what failed counts as the worst of them."""
        numbers = sorted(self._rewards)
        worst = min(reward for reward in self._rewards.values() if reward is not None)
        rewards = [worst if (reward := self._rewards[number]) is None else reward for number in numbers]
        return numbers, np.array(rewards)

    def _means(self, wanted: Sequence[int]) -> Reals:
        if not wanted:
            return np.zeros(0)
        numbers, y = self._told()
        model = GaussianProcess.fit(self._encoded([self._rows[number] for number in numbers]), y)
        means, _ = model.predict(self._encoded([self._rows[number] for number in wanted]))
        return means

    def _encoded(self, rows: Sequence[Row]) -> Reals:
        """Each entry as its strength in 0..1, and half as much for being on at all: off and weak are not alike."""
        given = np.array(rows, dtype=np.float64).reshape(len(rows), -1)
        return np.hstack([given / (np.array(self.space.sizes) - 1), 0.5 * (given > 0)])


_WILD, _CROSSED = 0.1, 0.2
"""Parts of the candidates that are rows of chance, and crossed parents."""
_FEW = 20_000
"""Rows of a space that are listed when few are left: to come upon them by chance takes ever longer."""
_OFF = 0.35
"""How often a mutation switches an entry off that is on."""
