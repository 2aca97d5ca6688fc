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

FORMAT = 2
"""2 holds several versions of a distribution, and who approved it and why; 1 does not, and is written if it can be."""
INSTALLERS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of `.dist-info` that installing writes: they differ from those of the wheel, and hold no code."""
LATER = frozenset({"by", "reason"})
"""Keys of an entry that format 1 does not have."""
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
    by: str | None = None
    reason: str | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the names and digests of all files."""
        return sha256(json.dumps(dict(self.files), sort_keys=True).encode()).hexdigest()


Approved = dict[str, tuple[Approval, ...]]
"""By canonical name: the approvals of its versions, the latest last."""


def read(path: Path) -> dict[str, Approval]:
    """Return the latest approval by canonical name; none if there is no file. Raises GateError for a damaged file."""
    return {name: approvals[-1] for name, approvals in read_versions(path).items()}


def read_versions(path: Path) -> Approved:
    """Return every approval; none where there is no file. Raises GateError for a damaged file."""
    try:
        document = json.loads(path.read_bytes(), object_pairs_hook=_unique)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, f"cannot be read: {error}") from error
    if not isinstance(document, dict) or document.keys() != {"augplug_ledger", "approved"}:
        raise _damaged(path, "is not a ledger: it holds `augplug_ledger` and `approved`, and nothing else")
    written = document["augplug_ledger"]
    if problem := format_problem(written, FORMAT):
        raise GateError(f"the ledger {path} cannot be read, so that nothing is approved: {problem}")
    if not isinstance(document["approved"], dict):
        raise _damaged(path, "has no table `approved`")
    return {name: _approvals(name, given, written, path) for name, given in document["approved"].items()}


def approve(path: Path, approval: Approval, *, keep: bool = False) -> None:
    """Write an approval, in the place of the others of that distribution; with `keep`, of that version only.

    Raises GateError.
    """
    with _locked(path):
        approved = read_versions(path)
        name = canonicalize_name(approval.name)
        others = [other for other in approved.get(name, ()) if keep and other.version != approval.version]
        _write(path, {**approved, name: (*others, approval)})


def revoke(path: Path, name: str, version: str = "") -> Approval:
    """Take the approvals of a distribution out, or that of one version, and return the latest of them.

    Raises GateError where there is none.
    """
    with _locked(path):
        approved = read_versions(path)
        canonical = canonicalize_name(name)
        gone = [one for one in approved.get(canonical, ()) if version in ("", one.version)]
        if not gone:
            known = ", ".join(sorted(approved)) or "none"
            raise GateError(f"the ledger {path} has no approval of {f'{name} {version}'.strip()!r} (approved: {known})")
        left = tuple(one for one in approved[canonical] if one not in gone)
        _write(path, {**{key: kept for key, kept in approved.items() if key != canonical}, **_if_any(canonical, left)})
    return gone[-1]


def _if_any(name: str, approvals: tuple[Approval, ...]) -> Approved:
    return {name: approvals} if approvals else {}


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
    here = {path: digest for path, digest in approved_files(artifact).items() if not is_bytecode(path)}
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


def is_bytecode(path: str) -> bool:
    """Say whether it is what an installer or Python compiled; an approved plugin is never loaded from it."""
    return "__pycache__" in path.split("/")[:-1] and path.endswith(".pyc")


def _record_drift(artifact: Artifact) -> list[str]:
    """RECORD has its own digest nowhere, and those of the files that an installer writes only there: line by line.

    Its lines of bytecode are left out.
    """
    if artifact.kind != "installed":
        return []
    from augplug.gate.reading.record import record_digest  # as in admission

    record = next((path for path in artifact.metadata if path.endswith(".dist-info/RECORD")), "RECORD")
    expected = {
        f"{path},{record_digest(content)},{len(content)}"
        for path, content in {**artifact.files, **artifact.metadata}.items()
        if path != record and not is_bytecode(path)
    } | {f"{record},,"}
    # Without errors: what is not UTF-8 is not a line that is expected.
    found = artifact.metadata.get(record, b"").decode(errors="replace").replace("\r\n", "\n").split("\n")
    more = [line for line in found[:-1] if line not in expected] + [line for line in found[-1:] if line]
    more = [line for line in more if not is_bytecode(line.split(",", 1)[0])]
    missing = expected.difference(found)
    return [f"{record}: no line should be {line!r}" for line in more] + [
        f"{record}: the line {line!r} is missing" for line in sorted(missing)
    ]


def _approvals(name: str, given: Any, written: int, path: Path) -> tuple[Approval, ...]:
    if written == 1:
        return (_approval(name, given, 1, path),)
    if not isinstance(given, list) or not given:
        raise _damaged(path, f"has an entry {name!r} that is not a list of approvals")
    approvals = tuple(_approval(name, entry, written, path) for entry in given)
    if len({approval.version for approval in approvals}) != len(approvals):
        raise _damaged(path, f"has an entry {name!r} with one version twice")
    return approvals


def _approval(name: str, entry: Any, written: int, path: Path) -> Approval:
    kinds = {key: _KINDS[kind] for key, kind in Approval.__annotations__.items() if written > 1 or key not in LATER}
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


def _write(path: Path, approved: Approved) -> None:
    """In the smallest format that can hold it: what an earlier augplug can read stays so."""
    every = [approval for approvals in approved.values() for approval in approvals]
    plain = len(every) == len(approved) and not any(approval.by or approval.reason for approval in every)
    table: dict[str, Any] = {name: [asdict(one) for one in approvals] for name, approvals in sorted(approved.items())}
    if plain:
        table = {name: {key: value for key, value in one.items() if key not in LATER} for name, (one,) in table.items()}
    text = json.dumps({"augplug_ledger": 1 if plain else FORMAT, "approved": table}, indent=1, ensure_ascii=False)
    replace_file(path, text.encode() + b"\n")
