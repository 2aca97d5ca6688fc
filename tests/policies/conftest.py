"""The operations that the tests of policies use: those built in, and one of a plugin with a field of every kind."""

import pytest

from augplug.distributions import Uniform
from augplug.effects import Effect
from augplug.ops.base import Operation, operation
from augplug.ops.parameters import parameter
from augplug.types import Canvas, Fill
from tests.strategies import BUILT_IN, Operations


@operation(source="this test")
class Odd(Operation):
    """A field of every kind."""

    strength: float = parameter(level=(0, 1))
    count: int = parameter(low=1, high=9, default=3)
    shade: Fill = parameter(low=0, high=255, default=0.0)
    kind: str = parameter(choices=("soft", "hard"), default="soft")
    where: float = parameter(low=0, high=1, draw=Uniform(0, 1))

    def describe(self, canvas: Canvas) -> list[Effect]:
        return []


OPERATIONS: Operations = {**BUILT_IN, "Odd": Odd, "other-plugin:Odd": Odd}


@pytest.fixture
def operations() -> Operations:
    return OPERATIONS
