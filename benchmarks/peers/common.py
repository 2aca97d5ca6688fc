"""What every peer is: how it takes an image, and what it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

Call: TypeAlias = Callable[[Any], Any]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TARGETS = {32: 48, 224: 160, 512: 224}
"""What an image of each size is resized to."""
MIXED = 4
"""Dimensions of a stack of images."""
IMAGES = 8
"""How many images a contest of single operations has, and how many a batch that is mixed."""
RAND = 2, 9
"""RandAugment's number of operations and its magnitude of 10."""


class Peer(NamedTuple):
    """A library: from an array to what it likes best, and from that to its result, by the name of the contest.

    With a `batch` it takes a stack `(B, H, W, 3)` of that many arrays at once; `takes` says of a contest that it likes
    something else.
    """

    take: Call
    calls: dict[str, Call]
    batch: int = 1
    takes: Mapping[str, Call] = MappingProxyType({})


def corners(size: int) -> list[list[int]]:
    """Return where Perspective takes the corners, clockwise from the top left."""
    near, far = size // 10, size - 1 - size // 10
    return [[near, near], [far, near], [far, far], [near, far]]
