"""Names that only type checkers see: with Python 3.14 nobody needs `from __future__ import annotations` for them."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from augplug._policies.named import arguments_of
from augplug._search.settings import declared
from augplug.annotated import annotations_of, signature_of

SOURCE = """
from typing import TYPE_CHECKING
import augplug
if TYPE_CHECKING:
    from augplug import Canvas, Effect, Fill, Interpolation, Operations, Policy

@augplug.operation(source="a test")
class Halved(augplug.Operation):
    '''Divide by a number.'''

    by: int = augplug.parameter(low=1, high=9, default=2)
    fill: Fill | None = augplug.parameter(default=None)
    interpolation: Interpolation = augplug.resampling("linear")

    def describe(self, canvas: Canvas) -> list[Effect]:
        return [augplug.Tone(lambda values: values / self.by)]

def halves(operations: Operations, count: int = 1) -> Policy:
    return augplug.sequence("Halved")

class Takes:
    def __init__(self, evaluators: Policy = None, steps: int = 3, rate: float | None = None) -> None: ...

@augplug.hookimpl
def augplug_operations() -> list[Operation]:
    return [Halved]
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    future = "from __future__ import annotations\n" if request.param == "texts" else ""
    (tmp_path / "only_typed.py").write_text(future + SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("only_typed")
    del sys.modules["only_typed"]


ways = pytest.mark.parametrize(
    "module",
    [
        "texts",
        pytest.param(
            "deferred",
            marks=pytest.mark.skipif(sys.version_info < (3, 14), reason="before Python 3.14 the names must be there"),
        ),
    ],
    indirect=True,
)


@ways
def test_an_operation_has_its_parameters(module: ModuleType) -> None:
    parameters = module.Halved.about.parameters
    assert list(parameters) == ["by", "fill", "interpolation"]
    assert (parameters["by"].integer, parameters["fill"].optional) == (True, True)
    assert parameters["interpolation"].choices == ("nearest", "linear", "cubic")
    assert module.Halved(by=4).by == 4


@ways
def test_a_policy_and_a_constructor_have_their_arguments(module: ModuleType) -> None:
    assert list(arguments_of(module.halves)) == ["operations", "count"]
    assert {name: (one.type, one.default) for name, one in declared(module.Takes).items() if name != "evaluators"} == {
        "steps": (int, 3),
        "rate": (float | None, None),
    }


@ways
def test_a_hook_is_called(module: ModuleType) -> None:
    import pluggy

    manager = pluggy.PluginManager("augplug")
    manager.register(module)
    assert not signature_of(module.augplug_operations).parameters
    assert manager.hook.augplug_operations() == [[module.Halved]]


def test_what_is_there_is_an_object() -> None:
    class Local:
        count: int

    assert annotations_of(Local) == {"count": int}
