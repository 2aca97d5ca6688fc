"""The whole hostile collection through the gate: everything is refused that should be, and none of its code runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gate.building import SENTINEL, WRITE_SENTINEL
from tests.gate.evasions import EVASIONS
from tests.gate.hostile import HOSTILE

ROOT = Path(__file__).parents[2]

SCRIPT = """
import json, sys, tempfile
from pathlib import Path
from augplug.errors import GateError
from augplug.gate import rules, structure
from augplug.gate.check import check
from augplug.gate.findings import refused
from tests.gate.building import FAIR, WRITE_SENTINEL, artifact
from tests.gate.evasions import EVASIONS
from tests.gate.hostile import HOSTILE
from tests.gate.making import artifact_of

found, whole = {}, set()
with tempfile.TemporaryDirectory() as folder:
    for number, case in enumerate(HOSTILE):
        place = Path(folder, str(number))
        place.mkdir()
        try:
            read = artifact_of(case.build(place))
        except GateError:
            found[case.name] = True
            continue
        findings = structure.check(read).findings + rules.check(read).findings
        found[case.name] = refused(findings)
        if case.letter not in whole:  # one of each class goes through the tools as well
            whole.add(case.letter)
            assert not check(read, cached=False).clean, case.name
    for name, (source, _) in EVASIONS.items():
        hostile = artifact({"my_ops/__init__.py": WRITE_SENTINEL + source})
        found[f"evasion {name}"] = refused(rules.check(hostile).findings)
json.dump([found, sorted(whole)], sys.stdout)
"""


def python(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own; what is hostile writes the sentinel there when it runs."""
    return subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "XDG_CACHE_HOME": str(folder / "cache"),
            SENTINEL: str(folder / "sentinel"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bool], list[str], bool]:
    """Which of the collection was refused, which classes went through the tools, and whether any code ran."""
    folder = tmp_path_factory.mktemp("hostile")
    ended = python(SCRIPT, folder)
    assert ended.returncode == 0, ended.stderr
    found, whole = json.loads(ended.stdout)
    return found, whole, (folder / "sentinel").exists()


def test_none_of_its_code_runs(outcome: tuple[dict[str, bool], list[str], bool]) -> None:
    found, whole, ran = outcome
    assert not ran
    assert len(found) == len(HOSTILE) + len(EVASIONS) > 150
    assert whole == ["A", "B", "C", "D", "F"]


def test_everything_is_refused_but_what_the_page_lists(outcome: tuple[dict[str, bool], list[str], bool]) -> None:
    found, _, _ = outcome
    passed = {name for name, refused in found.items() if not refused}
    page = (ROOT / "docs" / "plugins" / "misses.md").read_text("utf-8")
    assert passed == {"hard link", "module on the path before it"}
    assert all(f"| {name} |" in page for name in passed)


def test_the_sentinel_would_tell(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(WRITE_SENTINEL)
    assert python(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import evil", tmp_path).returncode == 0
    assert (tmp_path / "sentinel").exists()
