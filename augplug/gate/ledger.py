"""The ledger: what was approved, file by file. One JSON file that people can read and no hand can break unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from augplug.disk import replace_file
from augplug.errors import GateError
from augplug.formats import format_problem
from augplug.gate.artifact import Artifact

FORMAT = 1
INSTALLERS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of `.dist-info` that installing writes: they differ from those of the wheel, and hold no code."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Approval:  # pylint: disable=too-many-instance-attributes  # an entry of a file, flat
    """What the gate said of a distribution when its bytes were approved.

    `files` has the SHA-256 of every file, metadata included but for what an installer writes; `wheel` is that of the
    wheel itself where it was one. `requires` are its dependencies as it wrote them, `dependencies` the versions that
    were here. `rules` is the digest of the rule set; `date` is a day, ISO 8601.
    """

    name: str
    version: str
    files: Mapping[str, str]
    entry_points: Mapping[str, str]
    requires: tuple[str, ...]
    tier: str
    capabilities: Mapping[str, str]
    waivers: tuple[Mapping[str, Any], ...]
    rules: str
    tools: Mapping[str, str]
    python: str
    augplug: str
    dependencies: Mapping[str, str]
    wheel: str | None
    date: str


def read(path: Path) -> dict[str, Approval]:
    """Return the approvals by canonical name; none where there is no file. Raises GateError for a damaged file."""
    try:
        document = json.loads(path.read_bytes(), object_pairs_hook=_unique)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, f"cannot be read: {error}") from error
    if not isinstance(document, dict) or document.keys() != {"augplug_ledger", "approved"}:
        raise _damaged(path, "is no ledger: it holds `augplug_ledger` and `approved`, and nothing else")
    if problem := format_problem(document["augplug_ledger"], FORMAT):
        raise GateError(f"the ledger {path} cannot be read, so that nothing is approved: {problem}")
    if not isinstance(document["approved"], dict):
        raise _damaged(path, "has no table `approved`")
    return {name: _approval(name, entry, path) for name, entry in document["approved"].items()}


def approve(path: Path, approval: Approval) -> None:
    """Write an approval, in the place of any other of that distribution. Raises GateError."""
    with _locked(path):
        _write(path, {**read(path), canonicalize_name(approval.name): approval})


def revoke(path: Path, name: str) -> Approval:
    """Take an approval out and return it. Raises GateError where there is none."""
    with _locked(path):
        approved = read(path)
        if canonicalize_name(name) not in approved:
            known = ", ".join(sorted(approved)) or "none"
            raise GateError(f"the ledger {path} has no approval of {name!r} (approved: {known})")
        revoked = approved.pop(canonicalize_name(name))
        _write(path, approved)
    return revoked


def approved_files(artifact: Artifact) -> dict[str, str]:
    """Return the SHA-256 of every file of a wheel or of an installed distribution that an approval names."""
    shared = {
        path: sha256(content).hexdigest()
        for path, content in artifact.metadata.items()
        if path.rpartition("/")[2] not in INSTALLERS
    }
    return dict(sorted({**artifact.digests, **shared}.items()))


def drift(approval: Approval, artifact: Artifact) -> list[str]:
    """Return what differs between the approval and what is here, a line for each file; empty when nothing does."""
    here = approved_files(artifact)
    lines = [f"{path} changed" for path, digest in approval.files.items() if here.get(path, digest) != digest]
    lines += [f"{path} is missing" for path in approval.files if path not in here]
    lines += [f"{path} was added" for path in here if path not in approval.files]
    lines += [f"{path}: {why}" for path, why in artifact.irregular]
    if artifact.version != approval.version:
        lines.insert(0, f"the version is {artifact.version}, approved was {approval.version}")
    points = {point.name: point.value for point in artifact.entry_points}
    if points != approval.entry_points:
        lines.append(f"its entry points are {points}, approved were {dict(approval.entry_points)}")
    return lines + _record_drift(artifact)


def _record_drift(artifact: Artifact) -> list[str]:
    """RECORD has its own digest nowhere, and those of the files that an installer writes only there: line by line."""
    if artifact.kind != "installed":
        return []
    from augplug.gate.reading.record import record_digest  # as in admission

    record = next((path for path in artifact.metadata if path.endswith(".dist-info/RECORD")), "RECORD")
    expected = {
        f"{path},{record_digest(content)},{len(content)}"
        for path, content in {**artifact.files, **artifact.metadata}.items()
        if path != record
    } | {f"{record},,"}
    # Without errors: what is no UTF-8 is no line that is expected.
    found = artifact.metadata.get(record, b"").decode(errors="replace").replace("\r\n", "\n").split("\n")
    more = [line for line in found[:-1] if line not in expected] + [line for line in found[-1:] if line]
    missing = expected.difference(found)
    return [f"{record}: no line should be {line!r}" for line in more] + [
        f"{record}: the line {line!r} is missing" for line in sorted(missing)
    ]


def _approval(name: str, entry: Any, path: Path) -> Approval:
    kinds = {key: _KINDS[kind] for key, kind in Approval.__annotations__.items()}
    if not isinstance(entry, dict) or entry.keys() != kinds.keys():
        raise _damaged(path, f"has an entry {name!r} whose keys are not {', '.join(kinds)}")
    for key, holds in kinds.items():
        if not holds(entry[key]):
            raise _damaged(path, f"has an entry {name!r} whose {key} is {entry[key]!r}")
    if canonicalize_name(entry["name"]) != name:
        raise _damaged(path, f"has an entry {name!r} that is about {entry['name']!r}")
    for file, digest in entry["files"].items():
        if not _DIGEST.fullmatch(digest):
            raise _damaged(path, f"has an entry {name!r} whose {file} has no SHA-256 but {digest!r}")
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Approval(**{**entry, **lists})


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_text, value.values()))


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "str": _text,
    "str | None": lambda value: value is None or _text(value),
    "Mapping[str, str]": _texts,
    "tuple[str, ...]": lambda value: isinstance(value, list) and all(map(_text, value)),
    "tuple[Mapping[str, Any], ...]": lambda value: (
        isinstance(value, list) and all(isinstance(item, dict) for item in value)
    ),
}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands there twice")
    return made


def _damaged(path: Path, what: str) -> GateError:
    return GateError(
        f"the ledger {path} {what}; nothing is approved until it is put right: take it from a copy, or delete it and "
        "approve again"
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import filelock  # 10 ms, and every process reads the ledger

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=60):
            yield
    except OSError as error:  # filelock.Timeout is one
        raise GateError(f"the ledger {path} cannot be written: {error}; what it says is unchanged") from error


def _write(path: Path, approved: Mapping[str, Approval]) -> None:
    table = {name: asdict(approval) for name, approval in sorted(approved.items())}
    text = json.dumps({"augplug_ledger": FORMAT, "approved": table}, indent=1, ensure_ascii=False)
    replace_file(path, text.encode() + b"\n")
