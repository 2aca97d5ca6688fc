"""TrivialAugment (Wide): one operation at a random level. Source: arXiv 2103.10158, section 3 and table 1."""

from __future__ import annotations

from augplug._policies.building import levelled, one_of
from augplug._policies.grammar import Policy, Value
from augplug._policies.randaugment import OPERATIONS
from augplug._policies.reader import Operations
from augplug.distributions import Integers


def trivialaugment_wide(operations: Operations, *, interpolation: str = "nearest", fill: float = 0) -> Policy:
    """Return TrivialAugment Wide: one of RandAugment's 14 operations, at a level equally likely each in 0..30."""
    name = "trivialaugment-wide"
    steps = [levelled(operations, op, Integers(0, 30)) for op in OPERATIONS]
    defaults: dict[str, Value] = {"interpolation": interpolation, "fill": fill, "mask_fill": 0}
    return Policy(one_of(*steps), name, name, source="TrivialAugment, arXiv 2103.10158, table 1", defaults=defaults)
