"""Every way of `breaks.py` is refused before any of its code runs, and every one acts where nothing refuses it."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from augplug.gate.findings import refused
from augplug.gate.rules import check
from tests.gate.breaks import BREAKS, Break
from tests.gate.building import SENTINEL, WRITE_SENTINEL, artifact

ROOT = Path(__file__).parents[2]

ACTING = """
import json, sys, types
from pathlib import Path
from tests.gate.breaks import BREAKS, apart

def act(way, number, path):
    module = types.ModuleType(f"way{number}")
    sys.modules[module.__name__] = module
    try:
        exec(compile(way.source, module.__name__, "exec"), module.__dict__)
        return str(module.act(str(path)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

failed = []
for number, way in enumerate(BREAKS):
    path = Path(sys.argv[1], str(number))
    if way.acts:
        held = apart(lambda: act(way, number, path), Path(sys.argv[1], "said"))
        if not (held == "True" or path.exists()):
            failed.append(f"{way.letter} {way.name}: {held}")
Path(sys.argv[1], "failed").write_text(json.dumps(failed))
"""
"""Runs the ways with no gate before them."""


def judged(way: Break, before: str = "") -> set[str]:
    declared = "".join(f'{name} = "a reason"\n' for name in way.capabilities)
    files = {"my_ops/__init__.py": before + way.source}
    if declared:
        files["my_ops/augplug-plugin.toml"] = f"augplug-plugin = 1\n[capabilities]\n{declared}"
    return {found.rule for found in check(artifact(files)).findings if found.severity == "refusal"}


@pytest.mark.parametrize("way", BREAKS, ids=lambda way: f"{way.letter}: {way.name}")
def test_a_way_is_refused_by_its_rule(way: Break) -> None:
    assert way.rule in judged(way)


def test_none_of_its_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SENTINEL, str(tmp_path / "sentinel"))
    for way in BREAKS:
        judged(way, WRITE_SENTINEL)
    assert not (tmp_path / "sentinel").exists()


def test_every_class_has_members_enough() -> None:
    count = Counter(way.letter for way in BREAKS)
    assert set(count) == {"B1", "B2", "B3", "B4", "B5", "B6", "B7", "C"}
    assert min(count.values()) >= 4


def test_the_ways_act_where_nothing_refuses_them(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ACTING, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (tmp_path / "failed").exists(), ended.stderr
    assert json.loads((tmp_path / "failed").read_text("utf-8")) == []


def test_a_file_that_declares_a_library_of_the_list_is_refused() -> None:
    for library in ("numpy", "cv2", "augplug"):
        files = {
            "my_ops/__init__.py": "",
            "my_ops/augplug-plugin.toml": f'augplug-plugin = 1\n[capabilities]\n{library} = "why"\n',
        }
        assert refused(check(artifact(files)).findings)
