"""Every check catches the bugs that were planted for it, and accuses nothing that is right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from augplug.testing.base import name_of, question_of, remedy_of
from augplug.testing.running import CHECKS
from tests.planted.table import BUGGY, Table, add_correct, add_planted, complete

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", BUGGY)
def test_planted_bugs_are_caught(module: str) -> None:
    """None is missed."""
    table = Table()

    add_planted(table, (module,))

    assert not table.wrong
    assert sum(count["caught"] for count in table.counts.values()) >= 1


def test_what_is_right_passes() -> None:
    """Odd but legal plugins, and a whole one that a user might write."""
    table = Table()

    add_correct(table, ("tests.planted.correct", "tests.plugins.project.my_ops"))

    assert not table.wrong


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_what_is_built_in_passes(kind: str) -> None:
    """All operations, policies, searches, evaluators, executors and backends of augplug itself."""
    table = Table()

    add_correct(table, ("augplug.builtin",), (kind,))

    assert not table.wrong


def test_every_check_has_a_planted_bug() -> None:
    """By the lists alone; that they are caught is the other test."""
    table = Table()
    named = {(kind, name_of(check)) for kind, checks in CHECKS.items() for check in checks}

    assert set(table.counts) == named
    assert {f"no planted bug: {kind} {check}" for kind, check in named} <= set(complete(Table()).wrong)
    assert table.unplanted() == []


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_every_check_asks_and_advises(kind: str) -> None:
    """A question, and what to do."""
    for check in CHECKS[kind]:
        assert question_of(check).endswith("?"), name_of(check)
        assert remedy_of(check).endswith("."), name_of(check)


def test_the_page_is_fresh() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "examination_page.py", "--check"], check=False)
    assert done.returncode == 0
