"""`augplug export`, `augplug.export` and commands of plugins: the doors of two hooks, without any installed plugin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import augplug
from augplug import naming
from augplug.registry import Plugin, Provided, ReadOnly
from tests.cli.conftest import Run
from tests.planted.correct import Two
from tests.planted.exporters import Tables


@click.command()
@click.argument("word")
def shout(word: str) -> None:
    """Print WORD in capitals."""
    if word == "wrong":
        raise augplug.SettingsError("this word is wrong; give another")
    click.echo(word.upper())


@pytest.fixture(autouse=True)
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a registry provide exporters and commands, as if a plugin were installed."""
    registry = naming.registry()
    added: dict[str, Mapping[str, Any]] = {
        "exporters": {"tables": Tables, "two": Two},
        "commands": {"shout": shout, "no-command": len},
    }
    for kind, things in added.items():
        table = ReadOnly({name: Provided(thing, "augplug-planted") for name, thing in things.items()})
        monkeypatch.setitem(registry._provided, kind, table)
    monkeypatch.setitem(registry.plugins, "planted", Plugin("planted", "augplug-planted", "0.3"))


def test_a_draw_is_exported_with_its_manifest(run: Run, tmp_path: Path) -> None:
    """The manifest says what was made of what, by whom, for which images; the file's hash is its own."""
    policy = tmp_path / "mine.json"
    policy.write_text(json.dumps(augplug.Policy(augplug.step("Invert"), "mine").to_json()))
    outcome = run("export", "tables", policy, "-o", "t.json", "--index", "3", "--epoch", "2", "--size", "20x30")
    manifest = json.loads((tmp_path / "t.json.manifest.json").read_text())
    content = (tmp_path / "t.json").read_bytes()

    assert (outcome.status, outcome.out) == (0, "t.json\n")
    assert json.loads(content) == list(range(255, -1, -1))
    assert manifest["files"] == {"t.json": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}}
    assert manifest["input"] == {"shape": [20, 30, 3], "layout": "HWC", "dtype": "uint8", "range": [0, 255]}
    assert manifest["made_by"] == {"augplug": version("augplug"), "augplug-planted": "0.3"}
    assert (manifest["augplug_export"], manifest["format"], manifest["source"]) == (1, "tables", "plan")
    assert (manifest["name"], manifest["bound"]) == ("mine", 0.0)
    plan = augplug.load_plan(json.dumps(manifest["document"]))
    image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    assert np.array_equal(augplug.replay(plan, image), 255 - image)
    assert plan.key == {"seed": 0, "epoch": 2, "index": 3}


def test_several_files_are_a_folder_and_the_same_bytes_again(tmp_path: Path) -> None:
    """From Python, with a setting; names with slashes are folders; a second export is equal to the byte."""
    plan = augplug.Augmenter(augplug.step("Invert")).plan(np.zeros((4, 4, 3), np.uint8), index=0)
    for name in ("one", "again"):
        place = augplug.export("two", plan, tmp_path / name, size=(4, 4), settings={"note": "hello"})
        assert place == tmp_path / name / "manifest.json"
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()}

    assert files == {Path("manifest.json"), Path("tables.json"), Path("notes/note.txt")}
    assert (tmp_path / "one" / "notes" / "note.txt").read_text() == "hello"
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in files)


def test_without_a_path_the_export_is_named_after_the_policy(run: Run, tmp_path: Path) -> None:
    """And never overwrites what is there."""
    (tmp_path / "mine.json").write_text(json.dumps(augplug.Policy(augplug.step("Invert"), "mine").to_json()))
    outcome = run("export", "tables", "mine.json", "--index", "0")

    assert (outcome.status, outcome.out) == (0, "mine-2.json\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("table", "hand-made"), "did you mean 'tables'?"),
        (("tables", "hand-made"), "no policy"),
        (("tables", "nowhere"), "there is no policy"),
        (("tables", "hand-made", "--size", "12"), "--size is height x width, such as 224x224, not '12'"),
        (("tables", "hand-made", "--epoch", "1"), "--epoch belongs to --index"),
        (("tables", "hand-made", "--set", "note"), "--set takes KEY=VALUE, not 'note'"),
        (("tables", "hand-made", "--set", "note=1"), "has no setting 'note'"),
        (("tables", "hand-made", "--size", "99999x99999"), "pixels at most"),
    ],
)
def test_wrong_requests_are_one_line_and_status_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    """No traceback, and what to do."""
    outcome = run("export", *arguments)

    assert outcome.status == 2
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_an_error_of_the_export(tmp_path: Path) -> None:
    """The folder must exist."""
    plan = augplug.Augmenter(augplug.step("Invert")).plan(np.zeros((4, 4, 3), np.uint8), index=0)
    with pytest.raises(augplug.ExportError, match="give a path in a folder that exists"):
        augplug.export("tables", plan, tmp_path / "no" / "t.json")


def test_commands_of_plugins_run_as_augplugs_own(run: Run) -> None:
    """Their results, their errors and their help are as those of other commands."""
    assert run("shout", "hello").out == "HELLO\n"
    wrong = run("shout", "wrong")
    assert (wrong.status, wrong.err) == (2, "augplug: this word is wrong; give another\n")
    assert run("shout", "--help").out.startswith("Usage: augplug shout [OPTIONS] WORD")
    assert "did you mean 'shout'?" in run("shot", "hello").err
    assert "is a builtin_function_or_method, no click.Command" in run("no-command").err


def test_a_command_of_augplugs_own_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin with a command named search is conflicting, and says with whom."""
    registry = naming.registry()
    row = Plugin("greedy", "greedy", "1")
    monkeypatch.setattr(registry, "_collect", lambda _kind: iter([(row, {"search": shout})]))
    monkeypatch.delitem(registry._provided, "commands")
    with pytest.warns(augplug.PluginWarning, match="'search' is already provided by augplug"):
        assert "search" not in registry.provided("commands")
    assert row.state == "conflicting"
