"""What importing augplug costs, and that no module hides a public name."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

import augplug

ALIASES = [
    "AUTOCONTRAST",
    "BatchFunction",
    "Border",
    "Histograms",
    "EQUALIZE",
    "Effect",
    "Fill",
    "Image",
    "Interpolation",
    "ImageFunction",
    "MOST_DEATHS",
    "Matrix",
    "Points",
    "Values",
    "hookimpl",
]
THIRD_PARTY = """
import sys
before = set(sys.modules)
{code}
packages = {{name.split('.')[0] for name in set(sys.modules) - before}}
print(*sorted(name for name in packages if name not in sys.stdlib_module_names and not name.startswith('_')))
"""
IN_RANDOM_ORDER = """
import importlib, pkgutil, random, sys
import augplug
names = [module.name for module in pkgutil.walk_packages(augplug.__path__, "augplug.")]
random.Random(int(sys.argv[1])).shuffle(names)
public = {name: getattr(augplug, name) for name in augplug.__all__[: len(augplug.__all__) // 2]}
for name in names:
    importlib.import_module(name)
for name in augplug.__all__:
    value = getattr(augplug, name)
    assert type(value).__name__ != "module", name
    assert public.get(name, value) is value, name
print(len(names))
"""


def fresh(code: str, *arguments: str) -> str:
    """Run code in a new interpreter; return what it prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_importing_augplug_imports_lazy_loader_alone() -> None:
    """Neither numpy nor anything heavier: names are loaded when they are used."""
    assert fresh(THIRD_PARTY.format(code="import augplug")) == "augplug lazy_loader"


def test_a_first_augmenter_imports_numpy_and_the_registrys_libraries() -> None:
    """Neither scipy nor scikit-image, Pillow, click, rich nor torch; OpenCV and stringzilla when they render."""
    code = "import augplug; augplug.Augmenter('randaugment:n=2,m=9', backend={!r})"

    assert (
        fresh(THIRD_PARTY.format(code=code.format("reference")))
        == "augplug lazy_loader numpy packaging platformdirs pluggy"
    )
    assert (
        fresh(THIRD_PARTY.format(code=code.format("opencv")))
        == "augplug cv2 lazy_loader numpy packaging platformdirs pluggy stringzilla"
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_module_hides_a_public_name(seed: int) -> None:
    """Every module is imported in random order; each public name is still what it was, and no module."""
    assert int(fresh(IN_RANDOM_ORDER, str(seed))) > 60


def test_every_public_name_is_documented() -> None:
    """Classes and functions say what they are; aliases of types have their sentence beside them."""
    things = {name: getattr(augplug, name) for name in augplug.__all__}
    silent = [
        name
        for name, thing in things.items()
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and not inspect.getdoc(thing)
    ]

    assert silent == []
    assert len(things) > 70
    assert dir(augplug) == sorted(dir(augplug))


def test_every_public_alias_has_its_sentence_beside_it() -> None:
    """A name that is neither class nor function has a string below its assignment, where editors look for it."""
    stub = ast.parse((Path(augplug.__file__).parent / "__init__.pyi").read_text("utf-8"))
    froms = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    homes = {alias.name: f"augplug.{node.module}" for node in froms for alias in node.names}

    assert set(homes) == set(augplug.__all__) - {"__version__"}
    for name, thing in ((name, getattr(augplug, name)) for name in homes):
        assert inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)) or name in ALIASES, name
    assert [name for name in ALIASES if not told(homes[name], name)] == []


def told(module: str, name: str) -> bool:
    """Whether a string stands below the assignment of a name."""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    for node, below in itertools.pairwise(body):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return isinstance(below, ast.Expr) and isinstance(getattr(below.value, "value", None), str)
    return False


def test_unknown_names_are_attribute_errors() -> None:
    """A name that is not public is not there."""
    assert not hasattr(augplug, "registry_")
