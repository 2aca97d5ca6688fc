"""What a check says: findings that refuse or advise, waivers, and what each stage read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from augplug.renamed import answers_old_names, module_getattr

Severity = Literal["refusal", "advice"]


@answers_old_names
@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong.

    `rule` is `stage/name` (`structure/pth`, `allow/import`, `mypy/arg-type`, `coverage/not-checked`); `file` is the
    path inside the distribution, empty for the whole of it; `line` counts from 1, 0 is the whole file. `remedy` says
    what to do.
    """

    rule: str
    file: str
    line: int
    message: str
    remedy: str
    severity: Severity = "refusal"


@dataclass(frozen=True, order=True)
class Waiver:
    """A suppression inside a plugin that names one code of one tool and a reason; part of the approval."""

    file: str
    line: int
    tool: str
    code: str
    reason: str


@dataclass(frozen=True)
class StageResult:
    """What a stage found, and which files it read from beginning to end."""

    findings: tuple[Finding, ...] = ()
    covered: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    capabilities: Mapping[str, str] = field(default_factory=dict)
    """Capability: reason."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Tool: version."""


def refused(findings: Iterable[Finding]) -> bool:
    """Say whether any of them refuses."""
    return any(finding.severity == "refusal" for finding in findings)


if not TYPE_CHECKING:  # type checkers refuse unknown names themselves
    __getattr__ = module_getattr(__name__)
