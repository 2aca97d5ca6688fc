"""RECORD against the files, both ways: what is there and not listed, what is listed and not there, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePosixPath

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding
from augplug.gate.reading.installed import CACHE
from augplug.gate.reading.record import Row, rows
from augplug.gate.reading.tree import unsafe

UNHASHED = ("/RECORD", "/RECORD.jws", "/RECORD.p7s")
"""They cannot hold their own digest (the wheel format)."""
REMEDY = "Build the wheel anew, and install it with pip or uv; change no installed file by hand."


def check_record(artifact: Artifact) -> Iterator[Finding]:
    """Yield each difference between RECORD and the files of a wheel or an installed distribution."""
    if artifact.kind not in ("wheel", "installed"):
        return
    record = next((path for path in artifact.metadata if path.count("/") == 1 and path.endswith("/RECORD")), None)
    if record is None or artifact.record is None:
        yield Finding("structure/record-missing", "", 0, "there is no RECORD of its files that can be read", REMEDY)
        return
    listed = rows(artifact.metadata[record])
    for path, count in Counter(row.path for row in listed).items():
        if unsafe(path):
            yield Finding("structure/record-path", path, 0, f"RECORD names {path}, outside of the package", REMEDY)
        if count > 1:
            yield Finding("structure/record-path", path, 0, f"RECORD names {path} {count} times", REMEDY)
    files = {**artifact.files, **artifact.metadata}
    for path in sorted(files.keys() - {row.path for row in listed}):
        if CACHE not in PurePosixPath(path).parts:  # Python makes those; that they are there is another finding
            yield Finding("structure/record-unlisted", path, 0, f"{path} is there, and not in RECORD", REMEDY)
    for row in listed:
        yield from _compare(row, files, artifact)


def _compare(row: Row, files: dict[str, bytes], artifact: Artifact) -> Iterator[Finding]:
    if row.path.endswith(UNHASHED) and ".dist-info/" in row.path:
        return
    cached = CACHE in PurePosixPath(row.path).parts
    if row.path not in files:
        if not cached and not unsafe(row.path):
            yield Finding("structure/record-absent", row.path, 0, f"{row.path} is in RECORD, and not there", REMEDY)
    elif row.digest is None:
        if not cached:
            yield Finding("structure/record-digest", row.path, 0, f"RECORD has no SHA-256 of {row.path}", REMEDY)
    elif row.digest != _digest(row.path, files, artifact) or row.size not in (None, len(files[row.path])):
        message = f"{row.path} is not the file that RECORD names: its digest or size differs"
        yield Finding("structure/record-digest", row.path, 0, message, REMEDY)


def _digest(path: str, files: dict[str, bytes], artifact: Artifact) -> str:
    return artifact.digests[path] if path in artifact.files else sha256(files[path]).hexdigest()
