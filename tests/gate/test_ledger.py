"""The ledger: what is written is what is read, and nothing that is damaged is read as something else."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from augplug.errors import GateError
from augplug.gate import ledger
from tests.gate.approving import approval, found, installed


@pytest.fixture
def given(tmp_path: Path) -> ledger.Approval:
    return approval(installed(tmp_path / "site"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "config" / "deeper" / "ledger.json"


def test_no_file_is_no_approvals(place: Path) -> None:
    assert ledger.read(place) == {}


def test_an_approval_is_read_as_it_was_written(place: Path, given: ledger.Approval) -> None:
    ledger.approve(place, given)
    assert ledger.read(place) == {"my-ops": given}
    assert json.loads(place.read_text())["approved"]["my-ops"]["files"] == given.files


def test_an_approval_takes_the_place_of_the_one_before(place: Path, given: ledger.Approval) -> None:
    ledger.approve(place, given)
    other = ledger.Approval(**{**vars(given), "name": "My_Ops", "version": "2.0"})
    ledger.approve(place, other)
    assert ledger.read(place) == {"my-ops": other}


def test_versions_that_are_kept_are_read_with_who_approved_them(place: Path, given: ledger.Approval) -> None:
    ledger.approve(place, given)
    assert place.read_text().startswith('{\n "augplug_ledger": 1,\n')
    later = ledger.Approval(**{**vars(given), "version": "2.0", "by": "me", "reason": "needed"})

    ledger.approve(place, later, keep=True)

    assert place.read_text().startswith('{\n "augplug_ledger": 2,\n')
    assert ledger.read_versions(place) == {"my-ops": (given, later)}
    document = json.loads(place.read_text())
    document["approved"]["my-ops"] *= 2
    place.write_text(json.dumps(document))
    with pytest.raises(GateError, match="with one version twice"):
        ledger.read(place)


def test_what_is_revoked_is_gone_and_the_rest_stays(place: Path, given: ledger.Approval) -> None:
    other = ledger.Approval(**{**vars(given), "name": "other"})
    ledger.approve(place, given)
    ledger.approve(place, other)
    assert ledger.revoke(place, "MY_OPS") == given
    assert ledger.read(place) == {"other": other}
    with pytest.raises(GateError, match=r"no approval of 'my-ops' \(approved: other\)"):
        ledger.revoke(place, "my-ops")


def test_what_an_installer_writes_is_no_part_of_an_approval(tmp_path: Path, given: ledger.Approval) -> None:
    info = tmp_path / "site" / "my_ops-1.0.dist-info"
    for name in ("INSTALLER", "REQUESTED", "direct_url.json"):
        (info / name).write_text("{}", encoding="utf-8")

    assert approval(found(tmp_path / "site")).files == given.files
    assert not {Path(path).name for path in given.files} & ledger.INSTALLERS
    assert "my_ops-1.0.dist-info/METADATA" in given.files


def _without(key: str) -> Any:
    return lambda entry: entry.pop(key)


def _with(key: str, value: Any) -> Any:
    return lambda entry: entry.__setitem__(key, value)


EDITS = {
    "a key is missing": _without("files"),
    "a key is unknown": _with("trusted", True),
    "a version is a number": _with("version", 1),
    "files are a list": _with("files", []),
    "a digest is not a text": _with("files", {"my_ops/__init__.py": 0}),
    "a digest is too short": _with("files", {"my_ops/__init__.py": "ab"}),
    "a digest is in capitals": _with("files", {"my_ops/__init__.py": "AB" * 32}),
    "another name": _with("name", "other"),
    "a requirement is not a text": _with("requires", [1]),
    "a waiver is not a table": _with("waivers", ["all"]),
    "a wheel is a number": _with("wheel", 0),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_entry_that_was_edited_to_something_invalid_is_refused(
    edit: str, place: Path, given: ledger.Approval
) -> None:
    ledger.approve(place, given)
    document = json.loads(place.read_text())
    EDITS[edit](document["approved"]["my-ops"])
    place.write_text(json.dumps(document))
    with pytest.raises(GateError, match=r"ledger\.json has an entry 'my-ops'"):
        ledger.read(place)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"augplug_ledger": 2, "approved": {"my-ops": {}}}',
        '{"augplug_ledger": 2, "approved": {"my-ops": []}}',
        '{"augplug_ledger": 1, "approved": []}',
        '{"augplug_ledger": 1, "approved": {}, "more": 1}',
        '{"augplug_ledger": 1, "approved": {}, "approved": {}}',
        '{"augplug_ledger": 1, "approved": {"my-ops": 1}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_document_that_is_no_ledger_is_refused_and_stays_as_it_is(
    text: str, place: Path, given: ledger.Approval
) -> None:
    place.parent.mkdir(parents=True)
    place.write_bytes(text.encode(errors="surrogateescape"))
    for act in (
        lambda: ledger.read(place),
        lambda: ledger.approve(place, given),
        lambda: ledger.revoke(place, "my-ops"),
    ):
        with pytest.raises(GateError, match="nothing is approved until it is put right"):
            act()
    assert place.read_bytes() == text.encode(errors="surrogateescape")


def test_a_ledger_of_a_newer_augplug_is_refused_and_stays_as_it_is(place: Path, given: ledger.Approval) -> None:
    """To delete it, as a damaged one, would be wrong."""
    place.parent.mkdir(parents=True)
    place.write_text('{"augplug_ledger": 3, "approved": {}}', encoding="utf-8")
    for act in (lambda: ledger.read(place), lambda: ledger.approve(place, given)):
        with pytest.raises(GateError, match="nothing is approved: made by a newer augplug"):
            act()
    assert place.read_text(encoding="utf-8") == '{"augplug_ledger": 3, "approved": {}}'


def test_processes_that_approve_at_once_lose_nothing(tmp_path: Path, place: Path, given: ledger.Approval) -> None:
    script = (
        "import sys, json, pathlib; from augplug.gate import ledger\n"
        "entry = json.loads(sys.argv[2])\n"
        "entry['requires'] = tuple(entry['requires']); entry['waivers'] = ()\n"
        "for number in range(10):\n"
        "    name = f'{sys.argv[3]}-{number}'\n"
        "    ledger.approve(pathlib.Path(sys.argv[1]), ledger.Approval(**{**entry, 'name': name}))\n"
    )
    entry = json.dumps(vars(given))
    with contextlib.ExitStack() as stack:
        commands = [[sys.executable, "-c", script, str(place), entry, name] for name in ("a", "b", "c")]
        started = [stack.enter_context(subprocess.Popen(command, cwd=tmp_path)) for command in commands]
        assert [process.wait(60) for process in started] == [0, 0, 0]
    assert len(ledger.read(place)) == 30


def test_a_disk_that_refuses_is_one_error_and_the_ledger_stays(
    place: Path, given: ledger.Approval, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.approve(place, given)
    before = place.read_bytes()

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("augplug.disk.os.write", full)
    with pytest.raises(GateError, match=r"cannot be written: .*No space left on device; what it says is unchanged"):
        ledger.approve(place, ledger.Approval(**{**vars(given), "name": "other"}))
    assert place.read_bytes() == before
