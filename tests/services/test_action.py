"""The Action's own commands, in the order and under the conditions of action.yml."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.conftest import ROOT
from tests.services.running import Runner

PLANTED = '"""Reads what it was not asked to."""\n\nimport os\n\nHOME = os.environ["HOME"]\n'
Making = Callable[[Path], Runner]


@pytest.fixture
def uploaded() -> list[str]:
    """The SARIF files that were sent."""
    return []


@pytest.fixture
def made(project: Path, uploaded: list[str], tmp_path: Path) -> Making:
    """A function that makes the runner of an Action in a folder, in an environment with nothing of ours in it."""

    def make(action: Path) -> Runner:
        (tmp_path / "temp").mkdir()
        (tmp_path / "home").mkdir()
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "python").symlink_to(Path(sys.base_prefix, "bin", "python3"))
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
        search = f"{tmp_path / 'bin'}:{os.defpath}"
        return Runner(
            action,
            workspace=project.parent,
            temp=tmp_path / "temp",
            environment={**kept, "PATH": search, "HOME": str(tmp_path / "home"), "LANG": "C.UTF-8"},
            uses={
                "actions/setup-python": lambda given: None,
                "github/codeql-action/upload-sarif": lambda given: uploaded.append(given["sarif_file"]),
            },
        )

    return make


def good_and_planted(runner: Runner, project: Path, uploaded: list[str]) -> None:
    """A clean plugin passes; one that is refused is uploaded, and then fails; what cannot be read fails at once."""
    status, printed = runner.run(target="my-ops", sarif="found.sarif")
    assert status == 0, printed
    assert json.loads((project.parent / "found.sarif").read_text("utf-8"))["runs"][0]["results"] == []
    (project / "my_ops" / "more.py").write_text(PLANTED, "utf-8")
    try:
        status, printed = runner.run(target="my-ops", sarif="found.sarif")
    finally:
        (project / "my_ops" / "more.py").unlink()
    assert status == 3, printed
    results = json.loads((project.parent / "found.sarif").read_text("utf-8"))["runs"][0]["results"]
    places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    assert places == {"my-ops/my_ops/more.py"}
    assert uploaded == ["found.sarif", "found.sarif"]

    status, printed = runner.run(target="nothing-there")
    assert (status, len(uploaded)) == (2, 2), printed
    status, printed = runner.run(target="my-ops", upload="false")
    assert (status, len(uploaded)) == (0, 2), printed


def test_the_steps_run_on_what_is_installed_here(
    made: Making, project: Path, uploaded: list[str], tmp_path: Path
) -> None:
    """As the next one, but for the step that installs."""

    def linked(_given: object) -> None:
        program = tmp_path / "temp" / "augplug" / "bin" / "augplug"
        program.parent.mkdir(parents=True, exist_ok=True)
        source = shlex.quote(os.environ.get("PYTHONPATH", ""))
        line = f'PYTHONPATH={source} exec {shlex.quote(sys.executable)} -c {shlex.quote(SCRIPT)} "$@"'
        program.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        program.chmod(0o755)

    runner = made(ROOT)
    runner.replaced = {"Install": linked}
    good_and_planted(runner, project, uploaded)


@pytest.mark.heavy
def test_the_steps_run_in_a_clean_environment(made: Making, project: Path, uploaded: list[str], tmp_path: Path) -> None:
    """Every command as it stands, from a clone: augplug and its tools are installed from PyPI."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    good_and_planted(made(clone), project, uploaded)


SCRIPT = "import sys; from augplug.cli import main; sys.exit(main())"
