"""A verdict as SARIF 2.1.0, the format in which GitHub, GitLab and editors take findings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import augplug
from augplug.gate.check import Verdict
from augplug.gate.findings import Finding, Waiver
from augplug.shown import shown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
"""What paths are relative to, as the services that read SARIF name it."""


def log(verdict: Verdict, target: str, *, passed: bool) -> dict[str, Any]:
    """Return a SARIF log of one run: a result for each finding, and one that is suppressed for each waiver.

    Paths are relative to the folder of the call if `target` is a folder in it, else to the distribution.
    """
    names = sorted({finding.rule for finding in verdict.findings} | {_waived(waiver) for waiver in verdict.waivers})
    index = {name: number for number, name in enumerate(names)}
    paths = _Paths(verdict, target)
    results = [_result(finding, index, paths) for finding in verdict.findings]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "augplug",
                        "semanticVersion": augplug.__version__,
                        "rules": [{"id": name, "shortDescription": {"text": _described(name)}} for name in names],
                    }
                },
                # The check itself came to an end; whether it passed is the exit code, and the tier.
                "invocations": [{"executionSuccessful": True, "exitCode": 0 if passed else 3}],
                "results": [*results, *(_suppressed(waiver, index, paths) for waiver in verdict.waivers)],
                "properties": {
                    "distribution": shown(verdict.name),
                    "version": shown(verdict.version),
                    "tier": verdict.tier,
                    "capabilities": {shown(name): shown(reason) for name, reason in verdict.capabilities.items()},
                },
            }
        ],
    }


class _Paths:
    """Where the reader of a log finds the files of a distribution."""

    def __init__(self, verdict: Verdict, target: str) -> None:
        place = Path(target).resolve()
        folder = verdict.kind == "folder"
        inside = folder and place.is_relative_to(Path.cwd())
        self._prefix = f"{place.relative_to(Path.cwd()).as_posix()}/" if inside and place != Path.cwd() else ""
        self._whole = "pyproject.toml" if folder else place.name

    def location(self, file: str, line: int) -> dict[str, Any]:
        """Return a SARIF location; what a finding says of the whole distribution is said of one file of it."""
        found: dict[str, Any] = {
            "artifactLocation": {"uri": quote(os.fsencode(f"{self._prefix}{file or self._whole}")), "uriBaseId": ROOT}
        }
        if line:
            found["region"] = {"startLine": line}
        return {"physicalLocation": found}


def _described(name: str) -> str:
    stage, _, rule = name.partition("/")
    return f"{rule}, a rule of {stage}"


def _waived(waiver: Waiver) -> str:
    return f"{waiver.tool}/{waiver.code}"


def _result(finding: Finding, index: dict[str, int], paths: _Paths) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": "error" if finding.severity == "refusal" else "note",
        "message": {"text": f"{shown(finding.message)}\n{shown(finding.remedy)}"},
        "locations": [paths.location(finding.file, finding.line)],
    }


def _suppressed(waiver: Waiver, index: dict[str, int], paths: _Paths) -> dict[str, Any]:
    return {
        "ruleId": _waived(waiver),
        "ruleIndex": index[_waived(waiver)],
        "level": "note",
        "message": {"text": f"{shown(waiver.tool)} {shown(waiver.code)} is waived: {shown(waiver.reason)}"},
        "locations": [paths.location(waiver.file, waiver.line)],
        "suppressions": [{"kind": "inSource", "justification": shown(waiver.reason)}],
    }
