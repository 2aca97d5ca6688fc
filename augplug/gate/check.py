"""`check`: every stage over one artifact, and the verdict. Imports and builds nothing of what it checks."""

from __future__ import annotations

import json
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

import augplug
from augplug.gate import cache, rules, structure, tools
from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding, StageResult, Waiver, refused
from augplug.gate.ledger import approved_files
from augplug.gate.sources import is_source
from augplug.gate.tools.closure import ingredients
from augplug.gate.tools.told import once

UNREAD = frozenset({"structure/size", "structure/encoding", "structure/syntax", "structure/kind"})
"""Refusals of the structure stage after which no other stage reads the file."""


@dataclass(frozen=True)
class Verdict:  # pylint: disable=too-many-instance-attributes  # a record of all that was said
    """What the gate says of exact bytes under an exact rule set; it can be written, read and compared.

    `tier` is refused, structure (it is packed as a plugin), clean (it keeps to the rules and the tools are content) or
    examined (the examination passed too). `files` has the SHA-256 of every file that an approval would name, and
    `stages` how many findings of each stage refuse. `examination` counts what the examination passed, failed and left
    out, where it was asked for.
    """

    name: str
    version: str
    kind: str
    tier: str
    findings: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]
    capabilities: dict[str, str]
    files: dict[str, str]
    entry_points: tuple[tuple[str, str, str], ...]
    requires: tuple[str, ...]
    tools: dict[str, str]
    rules: str
    python: str
    augplug: str
    stages: dict[str, int]
    examination: dict[str, int] | None = None

    @property
    def clean(self) -> bool:
        """Say whether it may be approved."""
        return self.tier in ("clean", "examined")

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON."""
        return asdict(self)


def check(artifact: Artifact, *, cached: bool = True) -> Verdict:
    """Return the verdict; with `cached`, that of an earlier check of the same bytes by the same rules and tools.

    Raises GateError where the tools are not installed.
    """
    versions = dict(tools.versions())
    key = _key(artifact, versions)
    place = cache.verdicts() / f"{key}.json"
    if cached and (known := _remembered(place)) is not None:
        return known
    verdict = _verdict(artifact, versions)
    _remember(place, verdict)
    return verdict


def judge(verdict: Verdict, examination: dict[str, int], findings: tuple[Finding, ...]) -> Verdict:
    """Return the verdict with what the examination found."""
    every = tuple(sorted({*verdict.findings, *findings}))
    tier = "examined" if verdict.clean and not refused(findings) else verdict.tier
    stages = {**verdict.stages, "examination": _refusals(findings)}
    return replace(verdict, tier=tier, findings=every, stages=stages, examination=examination)


def _verdict(artifact: Artifact, versions: dict[str, str]) -> Verdict:
    packed = structure.check(artifact)
    left = _readable(artifact, packed)
    ruled = rules.check(left)
    judged = tools.check(left, ruled.capabilities)
    judged = replace(judged, findings=tuple(once(judged.findings)))
    results = {
        "structure": packed,
        "rules": ruled,
        "tools": judged,
        "coverage": _coverage(left, packed, ruled, judged),
    }
    stages = {name: _refusals(result.findings) for name, result in results.items()}
    packed_well = not stages["structure"] and not stages["coverage"]
    tier = "clean" if not any(stages.values()) else "structure" if packed_well else "refused"
    return Verdict(
        artifact.name,
        artifact.version,
        artifact.kind,
        tier,
        tuple(sorted({finding for result in results.values() for finding in result.findings})),
        tuple(sorted({waiver for result in results.values() for waiver in result.waivers})),
        dict(ruled.capabilities),
        approved_files(artifact),
        tuple((point.group, point.name, point.value) for point in artifact.entry_points),
        artifact.requires,
        {**versions, **judged.tools},
        tools.rule_digest(),
        platform.python_version(),
        augplug.__version__,
        stages,
    )


def _readable(artifact: Artifact, packed: StageResult) -> Artifact:
    """What later stages read: no source that the structure stage refused as such, since it may take them hours."""
    refused_sources = {found.file for found in packed.findings if found.rule in UNREAD}
    return replace(artifact, files={path: data for path, data in artifact.files.items() if path not in refused_sources})


def _coverage(artifact: Artifact, packed: StageResult, ruled: StageResult, judged: StageResult) -> StageResult:
    """Every file was read by the stages that it belongs to; one that was not is a refusal."""
    python = {path for path in artifact.files if is_source(path)}
    expected = {"structure": (set(artifact.files), packed), "rules": (python, ruled), "tools": (python, judged)}
    return StageResult(
        tuple(
            Finding(
                "coverage/not-checked",
                path,
                0,
                f"the stage {stage} did not read it",
                "mend what kept the stage from reading it; until then the plugin counts as not checked",
            )
            for stage, (files, result) in expected.items()
            for path in sorted(files - result.covered)
        )
    )


def _refusals(findings: tuple[Finding, ...]) -> int:
    return sum(finding.severity == "refusal" for finding in findings)


def dependencies(requires: tuple[str, ...]) -> dict[str, str]:
    """Return the versions that are installed of what a plugin asks for; `missing` where it is not."""
    found = {}
    for written in requires:
        try:
            requirement = Requirement(written)
        except InvalidRequirement:  # the structure stage refuses it by name
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            try:
                found[requirement.name] = version(requirement.name)
            except PackageNotFoundError:
                found[requirement.name] = "missing"
    return found


def _key(artifact: Artifact, versions: dict[str, str]) -> str:
    content = [
        artifact.name,
        artifact.version,
        artifact.kind,
        sorted(artifact.digests.items()),
        sorted((path, sha256(data).hexdigest()) for path, data in artifact.metadata.items()),
        [asdict(point) for point in artifact.entry_points],
        list(artifact.requires),
        sorted(artifact.irregular),
        sorted((artifact.record or {}).items()),
        sorted(versions.items()),
        ingredients().key,
        tools.rule_digest(),
        platform.python_version(),
        augplug.__version__,
    ]
    return sha256(json.dumps(content).encode()).hexdigest()


def _remembered(place: Path) -> Verdict | None:
    try:
        known = json.loads(place.read_bytes())
        known["findings"] = tuple(Finding(**finding) for finding in known["findings"])
        known["waivers"] = tuple(Waiver(**waiver) for waiver in known["waivers"])
        known["entry_points"] = tuple(tuple(point) for point in known["entry_points"])
        known["requires"] = tuple(known["requires"])
        return Verdict(**known)
    except (OSError, ValueError, KeyError, TypeError):  # no such verdict, or one that is not whole: check again
        return None


def _remember(place: Path, verdict: Verdict) -> None:
    from augplug.disk import replace_file

    with suppress(OSError):  # a cache that cannot be written costs time, and nothing else
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, json.dumps(verdict.to_json()).encode())
