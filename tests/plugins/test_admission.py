"""Which plugins are let in, and what is said of the others: blocked, refused, conflicting, broken."""

import json
from pathlib import Path

import pytest

from tests.plugins.installing import OPERATION, UNCHECKED, augplug, install, rows

GOOD = OPERATION.format(name="Halve")
TELLS = "import os; os.path.exists(os.environ['TOLD']) or os.mknod(os.environ['TOLD'])\n"
"""By `os.mknod`, which the second line does not see."""


def test_one_warning_names_every_plugin_that_never_passed_the_gate(tmp_path: Path) -> None:
    for number in range(5):
        install(tmp_path, f"ops-{number}", OPERATION.format(name=f"Halve{number}"))
    told = augplug(tmp_path, "ops", "list").stderr.splitlines()
    assert len(told) == 1
    assert f"ops-0 1.0, ops-1 1.0, ops-2 1.0, and 2 more {UNCHECKED}" in told[0]
    assert "augplug plugins check NAME" in told[0]


def test_a_blocked_plugin_is_not_imported_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    told = tmp_path / "told"
    install(tmp_path, "blocked-ops", TELLS + GOOD)
    (tmp_path / "pyproject.toml").write_text('[tool.augplug]\nblock = ["Blocked_Ops"]\n')
    ended = augplug(tmp_path, "plugins", "list", "--json", TOLD=str(told))
    (row,) = (row for row in json.loads(ended.stdout) if row["distribution"] == "blocked-ops")
    assert (row["state"], row["reason"]) == ("blocked", "it is on the block list")
    assert ended.stderr == ""
    assert not told.exists()


@pytest.mark.parametrize("mode", ["off", "require"])
def test_a_mode_keeps_it_from_being_imported(mode: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    install(tmp_path, "my-ops", TELLS + GOOD)
    ended = augplug(tmp_path, "--plugins", mode, "plugins", "list", "--json", TOLD=str(told))
    states = {row["distribution"]: row["state"] for row in json.loads(ended.stdout)}
    assert states == {"augplug": "loaded", "my-ops": "blocked" if mode == "off" else "refused"}
    assert not told.exists()
    assert len(ended.stderr.splitlines()) == (0 if mode == "off" else 1)
    assert augplug(tmp_path, "plugins", "list", TOLD=str(told)).returncode == 0
    assert told.exists()


@pytest.mark.parametrize("asks", ["augplug>=2", "augplug<1", "AugPlug==0.9"])
def test_a_plugin_for_another_augplug_is_refused_with_both_versions(asks: str, tmp_path: Path) -> None:
    install(tmp_path, "my-ops", GOOD, requires=asks)
    found, warnings = rows(tmp_path)
    assert found["my-ops"]["state"] == "refused"
    assert asks[7:] in found["my-ops"]["reason"]
    assert "this is augplug 1." in found["my-ops"]["reason"]
    assert len(warnings) == 1


@pytest.mark.parametrize("asks", ["augplug>=1,<2", 'augplug>=9; extra == "later"', "numpy>=1"])
def test_a_plugin_for_this_augplug_loads(asks: str, tmp_path: Path) -> None:
    install(tmp_path, "my-ops", GOOD, requires=asks)
    found, warnings = rows(tmp_path)
    assert found["my-ops"]["state"] == "loaded"
    assert warnings == []


def test_of_two_versions_on_the_path_both_places_are_named(tmp_path: Path) -> None:
    other = tmp_path / "other"
    install(tmp_path, "my-ops", GOOD)
    install(other, "my-ops", OPERATION.format(name="Quarter"), version="0.9")
    ended = augplug(tmp_path, "plugins", "list", "--json", PYTHONPATH=f"{tmp_path}:{other}")
    found = [row for row in json.loads(ended.stdout) if row["distribution"] == "my-ops"]
    assert [(row["version"], row["state"]) for row in found] == [("1.0", "loaded"), ("0.9", "conflicting")]
    assert str(tmp_path) in found[1]["reason"]
    assert str(other) in found[1]["reason"]
    assert sum("conflicting" in line for line in ended.stderr.splitlines()) == 1


def test_metadata_that_a_build_left_behind_is_no_second_plugin(tmp_path: Path) -> None:
    other = tmp_path / "other"
    install(tmp_path, "my-ops", GOOD)
    install(other, "my-ops", GOOD)
    ended = augplug(tmp_path, "plugins", "list", "--json", PYTHONPATH=f"{tmp_path}:{other}")
    assert [row["state"] for row in json.loads(ended.stdout) if row["distribution"] == "my-ops"] == ["loaded"]


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("entry_points.txt", "[augplug]\nno equals sign\n", "entry points cannot be read"),
        ("METADATA", "", "metadata"),
        ("METADATA", "Metadata-Version: 2.1\nVersion: 1.0\n", "metadata"),
    ],
)
def test_damaged_metadata_is_a_broken_plugin_and_no_more(file: str, content: str, reason: str, tmp_path: Path) -> None:
    install(tmp_path, "my-ops", GOOD)
    install(tmp_path, "good-ops", OPERATION.format(name="Quarter"))
    (tmp_path / "my_ops-1.0.dist-info" / file).write_text(content)
    ended = augplug(tmp_path, "plugins", "list", "--json")
    states = {row["distribution"]: row for row in json.loads(ended.stdout)}
    assert states.pop("augplug")["state"] == states.pop("good-ops")["state"] == "loaded"
    (row,) = states.values()
    assert row["state"] == "broken"
    assert reason in row["reason"]


def test_a_distribution_that_says_it_is_augplug_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "AugPlug", TELLS + GOOD, entry="builtin")
    told = tmp_path / "told"
    ended = augplug(tmp_path, "plugins", "list", "--json", TOLD=str(told))
    states = {row["distribution"]: row["state"] for row in json.loads(ended.stdout)}
    assert states == {"augplug": "loaded", "AugPlug": "refused"}
    assert not told.exists()


def test_what_a_plugin_prints_is_no_result(tmp_path: Path) -> None:
    install(tmp_path, "my-ops", f"print('hello')\n{GOOD}")
    ended = augplug(tmp_path, "plugins", "list", "--json")
    assert json.loads(ended.stdout)
    assert "hello" in ended.stderr


def test_a_name_that_no_policy_may_have_is_a_broken_plugin(tmp_path: Path) -> None:
    source = (
        "import augplug\n@augplug.hookimpl\ndef augplug_policies():\n"
        "    return {'a:b': lambda operations: augplug.Policy(augplug.sequence(), 'x')}\n"
    )
    install(tmp_path, "my-ops", source)
    found, warnings = rows(tmp_path)
    assert found["my-ops"]["state"] == "broken"
    assert "'a:b'" in found["my-ops"]["reason"]
    assert len(warnings) == 1
