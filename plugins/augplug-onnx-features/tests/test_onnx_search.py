"""A search with the evaluator `onnx-features`, from the command line, in worker processes that the kernel confines."""

import errno
import hashlib
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from augplug_onnx_features.settings import OnnxSettings

import augplug
from augplug.testing.evaluators import stripes

SCRIPT = "import sys; from augplug.cli import main; sys.exit(main())"
QUICK = ("--trials", "2", "--seeds", "1", "--workers", "1", "--evaluator", "onnx-features")
SETTINGS = ("copies=1", "size=24", "train=12", "subsets=1", "race_cells=2", "significance=1")


def search(folder: Path, model: Path) -> subprocess.CompletedProcess[str]:
    """Run a small search in a process of its own, which stands in another folder than the network's."""
    chosen = [word for setting in (*SETTINGS, f"model={model}") for word in ("--set", setting)]
    command = [sys.executable, "-c", SCRIPT, "search", "magnitude", "data.npz", "--out", "run", *QUICK, *chosen]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = stripes(1, 240)
    (tmp_path / "work").mkdir()
    np.savez(tmp_path / "work" / "data.npz", x=data.x, y=data.y)
    return tmp_path / "work"


def test_a_search_reads_the_network_in_its_workers(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    runpy.run_path(str(Path(__file__).with_name("nets.py")))["save"](path)

    ended = search(folder, path)

    assert ended.returncode == 0, ended.stderr
    result = json.loads((folder / "run" / "result.json").read_text("utf-8"))
    assert result["settings"]["evaluator"] == "onnx-features"
    assert result["test_score"] > 0.8
    assert (folder / "run" / "policy.json").is_file()
    assert result["settings"]["evaluator_settings"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_missing_network_is_one_line_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    ended = search(folder, tmp_path / "none.onnx")

    assert ended.returncode == 2
    assert f"onnx-features: there is no file {tmp_path / 'none.onnx'}; give the path" in ended.stderr.splitlines()[-1]
    assert not (folder / "run").exists()


def test_a_broken_network_is_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"not a network")

    ended = search(folder, tmp_path / "net.onnx")

    assert ended.returncode == 2
    assert f"onnx-features: {tmp_path / 'net.onnx'} cannot be opened: " in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x" * 300, f"{'x' * 300} cannot be read: {os.strerror(errno.ENAMETOOLONG)}"),
        ("file/net.onnx", "there is no file .*net.onnx; give the path"),
        ("folder", "there is no file .*folder; give the path"),
    ],
)
def test_a_path_without_a_network_that_can_be_read(tmp_path: Path, name: str, problem: str) -> None:
    """Of what cannot be looked at nobody says that it is not there."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(augplug.SettingsError, match=rf"^onnx-features: .*{problem}"):
        OnnxSettings(model=str(tmp_path / name))
