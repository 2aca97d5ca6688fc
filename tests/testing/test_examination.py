"""The ways to be examined: as a test, as data, on the command line, and in a child that may not come back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import augplug
from augplug import builtin, kernel
from augplug.testing import Examination, examine, examine_in_child, run
from augplug.testing.provided import things_of
from augplug.testing.running import opaque_operations
from tests.planted import observers
from tests.plugins.project import my_ops

PROJECT = Path(__file__).parents[1] / "plugins" / "project"
HEAD = "import os, sys, time, augplug\n"
GOOD = """
@augplug.operation(source="a test")
class Dark(augplug.Operation):
    '''Nothing yet.'''

    def describe(self, canvas):
        return []


@augplug.hookimpl
def augplug_operations():
    {body}
    return [Dark]
"""

test_my_ops = examine(my_ops)


def child(
    folder: Path, body: str, *, top: str = "", declared: str = "", seconds: float = 60, megabytes: int = 4096
) -> Examination:
    """Examine a plugin whose hook runs `body` first, and whose module runs `top`."""
    (folder / "odd_ops").mkdir(exist_ok=True)
    source = HEAD + top + "\n" + textwrap.dedent(GOOD).format(body=body)
    (folder / "odd_ops" / "__init__.py").write_text(source, encoding="utf-8")
    (folder / "odd_ops" / "augplug-plugin.toml").write_text(f"augplug-plugin = 1\n[capabilities]\n{declared}\n")
    return examine_in_child(folder, ["odd_ops"], seconds=seconds, megabytes=megabytes)


def test_run_gives_outcomes() -> None:
    outcomes = run(my_ops)

    assert {one.state for one in outcomes} <= {"passed", "skipped"}
    assert {one.subject for one in outcomes} >= {"operations:Ink", "searches:random-ink"}
    assert all(one.message for one in outcomes if one.state == "skipped")


def test_what_is_no_plugin_is_refused() -> None:
    with pytest.raises(augplug.PluginError, match=r"hookimpl.*entry point"):
        run(ModuleType("empty"))


def test_a_waiver_is_seen_and_strict() -> None:
    """A failure that is expected is skipped with the reason; a waived check that passes is a failure."""
    waived = {one.check: one for one in run(observers, expected_failures={"records-stay:pops": "known"})}
    outcomes = run(observers, expected_failures={"records-stay:pops": "known", "starts-anywhere:pops": "wrong"})
    told = {(one.check, one.subject): one for one in outcomes}

    assert waived
    assert told["records-stay", "observers:pops"].state == "skipped"
    assert "known" in told["records-stay", "observers:pops"].message
    assert told["starts-anywhere", "observers:pops"].state == "failed"
    assert "take the waiver out" in told["starts-anywhere", "observers:pops"].message


@pytest.mark.parametrize(
    ("waivers", "words"), [({"record-stay": "typo"}, "records-stay"), ({"records-stay": " "}, "why")]
)
def test_a_wrong_waiver_is_refused(waivers: dict[str, str], words: str) -> None:
    with pytest.raises(augplug.PluginError, match=words):
        run(observers, expected_failures=waivers)


def test_the_command_prints_json() -> None:
    command = [sys.executable, "-m", "augplug.testing", "my_ops", "--json", "--path", str(PROJECT)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["state"] for one in json.loads(done.stdout)["outcomes"]} == {"passed", "skipped"}


def test_a_good_plugin_passes_in_a_child() -> None:
    made = examine_in_child(PROJECT, ["my_ops"], seconds=120)

    assert made.passed, made
    assert not made.findings


def test_prints_of_a_plugin_do_not_garble_the_report(tmp_path: Path) -> None:
    made = child(tmp_path, "print('}]\\x00 ' * 3000); sys.stderr.write('rubbish')")

    assert made.passed, made


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("os._exit(0)", "no report"),
        ("os._exit(1)", "no report"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_child_that_dies_is_not_examined(tmp_path: Path, body: str, words: str) -> None:
    made = child(tmp_path, body, declared='process = "a test"')

    assert not made.passed
    assert re.search(words, made.failure), made


def test_a_child_that_spins_or_sleeps_is_not_examined(tmp_path: Path) -> None:
    """CPU time ends the first, the clock the second; both are the child's to lose."""
    spinning = child(tmp_path, "", top="while True: pass", seconds=3)
    sleeping = child(tmp_path, "", top="time.sleep(1000)", seconds=2)

    assert re.search("SIGXCPU|SIGKILL|not done after 6 s", spinning.failure)  # a busy machine gives less CPU time
    assert "not done after 4 s" in sleeping.failure


