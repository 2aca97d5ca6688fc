"""Files and functions that are too long are found, and only those."""

from collections.abc import Callable

import pytest

Run = Callable[..., tuple[int, str]]

HOUSE = """
[tool.augplug-house.limits]
augplug = { file = 30, function = 4 }
tests = { file = 50 }
[tool.augplug-house.exceptions]
"""


def long(lines: int, name: str = "f") -> str:
    """A function with so many lines of code, its first included."""
    return f"def {name}():\n" + "    x = 1\n" * (lines - 1)


def test_what_is_within_limits_passes(run: Run) -> None:
    files = {"pyproject.toml": HOUSE, "augplug/a.py": long(4), "augplug/b.py": "x = 1\n" * 30, "tests/c.py": long(50)}
    assert run("check_sizes.py", files) == (0, "sizes: all within limits\n")


@pytest.mark.parametrize("folder", ["augplug", "augplug/ops"])
def test_a_long_file_is_refused(run: Run, folder: str) -> None:
    status, output = run("check_sizes.py", {"pyproject.toml": HOUSE, f"{folder}/a.py": "x = 1\n" * 31})
    assert status == 1
    assert f"{folder}/a.py: 31 lines, at most 30" in output


def test_each_folder_has_its_own_limit(run: Run) -> None:
    status, output = run("check_sizes.py", {"pyproject.toml": HOUSE, "tests/a.py": "x = 1\n" * 51})
    assert status == 1
    assert "51 lines, at most 50" in output


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (long(5), "f"),
        ("async " + long(5), "f"),
        ("class A:\n    def m(self):\n" + "        x = 1\n" * 4, "A.m"),
        ("if True:\n    def g():\n" + "        x = 1\n" * 4, "g"),
        ("def f():\n    def g():\n" + "        x = 1\n" * 4, "f.g"),
        ('def f():\n    x = """\n\n\n    """\n    y = 1\n', "f"),
    ],
)
def test_a_long_function_is_refused_by_its_name(run: Run, source: str, name: str) -> None:
    status, output = run("check_sizes.py", {"pyproject.toml": HOUSE, "augplug/a.py": source})
    assert status == 1
    assert f": {name} has " in output


def test_docstrings_comments_and_blank_lines_do_not_count(run: Run) -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    # three\n\n' + "    x = 1\n" * 3
    assert run("check_sizes.py", {"pyproject.toml": HOUSE, "augplug/a.py": source})[0] == 0


def test_exceptions_hold_for_what_they_name(run: Run) -> None:
    table = HOUSE + '"augplug/a.py::f" = "one table, read top to bottom"\n"augplug/b.py" = "same"\n'
    files = {"pyproject.toml": table, "augplug/a.py": long(5) + long(5, "g"), "augplug/b.py": "x = 1\n" * 31}
    status, output = run("check_sizes.py", files)
    assert status == 1
    assert output == "augplug/a.py:6: g has 5 lines of code, at most 4\n"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [('"augplug/a.py::f" = " "', "give a reason"), ('"augplug/gone.py" = "was long"', "no longer needed")],
)
def test_an_exception_needs_a_reason_and_a_use(run: Run, row: str, complaint: str) -> None:
    status, output = run("check_sizes.py", {"pyproject.toml": HOUSE + row, "augplug/a.py": long(5)})
    assert status == 1
    assert complaint in output
