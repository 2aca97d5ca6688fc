"""The list of what a plugin may use: what it names exists, and the plugin of the documentation keeps to it."""

import builtins
import importlib
import sys
import warnings
from importlib.resources import files

import pytest

from augplug.gate.rules import check
from augplug.gate.rules.allowed import allowed
from tests.docs.test_plugin_page import block
from tests.gate import building
from tests.gate.breaks import is_here

SINCE = {
    "typing.override": "python >= 3.12",
    "itertools.batched": "python >= 3.12",
    "copy.replace": "python >= 3.13",
    "builtins.PythonFinalizationError": "python >= 3.13",
    "configparser.SafeConfigParser": "python < 3.12",
    "sqlite3.enable_shared_cache": "python < 3.12",
    "configparser.LegacyInterpolation": "python < 3.13",
    "sqlite3.version": "python < 3.14",
    "sqlite3.version_info": "python < 3.14",
    "numpy.row_stack": "numpy < 2.5",
}
"""The versions that have the name; the list is of every supported one."""


def missing(module: object, name: str, attributes: list[str]) -> list[str]:
    """Names that are not there and ought to be; and the other way round, so that the table above stays true."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # sqlite3 warns of names that are read
        return [each for each in attributes if hasattr(module, each) != is_here(SINCE.get(f"{name}.{each}", "python"))]


@pytest.mark.parametrize("name", allowed()["modules"])
def test_what_a_module_may_give_exists(name: str) -> None:
    tables = allowed()["modules"][name]
    module = importlib.import_module(name) if name in sys.stdlib_module_names else pytest.importorskip(name)
    listed = [
        *tables.get("attributes", ()),
        *(each for kind in allowed()["capabilities"] for each in tables.get(kind, ())),
    ]
    assert missing(module, name, [*listed, *tables.get("never", ())]) == []


def test_a_builtin_of_the_list_exists() -> None:
    tables = allowed()["builtins"]
    assert missing(builtins, "builtins", [name for names in tables.values() for name in names]) == []


@pytest.mark.parametrize("dotted", allowed()["members"]["never"])
def test_a_member_that_is_never_allowed_exists(dotted: str) -> None:
    library, *parts = dotted.split(".")
    found = pytest.importorskip(library)
    for part in parts:
        found = getattr(found, part, None) or importlib.import_module(f"{found.__name__}.{part}")
    assert found is not None


def test_the_lines_of_the_list_can_be_read() -> None:
    lines = files("augplug.gate.rules").joinpath("allowed.toml").read_text("utf-8").splitlines()
    assert max(map(len, lines)) <= 120


def test_the_plugin_of_the_documentation_keeps_to_the_rules() -> None:
    result = check(building.artifact({"my_ops.py": block()}))
    assert not result.findings
    assert result.capabilities == {}
