"""An operation, and a search for the level at which it helps most: a whole plugin, on public names alone."""

import random
from collections.abc import Callable, Mapping, Sequence

import augplug
from augplug import Canvas, Effect, Policy, Proposal, Result, Values


def ink(values: Values, cut: int) -> Values:
    """Black below `cut`, the value itself from there on."""
    return values * (values >= cut)


@augplug.operation(source="made up for a test")
class Ink(augplug.Operation):
    """Make every value below `cut` black (8-bit units)."""

    cut: int = augplug.parameter(low=0, high=255, unit="8-bit values", level=(0, 90))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [augplug.Tone(ink, self.cut)]


class RandomInk(augplug.SearchAlgorithm):
    """Ink at levels drawn at random, each once."""

    def __init__(self, operations: Mapping[str, type[augplug.Operation]], *, seed: int = 0, count: int = 4) -> None:
        """Draw `count` levels; `operations` is everything that is installed, by name."""
        if "my-ops:Ink" not in operations or not 1 <= count <= 10:
            raise augplug.SettingsError(f"count is a number in 1..10, not {count}")
        levels = random.Random(seed).sample(range(10), count)
        self._proposals = [
            Proposal(number, Policy(augplug.step("my-ops:Ink", p=0.5, level=level), f"ink-{level}"), (level,))
            for number, level in enumerate(levels)
        ]
        self._asked = 0
        self._rewards: dict[int, float] = {}

    def ask(self, count: int) -> list[Proposal]:
        """Return the next levels."""
        asked = self._proposals[self._asked : self._asked + count]
        self._asked += len(asked)
        return asked

    def tell(self, results: Sequence[Result]) -> None:
        """Remember the rewards."""
        self._rewards.update({result.number: result.reward for result in results if result.reward is not None})

    def finalists(self, count: int) -> list[Proposal]:
        """Return the best so far."""
        return [self._proposals[number] for number in self._ranked(self._rewards)[:count]]

    def best(self, scores: Mapping[int, float] | None = None) -> Policy:
        """Return the policy of the highest reward, or fresh score."""
        return self._proposals[self._ranked(scores or self._rewards)[0]].policy

    @staticmethod
    def _ranked(rewards: Mapping[int, float]) -> list[int]:
        return sorted(rewards, key=lambda number: (-rewards[number], number))


@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    """What this plugin provides."""
    return [Ink]


@augplug.hookimpl
def augplug_searches() -> Mapping[str, Callable[..., augplug.SearchAlgorithm]]:
    """The search, under the name that the command line takes."""
    return {"random-ink": RandomInk}
