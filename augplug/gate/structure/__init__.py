"""Stage 1 of the gate: how a plugin is packed. What could run without anyone having read it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding, StageResult
from augplug.gate.structure.build import check_build
from augplug.gate.structure.content import check_content
from augplug.gate.structure.described import check_described
from augplug.gate.structure.layout import check_layout
from augplug.gate.structure.record import check_record
from augplug.gate.structure.source import check_source

EDITABLE = "is an editable install"
CHECKS: tuple[Callable[[Artifact], Iterator[Finding]], ...] = (
    check_layout,
    check_content,
    check_source,
    check_described,
    check_record,
    check_build,
)


def check(artifact: Artifact) -> StageResult:
    """Return what is wrong with how a plugin is packed; every file of it is read, and covered."""
    editable = [finding for finding in _irregular(artifact) if EDITABLE in finding.message]
    if editable:  # its files are elsewhere, so that nothing else that could be said here is about it
        return StageResult(tuple(editable), frozenset(artifact.files))
    findings = [*_irregular(artifact), *(finding for part in CHECKS for finding in part(artifact))]
    return StageResult(findings=tuple(sorted(findings)), covered=frozenset(artifact.files))


def _irregular(artifact: Artifact) -> Iterator[Finding]:
    for path, reason in artifact.irregular:
        yield Finding(
            "structure/irregular",
            path,
            0,
            f"{path or 'the distribution'} {reason}" if path else reason,
            "Ship plain files only, each once and beneath the package, and install them as a wheel.",
        )
