"""`require` mode: only approved bytes load, and the bytes that were hashed are those that run."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from augplug.gate import ledger
from augplug.gate.discovery import discover
from tests.gate.approving import PACKAGE, approval, approved, decide, found, installed
from tests.gate.building import SENTINEL, WRITE_SENTINEL
from tests.plugins.installing import environment

EDITS = 100


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "config" / "ledger.json"


def test_what_was_approved_loads(tmp_path: Path, place: Path) -> None:
    candidate = approved(tmp_path / "site", place)
    decision = decide(candidate, place)
    assert (decision.state, decision.approved) == ("loaded", True), decision.reason


def test_what_was_not_approved_is_refused(tmp_path: Path, place: Path) -> None:
    decision = decide(installed(tmp_path / "site"), place)
    assert decision.state == "refused"
    assert "augplug plugins approve my-ops" in decision.reason


def test_every_single_byte_edit_is_refused_and_the_file_is_named(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    files = [path for path in sorted(site.rglob("*")) if path.is_file() and path.stat().st_size]
    assert any(path.name == "RECORD" for path in files)
    chance, refused = random.Random(0), 0
    for number in range(EDITS):
        path = files[number % len(files)]
        before = path.read_bytes()
        at = chance.randrange(len(before))
        path.write_bytes(before[:at] + bytes([before[at] ^ (1 << chance.randrange(8))]) + before[at + 1 :])
        for candidate in discover([str(site)]):
            decision = decide(candidate, place)
            assert decision.state in ("refused", "broken"), (path, at)
            refused += 1
            assert path.name in decision.reason or path.name in ("METADATA", "entry_points.txt", "WHEEL"), (
                decision.reason
            )
        path.write_bytes(before)
    assert decide(found(site), place).state == "loaded"
    assert refused >= EDITS - 10  # an edit of the group's own name leaves no plugin at all


def _add(name: str, content: bytes) -> Callable[[Path], str]:
    def change(site: Path) -> str:
        path = site / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return name

    return change


def _delete(site: Path) -> str:
    (site / "my_ops" / "late.py").unlink()
    return "my_ops/late.py"


def _link(site: Path) -> str:
    path = site / "my_ops" / "late.py"
    shutil.move(path, site / "elsewhere.py")
    path.symlink_to(site / "elsewhere.py")
    return "my_ops/late.py"


def _link_folder(site: Path) -> str:
    shutil.move(site / "my_ops", site / "elsewhere")
    (site / "my_ops").symlink_to(site / "elsewhere")
    return "my_ops"


def _touch_back(site: Path) -> str:
    path = site / "my_ops" / "late.py"
    times = path.stat()
    path.write_bytes(path.read_bytes().replace(b"42", b"43"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return "my_ops/late.py"


CHANGES = {
    "a file is added": _add("my_ops/more.py", b"x = 1\n"),
    "a hidden file is added": _add("my_ops/.tox/more.py", b"x = 1\n"),
    "bytecode without source is added": _add("my_ops/late.pyc", b"\x00"),
    "compiled code shadows a module": _add("my_ops/late.cpython-311-x86_64-linux-gnu.so", b"\x7fELF"),
    "a package shadows a module": _add("my_ops/late/__init__.py", b"x = 1\n"),
    "a file is deleted": _delete,
    "a file becomes a link": _link,
    "the folder becomes a link": _link_folder,
    "a file is edited and its time restored": _touch_back,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused_and_the_file_is_named(change: str, tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    named = CHANGES[change](site)
    decision = decide(found(site), place)
    assert decision.state == "refused"
    assert named in decision.reason


def test_an_upgrade_is_refused_and_says_the_versions(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    shutil.rmtree(site)
    decision = decide(installed(site, version="1.1"), place)
    assert decision.state == "refused"
    assert "1.1" in decision.reason
    assert "1.0" in decision.reason


def test_a_renamed_distribution_was_never_approved(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    other = {path.replace("my_ops", "other"): text.replace("my_ops", "other") for path, text in PACKAGE.items()}
    assert decide(installed(tmp_path / "two", other, name="other"), place).state == "refused"


def test_an_approval_with_another_entry_point_is_refused(tmp_path: Path, place: Path) -> None:
    candidate = approved(tmp_path / "site", place)
    given = approval(candidate)
    ledger.approve(place, ledger.Approval(**{**vars(given), "entry_points": {"my-ops": "my_ops.late"}}))
    decision = decide(candidate, place)
    assert decision.state == "refused"
    assert "my_ops.late" in decision.reason


def run(site: Path, place: Path, script: str, mode: str = "require") -> subprocess.CompletedProcess[str]:
    """Run Python where the plugin is installed; hostile code would write the sentinel."""
    more = {"AUGPLUG_PLUGINS": mode, "AUGPLUG_LEDGER": str(place), SENTINEL: str(site.parent / "sentinel")}
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**environment(site), **more},
        cwd=site.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_bytes_that_were_hashed_are_the_bytes_that_run(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    script = f"""
