"""What a draw consists of: operations with all their numbers, and blends of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from augplug.ops.base import Operation


class Drawn:
    """An operation with all its numbers; compares by identity. `recurs`: the same object may be drawn again."""

    __slots__ = ("address", "operation", "recurs")

    def __init__(self, address: str, operation: Operation, *, recurs: bool = True) -> None:
        """Hold `operation`, known as `address`."""
        self.address = address
        self.operation = operation
        self.recurs = recurs


@dataclass(frozen=True, eq=False)
class DrawnBlend:
    """Chains of drawn operations with their weights; the first is empty: the image itself. Compares by identity."""

    weights: tuple[float, ...]
    chains: tuple[tuple[Item, ...], ...]
    recurs: ClassVar[bool] = False


Item: TypeAlias = Drawn | DrawnBlend


def mixes(item: Item) -> bool:
    """Return True if an item is an operation that takes a partner: it has a field of that name."""
    return isinstance(item, Drawn) and "partner" in item.operation.about.parameters
