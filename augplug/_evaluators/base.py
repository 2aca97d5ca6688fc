"""The contract of an evaluator: a policy in, a reward out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

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

    def margins(  # pylint: disable=useless-return,no-self-use  # says by default that there are none
        self,
        policy: Policy,
        *,
        seed: int,
        budget: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> npt.NDArray[np.float64] | None:
        """Return each validation image's margin, `(N,)`: the score of its true class minus the best other score.

        An image is classified correctly where its margin is above 0. A study chooses by a smoothed accuracy of them, in
        which a margin of 0 counts half and 0.2 counts 0.88, reports the accuracy, compares policies image by image, and
        can average by class. Differences of probabilities are small where a model is unsure: divide them by five times
        their mean size, or policies that make it unsure win. None, as here, says that there is nothing but
        `evaluate`'s reward. The other arguments are those of `evaluate`.
        """
        del policy, seed, budget, progress
        return None
