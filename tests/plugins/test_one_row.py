"""Whatever a plugin raises, and whatever its metadata hold, costs one row."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from augplug import Policy
from augplug.errors import PluginError
from augplug.naming import NamedPolicy
from tests.plugins.installing import OPERATION, augplug, environment, install, rows

HOOK = "import augplug\n@augplug.hookimpl\ndef augplug_operations():\n    raise {error}\n"
ERRORS = ("BaseException('a')", "KeyboardInterrupt", "GeneratorExit", "SystemExit(0)", "Own('a')")
OWN = "class Own(BaseException):\n    pass\n"


@pytest.mark.parametrize("error", ERRORS)
def test_a_plugin_that_raises_is_one_row(tmp_path: Path, error: str) -> None:
    site = tmp_path / "site"
    install(site, "fair-ops", OPERATION.format(name="Fair"))
    install(site, "bad-import", f"{OWN}raise {error}\n")
    install(site, "bad-hook", OWN + HOOK.format(error=error))
    found, _ = rows(site)
    assert {name: row["state"] for name, row in found.items()} == {
        "augplug": "loaded",
        "bad-hook": "broken",
        "bad-import": "broken",
        "fair-ops": "loaded",
    }


@pytest.mark.parametrize("content", [b"[augplug]\n\xff = x\n", b"[augplug]\nno line\n", b"\xff\xfe[augplug]"])
def test_entry_points_that_cannot_be_read_are_one_row(tmp_path: Path, content: bytes) -> None:
    site = tmp_path / "site"
    install(site, "fair-ops", OPERATION.format(name="Fair"))
    install(site, "bad-ops", "")
    (site / "bad_ops-1.0.dist-info/entry_points.txt").write_bytes(content)
    found, _ = rows(site)
    assert (found["bad-ops"]["state"], found["fair-ops"]["state"]) == ("broken", "loaded")
    assert "entry points cannot be read" in found["bad-ops"]["reason"]


def test_the_user_can_still_stop_a_plugin_that_takes_long(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "slow-ops", "import sys, time\nprint('now', file=sys.stderr, flush=True)\ntime.sleep(60)\n")
    with subprocess.Popen(
        [sys.executable, "-c", "import augplug; augplug.operations()"],
        env=environment(site),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "now\n"
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert "KeyboardInterrupt" in told
    assert process.returncode != 0


POLICIES = """
import augplug


def raises(operations):
    raise RuntimeError("no luck")


def returns_a_step(operations):
    return augplug.step("Rotate", degrees=1, operations=operations)


def needs_a_level(operations, level):
    return augplug.Policy(augplug.sequence(augplug.step("Rotate", level=level, operations=operations)))


@augplug.hookimpl
def augplug_policies():
    return {"raises": raises, "returns-a-step": returns_a_step, "needs-a-level": needs_a_level}
"""


def test_policies_that_cannot_be_made_are_left_out_of_the_list(tmp_path: Path) -> None:
    """One of them said of itself what it needs; the list ended with a TypeError."""
    site = tmp_path / "site"
    install(site, "bad-policies", POLICIES)
    ended = augplug(site, "policies", "list")

    assert ended.returncode == 0
    assert {"randaugment", "flip"} <= {line.split()[0] for line in ended.stdout.splitlines()}
    said = [line for line in ended.stderr.splitlines() if line.startswith("left out ")]
    assert said == [
        "left out raises: the policy raises of bad-policies cannot be made: RuntimeError: no luck",
        "left out returns-a-step: the policy returns-a-step of bad-policies is a Step and no Policy",
        "left out needs-a-level: needs-a-level needs level: write needs-a-level:level=...",
    ]
    named = augplug(site, "policies", "show", "raises")
    assert named.returncode == 2
    assert named.stderr.splitlines()[-1] == f"augplug: {said[0].removeprefix('left out raises: ')}"


def test_a_fault_of_a_policy_of_augplugs_own_keeps_its_traceback() -> None:
    """It is to be mended here, and by nobody else."""

    def build() -> Policy:
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        NamedPolicy("mine", "augplug", build).make()
    with pytest.raises(PluginError, match="the policy mine of theirs cannot be made: RuntimeError: no luck"):
        NamedPolicy("mine", "theirs", build).make()
