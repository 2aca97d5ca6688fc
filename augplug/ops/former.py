"""How earlier versions of an operation wrote a field: what plans and policies are read and written through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FormerField:
    """How a field was written: `values` maps what was written to today's value; other values were written as today.

    `name` is what the field was called, if that was another name.

    Numbers below `none_below` meant None. For example `FormerField({"no": False, "yes": True})` is a flag that was a
    choice, and `FormerField({-1.0: None}, none_below=0)` a number of which a negative one meant "leave it alone".
    """

    values: Mapping[Any, Any] = field(default_factory=dict)
    none_below: float = -math.inf
    name: str | None = None

    @property
    def keeps_values(self) -> bool:
        """True if every value was written as today: only the name was another."""
        return not self.values and self.none_below == -math.inf

    def read(self, written: Any) -> Any:
        """Return today's value of what was written; today's values are returned as they are."""
        if not isinstance(written, str | float | int):
            return written
        if written in self.values:
            return self.values[written]
        return None if not isinstance(written, str) and written < self.none_below else written

    def write(self, value: Any) -> Any:
        """Return how today's value was written."""
        return next((written for written, today in self.values.items() if today is value), value)

    def normalized(self, written: Any) -> Any:
        """Return today's value if it is written as it was given, else what was given.

        So -1.0 becomes None, but -2.5 stays: it is part of a policy's digest.
        """
        value = self.read(written)
        return value if self.write(value) == written else written
