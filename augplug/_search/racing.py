"""The race: finalists and fixed baselines in the same fresh cells, by successive halving.

Source of the halving: Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from augplug._policies import building
from augplug._policies.grammar import Policy

FIRST = 2
"""Cells in which every entrant runs."""
MIXED = (1, 4)
"""How many finalists are mixed with the best fixed policy."""
KEPT = (8, 4, 2)
"""How many entrants go on after each round."""


@dataclass(eq=False)
class Entrant:
    """A policy in the race: a fixed baseline, or what the search proposed (its `number`, None for one made of several).

    `rewards` and `accuracies` hold one for each cell it has run in, in the order of the cells.
    """

    name: str
    policy: Policy
    baseline: bool
    number: int | None = None
    rewards: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()

    def reward(self, cells: int = FIRST) -> float:
        """Return the mean reward in the first cells."""
        return fmean(self.rewards[:cells])


def rounds(cells: int) -> list[tuple[int, int]]:
    """Return, for each round, how many entrants go on to it, and in how many cells they have then run.

    The last two have run in `cells`: a third of them are enough for eight, two thirds for four.
    """
    ends = [max(FIRST, round(cells * part / len(KEPT))) for part in range(1, len(KEPT) + 1)]
    return [(keep, end) for keep, end in zip(KEPT, ends, strict=True) if end > FIRST]


def fits(entrants: int, cells: int) -> int:
    """Return how many evaluations a race takes after its first round."""
    total, run = 0, FIRST
    for keep, end in rounds(cells):
        total += min(keep, entrants) * (end - run)
        run = end
    return total


def race(entrants: Sequence[Entrant], cells: int, run: Callable[[Sequence[Entrant], int], None]) -> list[Entrant]:
    """Return the entrants, best first: those that came further before the others, then by mean reward.

    All have run in the first cells. `run(entrants, end)` fills in the scores of all cells up to `end`; an entrant whose
    evaluation failed is left without them, and drops out. Of equal ones the earlier is better.
    """
    alive, out = ranked(entrants, FIRST), list[Entrant]()
    for keep, end in rounds(cells):
        alive, dropped = alive[:keep], alive[keep:]
        run(alive, end)
        failed = [entrant for entrant in alive if len(entrant.rewards) < end]
        alive, out = ranked([one for one in alive if one not in failed], end), failed + dropped + out
    return alive + out


def ranked(entrants: Sequence[Entrant], cells: int) -> list[Entrant]:
    """Return the entrants by mean reward in the first cells, best first."""
    return sorted(entrants, key=lambda entrant: -entrant.reward(cells))


def mixed(finalists: Sequence[Entrant], fixed: Sequence[Entrant]) -> dict[str, Policy]:
    """Return, by their names in the race, policies that draw for each image the best fixed policy or a finalist.

    Of the best finalist, and of the best four: docs/design/search.md says what was measured.
    """
    made: dict[str, Policy] = {}
    for count in MIXED if finalists and fixed else ():
        found, known = ranked(finalists, FIRST)[:count], ranked(fixed, FIRST)[0]
        names = [*(entrant.name for entrant in found), known.name]
        node = building.one_of(*(entrant.policy for entrant in found), known.policy)
        source = f"{found[0].policy.source}; for each image one of {', '.join(names)}"
        made[" or ".join(names)] = Policy(node, f"{found[0].policy.name[:58]}-mixed", source=source)
    return made


def row(entrant: Entrant) -> dict[str, object]:
    """Return what a journal holds of an entrant."""
    return {
        "name": entrant.name,
        "baseline": entrant.baseline,
        "proposal": entrant.number,
        "rewards": entrant.rewards,
        "accuracies": entrant.accuracies,
    }
