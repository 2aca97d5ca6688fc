"""What a run does to the disk, in which order, and what it does when the disk fails."""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augplug._search.journal import Record, encode, open_journal, read_journal
from augplug.cli import main
from augplug.data.digits import load_digits
from augplug.disk import sync_folder
from augplug.errors import RunError, SettingsError
from augplug.report.run import read_run
from tests.search.conftest import Study, direct
from tests.search.disk import Full

SMALL: dict[str, Any] = {
    "given": {"m": "1,8", "n": "1", "subsets": 0, "finalists": 1, "race_cells": 2},
    "options": {"seeds": 1},
}
FILES = ("policy.json", "result.json")


def results(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.fixture
def expected(study: Study, tmp_path: Path) -> list[bytes]:
    study("whole", **SMALL)
    return results(tmp_path / "whole")


def test_nothing_counts_before_it_is_on_disk(study: Study, put_in: Callable[..., None]) -> None:
    calls: list[str] = []
    put_in(lambda _name, _handle, _content: None, lambda name, _handle: calls.append(name))
    study("run", observers=[direct(lambda _record: calls.append("told"))], **SMALL)

    told = calls.index("told")
    assert calls[:told] == ["journal.fsync", "folder.fsync", "folder.fsync", "journal.write", "journal.fsync"]
    records = calls.count("told")
    one = ["journal.write", "journal.fsync", "told"]
    assert calls[3 : 3 + 3 * records] == one * records
    assert calls[3 + 3 * records :] == [
        f"{name}.{call}" if call != "folder" else "folder.fsync"
        for name in ("policy", "result")
        for call in ("write", "fsync", "rename", "folder")
    ]


KINDS: dict[str, dict[str, Any]] = {
    "ENOSPC": {"code": errno.ENOSPC},
    "ENOSPC that lasts": {"code": errno.ENOSPC, "lasting": True},
    "EIO": {"code": errno.EIO},
    "half, then ENOSPC that lasts": {"code": errno.ENOSPC, "short": True, "lasting": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_failing_call_is_a_clean_stop(
    study: Study, tmp_path: Path, expected: list[bytes], put_in: Callable[..., None], kind: str
) -> None:
    calls: list[str] = []
    put_in(lambda name, _handle, _content: calls.append(name))
    study("calls", **SMALL)
    assert set(calls) == {
        *("journal.write", "journal.fsync", "folder.fsync"),
        *(f"{name}.{call}" for name in ("policy", "result") for call in ("write", "fsync", "rename")),
    }

    # Between the ends one evaluation is written as the next one is.
    ends = {*range(1, 9), *range(len(calls) - 20, len(calls) + 1)}
    for number, name in enumerate(calls, start=1):
        if number not in ends and number % 11:
            continue
        out, disk = tmp_path / str(number), Full(number, **KINDS[kind])
        told: list[Record] = []
        put_in(disk.before)
        with pytest.raises(RunError) as caught:
            study(out.name, observers=[told.append], **SMALL)

        assert disk.failed == name
        assert re.fullmatch(
            rf".+ cannot be written: \[Errno {KINDS[kind]['code']}\] .+; nothing .+ lost: make room.+--resume",
            str(caught.value),
        )
        put_in(lambda _name, _handle, _content: None)
        assert read_journal(out)[: len(told)] == told
        assert all(not (out / name).exists() or (out / name).read_bytes() in expected for name in FILES)

        study(out.name, resume=True, **SMALL)

        assert results(out) == expected
        assert read_journal(out)[: len(told)] == told


def test_short_writes_are_gone_on_with(
    study: Study, tmp_path: Path, expected: list[bytes], put_in: Callable[..., None]
) -> None:
    put_in(lambda _name, _handle, content: max(1, len(content) // 2))
    study("short", **SMALL)

    assert results(tmp_path / "short") == expected
    assert len(read_journal(tmp_path / "short")) == len(read_journal(tmp_path / "whole"))


@pytest.mark.parametrize("cut", [True, False])
def test_nothing_is_appended_to_a_record_that_failed(
    tmp_path: Path, put_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch, *, cut: bool
) -> None:
    with open_journal(tmp_path) as journal:
        journal.append("first")
        disk = Full(1, short=True, lasting=True)
        put_in(disk.before)
        if not cut:
            monkeypatch.setattr(os, "ftruncate", _refuse)
        with pytest.raises(RunError, match="record 1 of the journal cannot be written"):
            journal.append("second")
        put_in(lambda _name, _handle, _content: None)
        with pytest.raises(RunError, match="record 1 comes after one that could not be written; go on with --resume"):
            journal.append("third")

    first, second = (encode({"n": n, "kind": kind}) for n, kind in enumerate(("first", "second")))
    left = first if cut else first + second[: len(second) // 2]
    assert (tmp_path / "journal.jsonl").read_bytes() == left
    with open_journal(tmp_path) as journal:
        journal.append("third")
    assert [record["kind"] for record in read_journal(tmp_path)] == ["first", "third"]


def _refuse(*_arguments: Any, **_named: Any) -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize(
    "place",
    ["augplug._search.bench.write_subsets", "tempfile.mkdtemp", "pathlib.Path.write_text", "filelock.FileLock.acquire"],
)
def test_other_writes_that_fail_are_clean_stops_too(
    study: Study, tmp_path: Path, expected: list[bytes], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, _refuse)
        with pytest.raises(RunError, match=r"cannot be written: \[Errno 5\] .*--resume"):
            study("run", **SMALL)
    study("run", resume=True, **SMALL)

    assert results(tmp_path / "run") == expected


def test_a_close_that_fails_takes_nothing_away(
    study: Study, tmp_path: Path, expected: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def open_badly(path: Path, *arguments: Any, **named: Any) -> Any:
        stream = opened(path, *arguments, **named)  # pylint: disable=consider-using-with  # the journal closes it
        return BadlyClosing(stream) if path.name == "journal.jsonl" else stream

    monkeypatch.setattr(Path, "open", open_badly)
    study("run", **SMALL)

    assert results(tmp_path / "run") == expected


class BadlyClosing:
    """A stream whose `close` closes, and then says that it could not."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def close(self) -> None:
        self._stream.close()
        raise OSError(errno.EIO, "Input/output error")


def test_a_folder_that_cannot_be_written_says_so(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Any, *_arguments: Any, **_named: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    (tmp_path / "run").mkdir()
    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(RunError, match=r"\.lock cannot be written: \[Errno 13\] Permission denied: .*mend"):
        study(resume=True)


def test_a_folder_that_cannot_be_read_says_so(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    (tmp_path / "run").mkdir()
    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(SettingsError, match=r"run cannot be made or read: \[Errno 13\] Permission denied: .*--out"):
        study()


@pytest.mark.parametrize(
    ("call", "code"),
    [("open", errno.EACCES), ("fsync", errno.EINVAL), ("fsync", errno.ENOTSUP), ("fsync", errno.EROFS)],
)
def test_a_folder_that_the_system_cannot_sync_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    asked = []

    def refused(*arguments: Any) -> int:
        asked.append(arguments)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, refused)
    sync_folder(tmp_path)
    monkeypatch.undo()

    assert len(asked) == 1


@pytest.mark.parametrize("gone", ["run", "run/journal.jsonl", "run/.files"])
def test_what_is_removed_while_a_search_runs_is_said(study: Study, tmp_path: Path, gone: str) -> None:
    @direct
    def remove(record: Record) -> None:
        if record["n"] == 6:
            for path in tmp_path.glob(f"{gone}*"):
                (shutil.rmtree if path.is_dir() else Path.unlink)(path)

    with pytest.raises(RunError) as caught:
        study("run", observers=[remove], given={**SMALL["given"], "subsets": 2}, options=SMALL["options"])

    said = str(caught.value)
    assert "start again with another --out" in said
    assert "nothing that was done is lost" not in said


def test_a_run_that_is_moved_while_it_is_searched_goes_on_in_its_new_place(
    study: Study, tmp_path: Path, expected: list[bytes]
) -> None:
    @direct
    def move(record: Record) -> None:
        if record["n"] == 6:
            (tmp_path / "run").rename(tmp_path / "moved")

    with pytest.raises(RunError, match="if that of the run was moved, go on there with --resume"):
        study("run", observers=[move], **SMALL)
    study("moved", resume=True, **SMALL)

    assert results(tmp_path / "moved") == expected


def test_files_that_cannot_be_removed_end_no_search(
    study: Study, tmp_path: Path, expected: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Any, *_arguments: Any, **_named: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

    with monkeypatch.context() as patch:

        @direct
        def deny(_record: Record) -> None:
            patch.setattr(os, "rmdir", denied)
            patch.setattr(os, "unlink", denied)

        study("run", observers=[deny], **SMALL)

    assert results(tmp_path / "run") == expected


def test_a_journal_that_is_a_folder_says_so(study: Study, tmp_path: Path) -> None:
    (tmp_path / "run" / "journal.jsonl").mkdir(parents=True)

    with pytest.raises(SettingsError, match="holds a run already"):
        study()
    with pytest.raises(RunError, match=r"journal\.jsonl cannot be written: \[Errno 21\] Is a directory"):
        study(resume=True)
    with pytest.raises(SettingsError, match=r"holds no run \(\[Errno 21\]"):
        read_journal(tmp_path / "run")


FIRST = encode({"n": 0, "kind": "configuration"})


@pytest.mark.parametrize("content", [b"", FIRST[:1], FIRST[:20], FIRST[:-2]])
def test_a_run_that_has_no_whole_record_begins_anew(
    study: Study, tmp_path: Path, expected: list[bytes], content: bytes
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.jsonl").write_bytes(content)
    with pytest.raises(SettingsError, match="holds a run already; go on with --resume"):
        study(**SMALL)
    study(resume=True, **SMALL)

    assert results(tmp_path / "run") == expected
    assert json.loads((tmp_path / "run" / "journal.jsonl").read_bytes().partition(b"\n")[0])["n"] == 0


@pytest.mark.parametrize("step", [1511, pytest.param(37, marks=pytest.mark.heavy)])
def test_a_run_whose_journal_was_cut_resumes_to_the_same_bytes(
    study: Study, tmp_path: Path, expected: list[bytes], step: int
) -> None:
    content = (tmp_path / "whole" / "journal.jsonl").read_bytes()
    for length in range(0, len(content), step):
        out = tmp_path / str(length)
        out.mkdir()
        (out / "journal.jsonl").write_bytes(content[:length])
        study(out.name, resume=True, **SMALL)

        assert results(out) == expected
        shutil.rmtree(out)


def test_a_copy_of_a_running_run_is_a_run(study: Study, tmp_path: Path, expected: list[bytes]) -> None:
    @direct
    def copy(record: Any) -> None:
        shutil.copytree(tmp_path / "run", tmp_path / f"copy-{record['n']}")

    study("run", observers=[copy], **SMALL)
    copies = sorted(tmp_path.glob("copy-*"))
    assert len(copies) == len(read_journal(tmp_path / "run"))
    for folder in copies[::7]:
        assert (folder / ".lock.pid").exists()
        study(folder.name, resume=True, **SMALL)

        assert results(folder) == expected
        assert {path.name for path in folder.iterdir()} == {".lock", "journal.jsonl", *FILES}


@pytest.mark.parametrize("place", ["journal.write", "result.write"])
def test_the_command_says_it_in_one_line_and_goes_on_with_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], put_in: Callable[..., None], place: str
) -> None:
    every = load_digits().take(np.arange(0, 5000, 25))
    np.savez(tmp_path / "digits.npz", x=every.x, y=every.y)
    small = "--executor inline --seeds 1 --trials 2 --set copies=2 --set train=20 --set subsets=0"
    command = ["search", "randaugment", str(tmp_path / "digits.npz"), "--out", str(tmp_path / "run"), *small.split()]
    calls: list[str] = []

    def fill(name: str, _handle: int, _content: bytes) -> None:
        calls.append(name)
        if calls.count(place) >= (1 if place == "result.write" else 6):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    put_in(fill)
    assert main(command) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.search(
        r"cannot be written: \[Errno 28\] No space left on device; .*make room.*go on with --resume$", last
    )

    put_in(lambda _name, _handle, _content: None)
    assert main([*command, "--resume"]) == 0
    assert read_run(tmp_path / "run").result["trials"] == 2
