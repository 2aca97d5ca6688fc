"""The tool that tries mutants: which it draws, what it counts, and when it fails. Runs in the environment `mutants`."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cosmic_ray", reason="in the environment mutants only")

ROOT = Path(__file__).parents[2]
CODE = '''"""A module."""

from __future__ import annotations

LIMIT = 100 + 1


def larger(a: int | None, b: int) -> bool:
    return a is not None and a > b
'''
TESTS = """
from package.module import LIMIT, larger


def test_larger():
    assert larger(2, 1)
    assert not larger(1, 1)
    assert not larger(0, 1)
    assert not larger(None, 0)
    assert LIMIT > 99
"""
PROFILE = 'from hypothesis import settings\nsettings.register_profile("few")\n'
TABLE = '[tests]\n"package/module.py" = "tests/test_module.py"\n'
SURVIVOR = """
[[survivors]]
module = "package/module.py"
before = "LIMIT = 100 + 1"
after = "{after}"
equivalent = {equivalent}
why = "any number above 99 will do"
"""


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tools/mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository for the tool."""
    files = {
        "package/__init__.py": "",
        "package/module.py": CODE,
        "tests/conftest.py": PROFILE,
        "tests/test_module.py": TESTS,
        "tests/mutants.toml": TABLE,
        "pytest.ini": "[pytest]\nmarkers = heavy: slow\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "COPIED", ("package", "tests", "pytest.ini"))
    return tmp_path


def drawn(tool: Any, root: Path, count: int = 100, seed: int = 0) -> list[tuple[str, str]]:
    found = list(tool.sites(root, ["package/module.py"]))
    return [(one.before, one.after) for one in tool.drawn(root, found, count, seed)]


def test_nothing_in_an_annotation_is_a_mutant(tool: Any, root: Path) -> None:
    assert not [before for before, _ in drawn(tool, root) if before.startswith("def ")]


def test_a_smaller_sample_is_the_beginning_of_a_larger_one(tool: Any, root: Path) -> None:
    every = drawn(tool, root)

    assert len(every) > 4
    assert drawn(tool, root, 3) == every[:3]
    assert drawn(tool, root, seed=1) != every


def test_code_that_is_added_leaves_the_mutants_of_the_other(tool: Any, root: Path) -> None:
    before = drawn(tool, root)
    added = CODE.replace("LIMIT =", "ZERO = 0\nLIMIT =")
    (root / "package/module.py").write_text(added, encoding="utf-8")

    assert [one for one in drawn(tool, root) if not one[0].startswith("ZERO")] == before


@pytest.mark.parametrize(
    ("killed", "counted", "low", "high"), [(180, 200, 0.851, 0.934), (20, 20, 0.839, 1), (0, 0, 0, 1)]
)
def test_the_interval_is_wilsons(tool: Any, killed: int, counted: int, low: float, high: float) -> None:
    assert tool.interval(killed, counted) == pytest.approx((low, high), abs=5e-4)


def test_a_survivor_must_be_explained(tool: Any, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--count", "100", "--processes", "1"]

    assert tool.main(arguments) == 1
    said = capsys.readouterr().out
    assert "survived, and tests/mutants.toml does not say why: package/module.py" in said
    assert "  - LIMIT = 100 + 1" in said
    assert "- return a" not in said  # what the tests notice

    after = [change for before, change in drawn(tool, root, seed=23) if before.startswith("LIMIT")]
    explained = TABLE + "".join(SURVIVOR.format(after=one, equivalent="true") for one in set(after))
    (root / "tests/mutants.toml").write_text(explained, encoding="utf-8")
    assert tool.main([*arguments, "--least", "0.3"]) == 0
    assert "any number above 99 will do" in capsys.readouterr().out

    (root / "package/module.py").write_text(CODE.replace("100 + 1", "1 + 100"), encoding="utf-8")
    assert tool.main(arguments) == 1
    assert "explains a line that is not there" in capsys.readouterr().out


def test_tests_that_fail_anyway_show_nothing(tool: Any, root: Path) -> None:
    (root / "tests/test_module.py").write_text("def test_it():\n    raise ValueError\n", encoding="utf-8")

    with pytest.raises(SystemExit, match="fail without any mutant"):
        tool.main(["--count", "1"])
