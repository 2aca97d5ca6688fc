"""The tests of durability fail where durability is broken: each bug here is caught by the test beside it."""

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from augplug import disk
from augplug._search import journal, result
from augplug.errors import RunError
from tests.search import test_disk, test_journal
from tests.search.conftest import Study

SEEN = (AssertionError, RunError, pytest.fail.Exception)
decode, parse = journal._decode, journal.parse


def nothing(*_arguments: object) -> None:
    """For what is left out."""


def write_without_sync(handle: int, content: bytes) -> None:
    os.write(handle, content)


def write_in_place(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def rename_before_sync(path: Path, content: Any) -> None:
    new = path.with_name(f".{path.name}.new")
    write_in_place(new, content)
    new.replace(path)


def decode_without_checksum(line: bytes, number: int, path: Path) -> Any:
    try:
        record = json.loads(line)
    except ValueError:
        return decode(line, number, path)
    record.pop("crc", None)
    return record


def parse_up_to_damage(content: bytes, path: Path) -> Any:
    lines = content.splitlines(keepends=True)
    for count in range(len(lines), 0, -1):
        with contextlib.suppress(RunError):
            return parse(b"".join(lines[:count]), path)
    return [], 0


@contextlib.contextmanager
def no_lock(_folder: Path) -> Any:
    yield


def ignore_the_disk(self: Any, kind: str, **content: Any) -> Any:
    record = json.loads(json.dumps({"n": len(self.records), "kind": kind, **content}))
    with contextlib.suppress(OSError):
        journal.write_all(self._stream.fileno(), journal.encode(record))
    self.records.append(record)
    return record


@pytest.mark.parametrize(
    ("place", "name", "bug", "check"),
    [
        (journal, "write_all", write_without_sync, test_disk.test_nothing_counts_before_it_is_on_disk),
        (result, "write_at_once", write_in_place, test_disk.test_nothing_counts_before_it_is_on_disk),
        (result, "write_at_once", rename_before_sync, test_disk.test_nothing_counts_before_it_is_on_disk),
        (disk, "sync_folder", nothing, test_disk.test_nothing_counts_before_it_is_on_disk),
        (journal, "_decode", decode_without_checksum, test_journal.test_a_changed_byte_anywhere_is_found),
        (journal, "parse", parse_up_to_damage, test_journal.test_a_changed_byte_anywhere_is_found),
        (journal, "_is_unfinished", nothing, test_journal.test_a_journal_cut_anywhere_loses_at_most_its_last_record),
        (journal, "_lock", no_lock, test_journal.test_one_writer_at_a_time),
        (journal.Journal, "append", ignore_the_disk, test_disk.test_nothing_is_appended_to_a_record_that_failed),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_planted_bug_is_seen(
    study: Study,
    tmp_path: Path,
    put_in: Callable[..., None],
    place: Any,
    name: str,
    bug: Any,
    check: Callable[..., None],
) -> None:
    known = {"study": study, "tmp_path": tmp_path, "put_in": put_in, "cut": True}
    wanted = check.__code__.co_varnames[: check.__code__.co_argcount + check.__code__.co_kwonlyargcount]
    with pytest.MonkeyPatch.context() as patch:
        fixtures = {key: value for key, value in {**known, "monkeypatch": patch}.items() if key in wanted}
        patch.setattr(place, name, bug)
        with pytest.raises(SEEN):
            check(**fixtures)
