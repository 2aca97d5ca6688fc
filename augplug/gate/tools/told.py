"""What of the tools' findings refuses, and which of them say the same thing: `told.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from augplug.gate.findings import Finding, Severity


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(files("augplug.gate.tools").joinpath("told.toml").read_text("utf-8"))


def severity(tool: str, code: str) -> Severity:
    """Advice for what is a matter of style, else a refusal."""
    return "advice" if code.startswith(tuple(_tables()["advice"].get(tool, ())) or ("?",)) else "refusal"


@cache
def _groups() -> Mapping[str, tuple[str, int]]:
    """The group of each rule that says what another says, and its place in it."""
    return {rule: (name, place) for name, rules in _tables()["same"].items() for place, rule in enumerate(rules)}


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with their severity, of those on one line that say the same only the first.

    A refusal comes before advice.
    """
    judged = [replace(found, severity=severity(*found.rule.split("/", 1))) for found in findings]
    kept: dict[tuple[str, int, str], Finding] = {}
    for finding in sorted(judged, key=lambda found: (found.severity != "refusal", _place(found), found)):
        group = _groups().get(finding.rule, (f"{finding.rule} {finding.message}", 0))[0]
        kept.setdefault((finding.file, finding.line, group), finding)
    return sorted(kept.values())


def _place(finding: Finding) -> int:
    return _groups().get(finding.rule, ("", 0))[1]
