"""Services that run other people's tools: their own checkers judge what augplug hands them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from augplug.cli import main
from augplug.cli.plugins.new import CI

ROOT = Path(__file__).parents[2]
Ended = subprocess.CompletedProcess[str]
Tool = Callable[..., Ended]


@pytest.fixture
def tool() -> Tool:
    """A function that runs a program of this environment; skips where it is not installed."""

    def call(name: str, *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ended:
        program = Path(sys.executable).with_name(name)
        if not program.exists():
            pytest.skip(f"{name} is not installed: pip install --group services")
        command = [str(program), *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=900)

    return call


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new plugin with the files of every service."""
    folder = tmp_path_factory.mktemp("services") / "my-ops"
    asked = [word for service in CI for word in ("--ci", service)]
    assert main(["plugins", "new", "my-ops", str(folder), *asked]) == 0
    return folder
