"""`augplug plugins check --examine`: a clean plugin runs in a child process, and what that found joins the verdict."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from augplug.gate.artifact import GROUP, Artifact
from augplug.gate.check import Verdict, judge
from augplug.gate.findings import Finding
from augplug.gate.reading.described import module_of
from augplug.testing import Examination, examine_in_child


def examined(artifact: Artifact, verdict: Verdict) -> Verdict:
    """Return the verdict with the examination of these very bytes, from a folder that holds nothing else."""
    modules = sorted({module_of(point.value) for point in artifact.entry_points if point.group == GROUP})
    with tempfile.TemporaryDirectory() as folder:
        for path, content in artifact.files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        found = examine_in_child(folder, modules)
    counted = Counter(outcome.state for outcome in found.outcomes)
    counts = {state: counted[state] for state in ("passed", "failed", "skipped")}
    return judge(verdict, {**counts, "opaque operations": len(found.opaque)}, _findings(found))


def _findings(found: Examination) -> tuple[Finding, ...]:
    failed = [
        Finding(
            f"examination/{outcome.check}",
            "",
            0,
            f"{outcome.subject}: {outcome.message}",
            "docs/plugins/examination.md says what this check asks, and what to do.",
        )
        for outcome in found.outcomes
        if outcome.state == "failed"
    ]
    seen = [
        Finding("examination/seen", "", 0, told, "Declare the capability, or do without it.", "advice")
        for told in found.findings
    ]
    if found.failure or not found.outcomes:
        why = found.failure or "it provides nothing that could be examined"
        failed.append(
            Finding("examination/not-examined", "", 0, why, "Mend what stopped the examination, then check again.")
        )
    return (*failed, *seen)
