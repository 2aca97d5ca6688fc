"""A verdict in words."""

from __future__ import annotations

from collections import Counter

from augplug.gate.check import Verdict
from augplug.shown import shown

PROMISE = (
    "These exact bytes were checked by this exact rule set. That is not a proof that the plugin does no harm: "
    "docs/design/gate.md says what it is."
)
MOST = 5
"""Remedies that the summary tells."""
_MEANS = {
    "refused": "it is not packed as a plugin must be, or could not be read to the end",
    "structure": "it is packed as a plugin, and does not keep to the rules",
    "clean": "it keeps to the rules, and the tools are content",
    "examined": "it keeps to the rules, the tools are content, and it passed the examination",
}


def shortest(verdict: Verdict) -> list[str]:
    """Return the shortest way to pass: each remedy once, those that mend most first."""
    refused = [finding for finding in verdict.findings if finding.severity == "refusal"]
    if not refused:
        return []
    mended = Counter(finding.remedy for finding in refused).most_common()
    told = [f"  {number} times: {remedy}" if number > 1 else f"  {remedy}" for remedy, number in mended[:MOST]]
    more = [f"  and {len(mended) - MOST} more, said above"] if len(mended) > MOST else []
    return [f"the shortest way to pass, of {len(refused)} refusals:", *told, *more]


def text(verdict: Verdict) -> str:
    """Return the verdict as lines for people: findings first, then what an approval would say, then the tier."""
    lines = []
    for finding in verdict.findings:
        place = f"{finding.file or verdict.name}{f':{finding.line}' if finding.line else ''}"
        lines += [f"{place}: {finding.rule} ({finding.severity}): {finding.message}", f"    {finding.remedy}"]
    lines += [""] if lines else []
    lines += [f"capability {name}: {reason}" for name, reason in verdict.capabilities.items()]
    lines += [
        f"waiver {waiver.file}:{waiver.line}: {waiver.tool} {waiver.code}: {waiver.reason}"
        for waiver in verdict.waivers
    ]
    counted = ", ".join(f"{name} {count}" for name, count in verdict.stages.items())
    known = ", ".join(f"{name} {version}" for name, version in verdict.tools.items())
    lines += [
        f"refusals by stage: {counted}",
        f"{len(verdict.files)} files, rules {verdict.rules[:12]}, Python {verdict.python}, augplug {verdict.augplug}",
        f"tools: {known}",
    ]
    if verdict.examination is not None:
        lines.append("examination: " + ", ".join(f"{count} {name}" for name, count in verdict.examination.items()))
    lines += shortest(verdict)
    lines += [PROMISE, f"{verdict.name} {verdict.version}: {verdict.tier.upper()}: {_MEANS[verdict.tier]}"]
    return "\n".join(shown(line) for line in lines)
