"""Every silenced finding names its rule and its reason."""

from collections.abc import Callable

import pytest

Run = Callable[..., tuple[int, str]]

GOOD = [
    "# a comment that speaks of noqa and of type: ignore",
    "# noqa: S602  # the user's own command",
    "# noqa: S602, PLR0913  # two rules here",
    "# type: ignore[arg-type]  # the stub is wrong",
    "# type: ignore[arg-type, misc]  # the stub is wrong",
    "# nosec B602  # the user's own command",
    "# nosec: B602, B605  # the user's own command",
    "# pylint: disable=no-member  # made at run time",
    "# pylint: disable=no-member, invalid-name  # made at run time",
    "# pylint: disable-next=no-member  # made at run time",
    "# pragma: no cover  # only on Windows",
    "# noqa: S602  # nosec B602  # the user's own command",
    "# type: ignore[misc]  # noqa: S602  # the user's own command",
]
BAD = [
    "# noqa",
    "# NOQA: S602",
    "# noqa: S602",
    "# noqa: S602 the user's own command",
    "# noqa  # the user's own command",
    "# noqa: S602  # why",
    "# ruff: noqa  # the whole file",
    "# flake8: noqa  # the whole file",
    "# type: ignore",
    "# type:ignore  # the stub is wrong",
    "# type: ignore[misc]",
    "# mypy: ignore-errors  # the whole file",
    "# nosec",
    "# nosec  # the user's own command",
    "# nosec B602",
    "# pylint: disable=no-member",
    "# pylint: disable=all  # the whole file",
    "# pylint: skip-file  # the whole file",
    "# see pylint: disable=no-member",
    "# pragma: no cover",
    "# the user's own command  # noqa: S602",
    "# noqa: S602  # nosec  # the user's own command",
]


@pytest.mark.parametrize("comment", GOOD)
def test_a_rule_with_its_reason_passes(run: Run, comment: str) -> None:
    assert run("check_suppressions.py", {"augplug/a.py": f"x = 1  {comment}\n"})[0] == 0


@pytest.mark.parametrize("comment", BAD)
def test_anything_less_is_refused(run: Run, comment: str) -> None:
    status, output = run("check_suppressions.py", {"augplug/a.py": f"y = 1\nx = 1  {comment}\n"})
    assert status == 1
    assert output.startswith("augplug/a.py:2: ")


def test_strings_are_not_comments(run: Run) -> None:
    source = 'x = "# noqa"\ny = """\n# type: ignore\n"""\n'
    assert run("check_suppressions.py", {"augplug/a.py": source})[0] == 0


@pytest.mark.parametrize("folder", ["augplug/ops", "plugins/one", "tools", "benchmarks", "tests"])
def test_every_folder_is_read(run: Run, folder: str) -> None:
    assert run("check_suppressions.py", {f"{folder}/a.py": "x = 1  # noqa\n"})[0] == 1


def test_planted_bugs_may_stay_bugs(run: Run) -> None:
    assert run("check_suppressions.py", {"tests/planted/a.py": "x = 1  # noqa\n"})[0] == 0