import pathlib, augplug
site = pathlib.Path({str(site)!r})
from augplug.gate import ledger
from augplug.gate.discovery import discover
true_drift = ledger.drift
def swap(*arguments):
    found = true_drift(*arguments)
    for path in (site / "my_ops").glob("*.py"):  # after the hash, before the import
        path.write_text({WRITE_SENTINEL!r})
    (site / "my_ops" / "late").mkdir()
    (site / "my_ops" / "late" / "__init__.py").write_text({WRITE_SENTINEL!r})
    return found
ledger.drift = swap
assert "Posterish" in augplug.operations(), augplug.plugins()
import my_ops.late, pkgutil
assert my_ops.late.ANSWER == 42
assert my_ops.late.__file__ == str(site / "my_ops" / "late.py")
assert pkgutil.get_data("my_ops", "words.json") == b'{{"word": 1}}\\n'
try:
    import my_ops.more
except ModuleNotFoundError:
    print("done")
"""
    ended = run(site, place, script)
    assert ended.stdout == "done\n", ended.stderr
    assert not (tmp_path / "sentinel").exists()
    assert not list(site.rglob("__pycache__"))


def test_files_beside_the_code_are_those_that_were_hashed(tmp_path: Path, place: Path) -> None:
    """By importlib.resources, as packages read their data; it sees no file that came, or changed, later."""
    site = tmp_path / "site"
    files = {**PACKAGE, "my_ops/tables/__init__.py": "", "my_ops/tables/curve.txt": "1 2\n", "my_ops/more/a.txt": "a"}
    ledger.approve(place, approval(installed(site, files)))
    script = f"""
import pathlib, sys, augplug
from importlib.resources import as_file, files
assert "Posterish" in augplug.operations(), augplug.plugins()
folder = pathlib.Path({str(site / "my_ops")!r})
for path in (folder / "words.json", folder / "tables" / "curve.txt", folder / "later.txt"):
    path.write_text("changed")
mine, tables = files("my_ops"), files("my_ops.tables")
assert mine.joinpath("words.json").read_text("utf-8") == mine.joinpath("words.json").read_bytes().decode()
assert mine.joinpath("words.json").read_text("utf-8") == '{{"word": 1}}\\n'
assert (tables / "curve.txt").read_bytes() == (mine / "tables" / "curve.txt").read_bytes() == b"1 2\\n"
assert {{one.name for one in mine.iterdir()}} == {{path.name for path in folder.iterdir()}} - {{"later.txt"}}
assert [one.name for one in (mine / "more").iterdir()] == ["a.txt"] and (mine / "more").is_dir()
assert not (mine / "later.txt").is_file() and not (mine / "none.txt").is_file()
if sys.version_info >= (3, 12):  # before, only a package has files
    assert files("my_ops.tones").joinpath("words.json").read_bytes() == b'{{"word": 1}}\\n'
with as_file(tables / "curve.txt") as path:
    assert path.read_text("utf-8") == "1 2\\n" and path.suffix == ".txt"
try:
    (mine / "later.txt").read_bytes()
except FileNotFoundError:
    print("done")
"""
    ended = run(site, place, script)
    assert ended.stdout == "done\n", ended.stderr


def test_the_ordinary_import_would_have_run_them(tmp_path: Path, place: Path) -> None:
    """The test above proves something: without the finder, the swapped file runs."""
    site = tmp_path / "site"
    approved(site, place)
    (site / "my_ops" / "late.py").write_text(WRITE_SENTINEL)
    assert run(site, place, "import my_ops.late").returncode == 0
    assert (tmp_path / "sentinel").exists()


def test_a_module_that_was_imported_before_is_refused(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    script = "import sys; sys.dont_write_bytecode = True; import my_ops, augplug; print(augplug.plugins()[1])"
    ended = run(site, place, script)
    assert "state='refused'" in ended.stdout, ended.stderr
    assert "my_ops was imported before" in ended.stdout
    assert "state='loaded'" in run(site, place, script, "open").stdout


def test_a_traceback_shows_the_lines_of_approved_code(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    candidate = installed(site, {**PACKAGE, "my_ops/late.py": "def fail() -> None:\n    raise ValueError('here')\n"})
    ledger.approve(place, approval(candidate))
    ended = run(site, place, "import augplug; augplug.operations(); import my_ops.late; my_ops.late.fail()")
    assert "raise ValueError('here')" in ended.stderr.splitlines()[-2]


def test_an_approved_plugin_leaves_no_bytecode_in_open_mode(tmp_path: Path, place: Path) -> None:
    site = tmp_path / "site"
    approved(site, place)
    ended = run(site, place, "import augplug; print('Posterish' in augplug.operations())", "open")
    assert (ended.stdout, ended.stderr) == ("True\n", "")
    assert decide(found(site), place).state == "loaded"
