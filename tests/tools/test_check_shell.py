"""Every shell script is found and checked."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)


def test_sound_scripts_pass_and_are_named(run: Run) -> None:
    files = {".ci/run": "#!/usr/bin/env bash\necho hello\n", "tools/a.sh": "#!/bin/sh\necho hello\n", "b": "echo $x\n"}
    status, output = run("check_shell.py", files)
    assert status == 0, output
    assert "2 scripts: .ci/run tools/a.sh" in output


@pytest.mark.parametrize("name", ["a.sh", "deep/down/run"])
def test_a_planted_fault_is_refused(run: Run, name: str) -> None:
    status, output = run("check_shell.py", {name: "#!/bin/bash\nrm -rf $1/*\n"})
    assert status == 1
    assert "SC2086" in output


def test_finding_no_script_is_a_fault(run: Run) -> None:
    assert run("check_shell.py", {"a.py": "x = 1\n"})[0] == 1
