"""Runs the repository's own tools on small trees with planted faults."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Run = Callable[..., tuple[int, str]]
sys.path.append(str(ROOT))  # where `benchmarks` is; last, so that augplug is the installed one


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(tool, {path: text})`: the tool's exit status and output on a tree that holds these files."""

    def run_tool(tool: str, files: dict[str, str]) -> tuple[int, str]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        command = [sys.executable, str(ROOT / "tools" / tool), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    return run_tool
