"""Read every module of a plugin, and hold it to the rules."""

from __future__ import annotations

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding, StageResult
from augplug.gate.rules import (
    argument,
    attribute,
    base,
    builtin,
    capabilities,
    dunder,
    dynamic,
    enumeration,
    imports,
    in_place,
    module_level,
    operation,
    pattern,
    randomness,
    rebound,
    store,
    suppressions,
    template,
    type_checking,
    types_only,
)
from augplug.gate.rules.source import Plugin, Source, read

RULES = (
    imports.check,
    builtin.check,
    dunder.check,
    attribute.check,
    rebound.check,
    store.check,
    dynamic.check,
    enumeration.check,
    pattern.check,
    base.check,
    argument.check,
    types_only.check,
    template.check,
    module_level.check,
    type_checking.check,
    randomness.check,
    in_place.check,
    operation.check,
)


def check(artifact: Artifact) -> StageResult:
    """Stage 2 on the files of a plugin; nothing of it is run. What cannot be parsed is refused, and not covered."""
    granted, waivers, findings = capabilities.declared(artifact)
    sources: dict[str, Source] = {}
    covered = {path for path in artifact.files if path.rsplit("/", 1)[-1] == capabilities.NAME}
    for path in sorted(path for path in artifact.files if path.endswith((".py", ".sh"))):
        content = artifact.files[path]
        try:
            if path.endswith(".py"):
                source = read(path, content)
                sources[source.module] = source
            for found in suppressions.check(path, content):
                (findings if isinstance(found, Finding) else waivers).append(found)  # type: ignore[arg-type]  # split by its type
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            remedy = "Write it in UTF-8, so that every supported Python parses it."
            findings.append(
                Finding("allow/unreadable", path, 0, f"cannot be parsed: {type(error).__name__}: {error}", remedy)
            )
        else:
            covered.add(path)
    plugin = Plugin(sources, granted)
    for source in sources.values():
        try:
            findings += [finding for rule in RULES for finding in rule(plugin, source)]
        except RecursionError:
            covered.discard(source.path)
            message, remedy = "nested too deeply to be checked", "Write it in smaller expressions."
            findings.append(Finding("allow/unreadable", source.path, 0, message, remedy))
    where = next(iter(sorted(path for path in covered if path.endswith(capabilities.NAME))), "")
    findings += capabilities.unused(plugin, where)
    return StageResult(tuple(sorted(set(findings))), frozenset(covered), tuple(sorted(waivers)), granted)
