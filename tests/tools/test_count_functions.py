"""The counter counts each Python function of a package once, and nothing that is not one."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tools import count_functions

TOY = """
import json

class Subject:
    @property
    def size(self):
        return 1

def used_twice():
    return 2

def inner_functions():
    return [x for x in range(2)], {x: 0 for x in range(2)}, list(x for x in range(2)), (lambda: 1)()

def made():
    def function():
        return 3
    return function

def builtins_only():
    return len(str(abs(-1)))

def of_another_package():
    return json.dumps([1])

def failing():
    raise ValueError("on purpose")
"""


@pytest.fixture(name="toy")
def make_toy(tmp_path: Path) -> ModuleType:
    file = tmp_path / "package" / "toy.py"
    file.parent.mkdir()
    file.write_text(TOY, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("toy", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(toy: ModuleType, call: Callable[[], object]) -> list[str]:
    folder = Path(str(toy.__file__)).parent
    return sorted(code.co_name for code in count_functions.visited(call, folder))


def test_a_function_counts_once_however_often_it_is_called(toy: ModuleType) -> None:
    assert names(toy, lambda: [toy.used_twice() for _ in range(3)]) == ["used_twice"]


def test_one_function_made_twice_counts_once(toy: ModuleType) -> None:
    assert names(toy, lambda: (toy.made()(), toy.made()())) == ["function", "made"]


def test_properties_lambdas_comprehensions_and_generators_count(toy: ModuleType) -> None:
    assert names(toy, lambda: toy.Subject().size) == ["size"]
    comprehensions = [] if sys.version_info >= (3, 12) else ["<dictcomp>", "<listcomp>"]  # compiled inline from 3.12
    expected = sorted(["<genexpr>", "<lambda>", "inner_functions", *comprehensions])
    assert names(toy, toy.inner_functions) == expected


def test_functions_in_c_and_of_other_packages_do_not_count(toy: ModuleType) -> None:
    assert names(toy, toy.builtins_only) == ["builtins_only"]
    assert names(toy, toy.of_another_package) == ["of_another_package"]


def test_the_profiler_that_was_set_is_restored_even_if_the_call_raises(toy: ModuleType) -> None:
    before = sys.getprofile()
    with pytest.raises(ValueError, match="on purpose"):
        count_functions.visited(toy.failing, Path("unused"))
    assert sys.getprofile() is before


def test_every_row_has_a_baseline_and_visits_functions() -> None:
    found = count_functions.measure()
    assert list(found) == list(count_functions.BASELINE)
    assert all(found.values())
    assert any(line.split(" ")[1] == "Augmenter.__call__" for line in found["call"])


@pytest.mark.parametrize(("more", "status"), [(0, 0), (1, 1)])
def test_check_fails_above_two_thirds_of_the_baseline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: int, status: int
) -> None:
    baseline = {"call": 31}
    monkeypatch.setattr(count_functions, "BASELINE", baseline)
    monkeypatch.setattr(count_functions, "measure", lambda: {"call": ["a"] * (20 + more)})
    assert count_functions.main(["--check"]) == status
    assert count_functions.main([]) == 0
    assert f"call{31:>30}{20 + more:>6}{20:>7}" in capsys.readouterr().out


def test_the_tool_runs_as_a_script() -> None:
    tool = Path(count_functions.__file__)
    done = subprocess.run([sys.executable, str(tool), "--list"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Augmenter.__call__" in done.stdout
