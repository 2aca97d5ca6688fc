"""The journal: every fact of a run, one JSON record a line, on disk before it counts.

A record is `{"n": 17, "kind": "trial", ..., "crc": "8 hex"}`: `n` counts from 0, `crc` is the CRC-32 of the line
without it. A record that was appended survives the death of the process and of the machine. A line without its newline
at the end, or zero bytes, are what a death in the middle of a write leaves: an unfinished record is dropped, a complete
one gets its newline. Damage anywhere else is reported with its record number and never repaired.
"""

from __future__ import annotations

import json
import os
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any, TypeAlias

import filelock

from augplug.disk import sync_folder, write_all
from augplug.errors import RunError, SettingsError

Record: TypeAlias = Mapping[str, Any]


class Journal:
    """An open journal: its `records` so far, and `append`. Made by `open_journal`, which holds the lock."""

    def __init__(self, stream: FileIO, records: list[Record]) -> None:
        """Take a stream that stands at the end of the last record."""
        self._stream = stream
        self._failed = False
        self.records = records

    def append(self, kind: str, **content: Any) -> Record:
        """Write a record and return it once it is on disk.

        Raises RunError when the disk refuses, and from then on: what the disk holds then is known to nobody but the
        next `open_journal`.
        """
        # What was written is what is read again: tuples become lists here, not only on resuming.
        record: Record = json.loads(json.dumps({"n": len(self.records), "kind": kind, **content}, allow_nan=False))
        if self._failed:
            raise RunError(f"record {record['n']} comes after one that could not be written; go on with --resume")
        self.check()
        handle, end = self._stream.fileno(), os.fstat(self._stream.fileno()).st_size
        self._failed = True
        with writing(f"record {record['n']} of the journal"):
            try:
                write_all(handle, encode(record))
            except OSError:
                with suppress(OSError):  # what cannot be cut off here is mended when the journal is opened again
                    os.ftruncate(handle, end)
                raise
        self._failed = False
        self.records.append(record)
        return record

    def check(self) -> None:
        """Raise RunError if the file was removed: what is written to it is read by nobody."""
        if os.fstat(self._stream.fileno()).st_nlink == 0:
            raise RunError(
                "the journal of the run was removed while the search ran, and with it what was done; start again with "
                "another --out"
            )


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Open `journal.jsonl` in `folder` for one writer, mending its end; make it when it is missing.

    Raises SettingsError when another process writes it, RunError when it is damaged or cannot be written.
    """
    path = folder / "journal.jsonl"
    with _lock(folder), _opened(path) as stream:
        with writing(path):
            stream.seek(0)
            content = stream.read()
            records, length = parse(content, path)
            _say_what_is_cut(content, length, path)
            stream.truncate(length)
            write_all(stream.fileno(), b"\n" if length and content[length - 1 : length] != b"\n" else b"")
            # Every time: whoever made them may have been killed before this.
            sync_folder(folder)
            sync_folder(folder.parent)
        journal = Journal(stream, records)
        yield journal
        journal.check()


def _say_what_is_cut(content: bytes, length: int, path: Path) -> None:
    zeros = len(content) - len(content.rstrip(b"\0"))
    if zeros:
        lost = "and an unfinished record before them " if length < len(content) - zeros else ""
        warnings.warn(
            f"augplug: {path} ends in {zeros} zero bytes, as a power cut leaves them; they {lost}are cut off",
            stacklevel=2,
        )


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    # Without a buffer: what a failed write left in one would be written again by `close`.
    with writing(path):
        stream = path.open("ab+", buffering=0)
    try:
        yield stream
    finally:
        with suppress(OSError):  # all that counts is on disk, so a close that fails takes nothing away
            stream.close()


@contextmanager
def writing(what: str | Path) -> Iterator[None]:
    """Turn what the operating system says against writing into a RunError that says what to do."""
    try:
        yield
    except FileNotFoundError as error:
        raise RunError(
            f"{what} cannot be written: its folder is gone; if that of the run was moved, go on there with --resume, "
            "and if it was removed, start again with another --out"
        ) from error
    except OSError as error:
        raise RunError(
            f"{what} cannot be written: {error}; nothing that was done is lost: make room, or mend what the message "
            "names, and go on with --resume"
        ) from error


def read_journal(folder: Path) -> list[Record]:
    """Return the records of a run, which may still be running.

    Raises SettingsError when there is none, RunError on damage.
    """
    path = folder / "journal.jsonl"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{folder} holds no run ({error}); give the --out folder of a search") from error
    return parse(content, path)[0]


def encode(record: Record) -> bytes:
    """Return the record's line, with its checksum and newline."""
    text = json.dumps(record, allow_nan=False, separators=(", ", ": "))
    return f'{text[:-1]}, "crc": "{zlib.crc32(text.encode()):08x}"}}\n'.encode()


def parse(content: bytes, path: Path) -> tuple[list[Record], int]:
    """Return the records, without their checksums, and the length in bytes of what is good.

    The good part ends before an unfinished last record. Zero bytes at the end are a part of it: of a write that a power
    cut interrupted, the file may have the length without the bytes. Raises RunError for any other damage.
    """
    content = content.rstrip(b"\0")
    *lines, tail = content.split(b"\n")
    records = [_decode(line, number, path) for number, line in enumerate(lines)]
    good = len(content) - len(tail)
    if tail and not _is_unfinished(tail):
        records.append(_decode(tail, len(records), path))
        good = len(content)
    return records, good


def _is_unfinished(tail: bytes) -> bool:
    """Return True if a line without newline begins a record: it opens one JSON object and does not close it."""
    depth, quoted, escaped = 0, False, False
    for byte in tail:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = byte == ord("\\"), byte != ord('"')
        elif byte == ord('"'):
            quoted = True
        elif byte in b"{[":
            depth += 1
        elif byte in b"}]":
            depth -= 1
            if depth == 0:
                return False
    return tail.startswith(b'{"n": '[: len(tail)])


def _decode(line: bytes, number: int, path: Path) -> Record:
    try:
        record = json.loads(line)
        body, _, crc = line.rpartition(b', "crc": "')
        whole = crc.decode() == f'{zlib.crc32(body + b"}"):08x}"}}' and record["n"] == number
    except (ValueError, KeyError, TypeError) as error:
        raise _damage(path, number) from error
    if not whole:
        raise _damage(path, number)
    del record["crc"]
    return dict(record)


def _damage(path: Path, number: int) -> RunError:
    return RunError(
        f"{path}: record {number} (line {number + 1}) is damaged, so what follows cannot be trusted; restore the "
        "file from a "
        "copy, or start again with another --out"
    )


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    # A lock of the operating system: it ends with the process, however that ends. Never on the journal itself, because
    # some lock implementations truncate the file they lock.
    lock = filelock.FileLock(folder / ".lock", blocking=False)
    holder = folder / ".lock.pid"
    with writing(lock.lock_file):
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise SettingsError(
                f"{folder} is being written by another process{_named(holder)}; wait for it or give another --out"
            ) from error
    try:
        with writing(holder):
            holder.unlink(missing_ok=True)  # it might be a link to a file of the user's
            holder.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):  # the next holder writes its own
            holder.unlink()
        lock.release()


def _named(holder: Path) -> str:
    with suppress(OSError):
        return f" (pid {holder.read_text(encoding='utf-8').strip()})"
    return ""
