"""Whether policies can be told apart at all on these images: a test before anything is spent on a search.

The rule was fixed before the controls of benchmarks/worth.py were run: docs/design/search.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LOOKS = (2, 4, 8)
"""Cells after which the test is made: the more, the smaller the differences that it sees. It ends when it sees one."""


@dataclass(frozen=True)
class Signal:
    """The variance between policies over the noise within cells: `ratio`, and how likely so large a one is by chance.

    `policies` and `cells` are how many were compared.
    """

    ratio: float
    chance: float
    policies: int
    cells: int


def signal(scores: Sequence[Sequence[float]]) -> Signal | None:
    """Return the F-test of a two-way layout without replication: `scores` hold a row a policy, a column a cell.

    What all policies of a cell share is left out; noise is what remains beside the means of policies and cells. Source:
    Scheffé, "The Analysis of Variance", 1959, chapter 4. None where there are fewer than 3 policies or 2 cells.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < 3 or table.shape[1] < 2:
        return None
    policies, cells = table.shape
    rows = table.mean(axis=1) - table.mean()
    rest = table - table.mean(axis=0) - rows[:, None]
    between = cells * float(np.square(rows).sum()) / (policies - 1)
    within = float(np.square(rest).sum()) / ((policies - 1) * (cells - 1))
    if between <= 0:
        return Signal(0.0, 1.0, policies, cells)
    from scipy.special import fdtrc  # pylint: disable=no-name-in-module  # compiled; and slow to import, so here

    ratio = between / within if within > 0 else float("inf")
    chance = float(fdtrc(policies - 1, (policies - 1) * (cells - 1), ratio)) if within > 0 else 0.0
    return Signal(min(ratio, 1e9), chance, policies, cells)


def nothing_to_choose(found: Signal) -> str:
    """Return the line that a search ends with where no policy can be chosen."""
    return (
        f"nothing can be chosen on these images: in {found.cells} cells {found.policies} policies of all strengths do "
        f"not differ by more than noise (F = {found.ratio:.2f}, p = {found.chance:.2g}), so no policy is written; what "
        "would help: more images, larger ones (--size), right labels, or a child that learns more of them (--set "
        "train=..., --evaluator); --set significance=1 goes on all the same"
    )


def could_not_choose(records: Sequence[Mapping[str, Any]]) -> bool:
    """Return True for the records of a run that ended because nothing could be chosen."""
    if not records or records[-1]["kind"] != "signal":
        return False
    last = records[-1]
    level: float = records[0]["settings"]["significance"]
    return bool(last["cells"] == LOOKS[-1] and last["chance"] > level / len(LOOKS) and level < 1)
