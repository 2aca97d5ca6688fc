"""Arrays that are made once and asked for again: bounded by bytes, not by the number of entries."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np

Value = TypeVar("Value")
_ENTRY = 500
"""Bytes of an entry besides its arrays."""


class BytesCache(Generic[Value]):
    """The results of a function, in two generations.

    When the younger one holds half of the bytes, it becomes the older one, and what is asked for again moves back: what
    recurs stays, what does not is dropped. Threads may use it at once; two may make the same value.
    """

    def __init__(self, function: Callable[..., Value], most: int) -> None:
        """Keep up to about `most` bytes of what `function` returns: an array, or a tuple of arrays."""
        self._function, self._half = function, most // 2
        self._young: dict[Hashable, Value] = {}
        self._old: dict[Hashable, Value] = {}
        self._bytes = 0

    def __call__(self, *arguments: Hashable) -> Value:
        """Return the function's result, a kept one if there is one."""
        found = self._young.get(arguments)
        if found is not None:
            return found
        found = self._old.get(arguments)
        if found is None:
            found = self._function(*arguments)
        self._young[arguments] = found
        self._bytes += _ENTRY + sum(array.nbytes for array in _arrays(found))
        if self._bytes > self._half:
            self._old, self._young, self._bytes = self._young, {}, 0
        return found

    def values(self) -> list[Value]:
        """Return what is kept."""
        return [*self._young.values(), *self._old.values()]


def _arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    return iter(value if isinstance(value, tuple) else (value,))
