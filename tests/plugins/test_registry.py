"""A plugin that is broken in any way is one warning and a row; everything else works."""

from pathlib import Path

import pytest

from tests.plugins.installing import OPERATION, augplug, install, rows

BROKEN = {
    "raises-at-import": ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
    "leaves-at-import": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "is-no-python": ("def (", "SyntaxError"),
    "wants-another-module": ("import not_there_at_all", "not_there_at_all"),
    "wrong-signature": (
        "import augplug\n@augplug.hookimpl\ndef augplug_operations(colour):\n    return []\n",
        "colour",
    ),
    "unknown-hook": ("import augplug\n@augplug.hookimpl\ndef augplug_opperations():\n    return []\n", "opperations"),
    "hook-raises": (
        "import augplug\n@augplug.hookimpl\ndef augplug_operations():\n    raise KeyError('where')\n",
        "operations cannot be had: KeyError: 'where'",
    ),
    "hook-returns-rubbish": ("import augplug\n@augplug.hookimpl\ndef augplug_operations():\n    return [int]\n", "int"),
    "no-operation": (
        "import augplug\n@augplug.operation(source='a')\nclass Subject:\n    describe = None\n",
        "Subject must inherit from augplug.Operation",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_one_warning_and_a_row(name: str, tmp_path: Path) -> None:
    source, reason = BROKEN[name]
    install(tmp_path, name, source)
    found, warnings = rows(tmp_path)
    assert found[name]["state"] == "broken"
    assert reason in found[name]["reason"]
    assert found[name]["version"] == "1.0"
    assert len(warnings) == 1
    assert name in warnings[0]
    assert "1.0" in warnings[0]
    assert reason in warnings[0]


ENTRIES = {
    "no-name": ("a b", "its entry point 'no-name = a b' names no module"),
    "nothing": ("", "its entry point 'nothing = ' names no module"),
    "half-an-attribute": ("x:[", "its entry point 'half-an-attribute = x:[' names no module"),
    "whoever-runs": ("__main__:main", "where its module __main__ lies cannot be told: __main__.__spec__ is None"),
    "relative": (".x", "relative import"),
}
RECORDS = {"no-text": b"\xff\n", "five-columns": b"a,b,c,d,e\n", "empty-line": b"\n\n", "size": b"a.py,,many\n"}


def test_damaged_metadata_is_a_warning_for_each_plugin_that_has_it(tmp_path: Path) -> None:
    for name, (value, _) in ENTRIES.items():
        install(tmp_path, name, OPERATION.format(name="Halve"))
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        (info / "entry_points.txt").write_text(f"[augplug]\n{name} = {value}\n", "utf-8")
    found, warnings = rows(tmp_path)

    assert {name: found[name]["state"] for name in ENTRIES} == dict.fromkeys(ENTRIES, "broken")
    assert [name for name, (_, reason) in ENTRIES.items() if reason not in found[name]["reason"]] == []
    assert len(warnings) == len(ENTRIES)
    assert "Rotate" in found["augplug"]["provides"]["operations"]


def test_a_damaged_requirement_is_a_warning_for_the_plugin_that_has_it(tmp_path: Path) -> None:
    """Its files are looked up before the plugin is loaded, to know what it may import."""
    for name, record in RECORDS.items():
        install(tmp_path, f"wants-{name}", f"open({str(tmp_path / 'ran')!r}, 'w')\n", requires=name)
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        (info / "RECORD").write_bytes(record)
    found, warnings = rows(tmp_path)

    for name in RECORDS:
        row = found[f"wants-{name}"]
        assert row["state"] == "broken"
        assert f"the list of files of {name}, which it requires, is damaged (" in row["reason"]
        assert row["reason"].endswith(f"); install {name} again")
    assert not (tmp_path / "ran").exists()
    assert len(warnings) == len(RECORDS)
    assert "Rotate" in found["augplug"]["provides"]["operations"]


def test_everything_else_works_beside_all_of_them(tmp_path: Path) -> None:
    for name, (source, _) in BROKEN.items():
        install(tmp_path, name, source)
    install(tmp_path, "good-ops", OPERATION.format(name="Halve"))
    found, warnings = rows(tmp_path)
    assert {name for name, row in found.items() if row["state"] == "loaded"} == {"augplug", "good-ops"}
    assert found["good-ops"]["provides"]["operations"] == ["Halve"]
    assert "Rotate" in found["augplug"]["provides"]["operations"]
    assert len(warnings) == len(BROKEN)
    listed = augplug(tmp_path, "ops", "list")
    assert listed.returncode == 0
    assert {"Halve", "Rotate"} <= {line.split()[0] for line in listed.stdout.splitlines()}


def test_a_plugin_cannot_shadow_what_is_built_in(tmp_path: Path) -> None:
    install(tmp_path, "shadow", OPERATION.format(name="Rotate"))
    found, warnings = rows(tmp_path)
    assert found["shadow"]["state"] == "conflicting"
    assert len(warnings) == 1
    assert all(name in warnings[0] for name in ("shadow", "'Rotate'", "augplug"))
    shown = augplug(tmp_path, "ops", "show", "Rotate")
    assert "augplug:Rotate" in shown.stdout


def test_two_providers_of_a_name_are_both_named(tmp_path: Path) -> None:
    install(tmp_path, "first-ops", OPERATION.format(name="Halve"))
    install(tmp_path, "second-ops", OPERATION.format(name="Halve"))
    found, warnings = rows(tmp_path)
    assert (found["first-ops"]["state"], found["second-ops"]["state"]) == ("loaded", "conflicting")
    assert len(warnings) == 1
    assert all(name in warnings[0] for name in ("first-ops", "second-ops", "'Halve'"))
    assert augplug(tmp_path, "ops", "show", "first-ops:Halve").returncode == 0
    assert augplug(tmp_path, "ops", "show", "second-ops:Halve").returncode == 2


def test_distributions_may_give_their_entry_points_the_same_name(tmp_path: Path) -> None:
    install(tmp_path, "first-ops", OPERATION.format(name="Halve"), entry="ops")
    install(tmp_path, "second-ops", OPERATION.format(name="Quarter"), entry="ops")
    found, warnings = rows(tmp_path)
    assert warnings == []
    assert found["first-ops"]["provides"]["operations"] == ["Halve"]
    assert found["second-ops"]["provides"]["operations"] == ["Quarter"]


def test_an_entry_point_named_as_the_built_in_one_takes_nothing_away(tmp_path: Path) -> None:
    install(tmp_path, "my-ops", OPERATION.format(name="Halve"), entry="builtin")
    found, _ = rows(tmp_path)
    assert "Rotate" in found["augplug"]["provides"]["operations"]
    assert found["my-ops"]["provides"]["operations"] == ["Halve"]


def test_discovery_imports_nothing_to_print_help(tmp_path: Path) -> None:
    install(tmp_path, "raises-at-import", "raise RuntimeError('no luck')")
    ended = augplug(tmp_path, "--help")
    assert ended.returncode == 0
    assert ended.stderr == ""