def test_a_child_that_wants_all_memory_is_not_passed(tmp_path: Path) -> None:
    made = child(tmp_path, "", top="hoard = bytearray(3 << 30)", megabytes=2048)

    assert "MemoryError" in made.failure


def test_what_cannot_be_imported_is_not_examined(tmp_path: Path) -> None:
    made = child(tmp_path, "", top="sys.exit(0)")

    assert "cannot be imported" in made.failure


def test_what_a_child_leaves_behind_is_killed(tmp_path: Path) -> None:
    """A process that the plugin started does not outlive the examination."""
    note = tmp_path / "number"
    start = f"child = os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '60'); open({str(note)!r}, 'w').write(str(child))"

    made = child(tmp_path, "", top=start, declared='process = "a test"\nfiles = "a test"')
    status = Path(f"/proc/{note.read_text(encoding='ascii')}/stat")

    assert made.passed, made
    for _ in range(100):  # a killed process may take a moment
        if not status.exists() or status.read_text(encoding="ascii").rpartition(")")[2].split()[0] in "ZX":
            return
        time.sleep(0.05)
    pytest.fail("it is still there")


def test_what_is_opaque_is_told() -> None:
    """Of the built-in operations none is; an Opaque of a plugin's is named."""
    module = ModuleType("covered")

    @augplug.operation(source="a test")
    class Covered(augplug.Operation):
        """Nothing that anybody can read."""

        # pylint: disable-next=no-self-use  # an operation without parameters
        def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
            del canvas
            return [augplug.Opaque(function=as_it_is, key=0)]

    @augplug.hookimpl
    def augplug_operations() -> list[type[augplug.Operation]]:
        return [Covered]

    module.augplug_operations = augplug_operations  # type: ignore[attr-defined]  # a module made by hand
    assert opaque_operations(module) == ["Covered"]
    assert not opaque_operations(builtin)


def as_it_is(sample: dict[str, Any], _key: int) -> dict[str, Any]:
    return sample


def test_written_files_and_connections_are_findings(tmp_path: Path) -> None:
    note, there = "open('note', 'w').close()", "socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"
    top = f"import socket\n{note}\n{there}"

    made = child(tmp_path, "", top=top, declared='network = "a test"\nfiles = "a test"')

    assert made.passed
    assert any("open" in finding for finding in made.findings)
    assert any("socket.connect" in finding for finding in made.findings)


def test_two_providers_are_told_apart() -> None:
    """A plugin's operation with a name of augplug's own is examined under its own address."""
    module = ModuleType("shadows")

    @augplug.operation(source="a test")
    class Invert(augplug.Operation):
        """Nothing."""

        # pylint: disable-next=no-self-use  # an operation without parameters
        def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
            del canvas
            return []

    @augplug.hookimpl
    def augplug_operations() -> list[type[augplug.Operation]]:
        return [Invert]

    module.augplug_operations = augplug_operations  # type: ignore[attr-defined]  # a module made by hand
    thing = things_of(module)[1]

    assert thing.address == "shadows:Invert"
    assert thing.operations["Invert"] is augplug.operations()["Invert"]


@pytest.mark.skipif(bool(kernel.missing()), reason="this kernel confines nothing")
@pytest.mark.parametrize(
    ("top", "capability"),
    [
        ("open({path!r}, 'w').close()", "files"),
        ("import socket; socket.socket()", "network"),
        ("import subprocess; subprocess.run(['true'], check=True)", "process"),
    ],
)
def test_a_child_may_do_what_was_declared(tmp_path: Path, top: str, capability: str) -> None:
    """The second line refuses what was not declared; what it has to permit, here native code, the kernel refuses."""
    for name in ("bare", "native", "declared"):
        (tmp_path / name).mkdir()
    act = top.format(path=str(tmp_path / "written"))

    refused = child(tmp_path / "bare", "", top=act)
    confined = child(tmp_path / "native", "", top=act, declared='native = "a test"')
    permitted = child(tmp_path / "declared", "", top=act, declared=f'{capability} = "a test"')

    assert f"does not declare the capability '{capability}'" in refused.failure
    assert "PermissionError" in confined.failure
    assert permitted.passed, permitted
