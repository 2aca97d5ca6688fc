"""A wheel that was approved is installed by pip in the ordinary way elsewhere, and loads in `require` mode."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from augplug.gate import ledger
from augplug.gate.approving import Said, approve
from augplug.gate.check import Verdict
from augplug.gate.reading import read
from tests.gate.building import FAIR, SENTINEL, WRITE_SENTINEL, wheel
from tests.plugins.installing import augplug as run
from tests.plugins.installing import rows

SOURCE = "my_ops/__init__.py"


def verdict(made: Path) -> Verdict:
    """What the gate would say: the tools have nothing to do with this."""
    found = read(str(made))
    points = tuple((point.group, point.name, point.value) for point in found.entry_points)
    return Verdict(
        found.name, found.version, "wheel", "clean", (), (), {}, ledger.approved_files(found), points, found.requires,
        {}, "0" * 64, "3.11", "1.0", {},
    )  # fmt: skip  # flat


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "approving-machine" / "ledger.json"
    monkeypatch.setenv("AUGPLUG_LEDGER", str(made))
    monkeypatch.setenv("AUGPLUG_PLUGINS", "require")
    monkeypatch.setenv(SENTINEL, str(tmp_path / "sentinel"))
    return made


def install(made: Path, site: Path) -> Path:
    """What `pip install` does: bytecode, INSTALLER, REQUESTED, direct_url.json and lines in RECORD."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*command, str(made)], check=True, capture_output=True, cwd=made.parent)
    return site


@pytest.fixture
def site(tmp_path: Path, place: Path) -> Path:
    made = wheel(tmp_path, {SOURCE: FAIR, "my_ops/more.py": "X = 1\n"})
    approve(place, verdict(made), made)
    found = install(made, tmp_path / "site")
    added = {path.name for path in (found / "my_ops-1.0.dist-info").iterdir()}
    assert {"INSTALLER", "REQUESTED", "direct_url.json"} <= added
    assert list(found.rglob("*.pyc"))
    return found


def state(site: Path) -> tuple[str, str]:
    found, _ = rows(site)
    return found["my-ops"]["state"], found["my-ops"]["reason"]


def test_it_loads(site: Path) -> None:
    assert state(site) == ("loaded", "")


def _byte(site: Path) -> None:
    (site / "my_ops/more.py").write_text("X = 2\n")


def _added(site: Path) -> None:
    (site / "my_ops/extra.py").write_text("")


def _record(site: Path) -> None:
    with (site / "my_ops-1.0.dist-info/RECORD").open("a") as file:
        file.write("my_ops/other.txt,,\n")


def _outside(site: Path) -> None:
    (site / "my_ops/more.pyc").write_bytes(b"\0")


@pytest.mark.parametrize("change", [_byte, _added, _record, _outside])
def test_any_other_difference_is_refused(site: Path, change: Callable[[Path], None]) -> None:
    change(site)
    assert state(site)[0] == "refused"


def test_forged_bytecode_beside_it_is_not_run(site: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(WRITE_SENTINEL)
    script = "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2], doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"  # noqa: E501  # one script
    (cached,) = (site / "my_ops/__pycache__").glob("__init__.*.pyc")
    subprocess.run([sys.executable, "-c", script, str(evil), str(cached)], check=True)
    assert state(site) == ("loaded", "")
    assert not (tmp_path / "sentinel").exists()


def test_two_versions_are_approved_and_each_loads(site: Path, tmp_path: Path, place: Path) -> None:
    newer = wheel(tmp_path, {SOURCE: FAIR + "\nNEWER = True\n"}, version="2.0")
    approve(place, verdict(newer), newer, Said(by="somebody", reason="a fix"))
    assert json.loads(place.read_text())["augplug_ledger"] == 2
    assert [(one.version, one.by, one.reason) for one in ledger.read_versions(place)["my-ops"]] == [
        ("1.0", None, None),
        ("2.0", "somebody", "a fix"),
    ]
    assert state(site)[0] == "loaded"
    assert state(install(newer, tmp_path / "newer"))[0] == "loaded"
    ledger.revoke(place, "my-ops", "1.0")
    assert state(site)[0] == "refused"


def test_one_version_without_words_stays_in_the_first_format(site: Path, place: Path) -> None:
    assert site.is_dir()
    assert json.loads(place.read_text())["augplug_ledger"] == 1


def test_what_was_approved_is_loaded_and_not_what_was_found_first(site: Path, tmp_path: Path) -> None:
    """The entry points that discovery reads are others than those that admission compares with the approval."""
    script = (
        "import augplug.registry as r, importlib.metadata as m\n"
        "from dataclasses import replace\n"
        "real = r.discover\n"
        "evil = m.EntryPoint('my-ops', 'evil', 'augplug')\n"
        "r.discover = lambda: [replace(c, points=(evil,)) if c.name == 'my-ops' else c for c in real()]\n"
        "print(r.Registry().plugins['my-ops:my-ops'].state)\n"
    )
    (site / "evil.py").write_text(WRITE_SENTINEL)
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "loaded\n", ended.stderr
    assert not (tmp_path / "sentinel").exists()


def test_a_ledger_that_is_named_and_missing_is_said(site: Path, place: Path) -> None:
    place.unlink()
    assert "is not there" in state(site)[1]


def test_the_list_and_the_doctor_say_which_mode_holds_and_by_whom(site: Path) -> None:
    said = "mode require, set by the environment; approvals in "
    assert said in run(site, "plugins", "list").stderr
    assert said in run(site, "doctor").stdout
