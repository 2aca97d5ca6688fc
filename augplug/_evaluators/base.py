"""The contract of an evaluator: a policy in, a reward out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from augplug._policies.grammar import Policy


class Evaluator(ABC):
    """Trains or scores a child model under a policy.

    It is built as `Evaluator(train, valid, **settings)` from two sets of labelled images and nothing else: test images
    are out of its reach by construction. Unknown settings are a SettingsError.
    """

    @abstractmethod
    def evaluate(
        self,
        policy: Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> float:
        """Return the reward of `policy`, in [0, 1]; the same seed gives the same reward to the bit.

        `budget` in (0, 1] asks for that part of the full training, where the child can do so. `progress`, if given, is
        called with intermediate rewards, in [0, 1] and higher for better; a study may end a hopeless trial from
        inside that call, by an exception that an evaluator lets pass (it is no `Exception`).
        """
