"""Read every module of a plugin, and hold it to the rules."""

from __future__ import annotations

import platform
import time
from itertools import islice

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding, StageResult, Waiver
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
from augplug.gate.sources import is_source, too_large

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


MOST = 2_000
"""Findings of one module that are told; nobody reads more."""
SECONDS = 60.0
"""What all rules together may take for a plugin; one that takes longer is not checked."""


def check(artifact: Artifact, *, seconds: float = SECONDS) -> StageResult:
    """Stage 2 on the files of a plugin; nothing of it is run. What cannot be parsed is refused, and not covered."""
    granted, waivers, findings = capabilities.declared(artifact)
    large = too_large(artifact.files)
    findings += [unreadable(path, reason, "Write it in smaller modules.") for path, reason in large.items()]
    sources: dict[str, Source] = {}
    covered = {path for path in artifact.files if path.rsplit("/", 1)[-1] == capabilities.NAME}
    for path in sorted(path for path in artifact.files if is_source(path) or path.endswith(".sh")):
        if path in large:
            continue
        try:
            said, source = parsed(path, artifact.files[path])
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            message = f"cannot be parsed by Python {platform.python_version()}: {type(error).__name__}: {error}"
            remedy = "Write it in UTF-8, in the syntax of the oldest Python that it runs on."
            findings.append(unreadable(path, message, remedy))
            continue
        if source is not None:
            sources[source.module] = source
        findings += [found for found in said if isinstance(found, Finding)]
        waivers += [found for found in said if isinstance(found, Waiver)]
        covered.add(path)
    plugin = Plugin(sources, granted)
    missed = judged(plugin, time.monotonic() + seconds)
    findings += [finding for found in missed.values() for finding in found[0]]
    covered -= {path for path, (_, whole) in missed.items() if not whole}
    where = next(iter(sorted(path for path in covered if path.endswith(capabilities.NAME))), "")
    findings += capabilities.unused(plugin, where)
    return StageResult(tuple(sorted(set(findings))), frozenset(covered), tuple(sorted(waivers)), granted)


def parsed(path: str, content: bytes) -> tuple[list[Finding | Waiver], Source | None]:
    """What a file says of suppressions, and its syntax where it is Python. Raises what the parser raises."""
    source = read(path, content) if is_source(path) else None
    return list(suppressions.check(path, content)), source


def judged(plugin: Plugin, until: float) -> dict[str, tuple[list[Finding], bool]]:
    """What the rules find in each module, by its path, and whether all of them read it."""
    found: dict[str, tuple[list[Finding], bool]] = {}
    for source in plugin.sources.values():
        said: list[Finding] = []
        found[source.path] = said, True
        try:
            for rule in RULES:
                if time.monotonic() > until:
                    raise TimeoutError
                said += islice(rule(plugin, source), MOST - len(said))
        except (RecursionError, TimeoutError) as error:
            slow = isinstance(error, TimeoutError)
            message = "is too large to be checked in time" if slow else "nested too deeply to be checked"
            said.append(unreadable(source.path, message, "Write it in smaller modules and expressions."))
            found[source.path] = said, False
    return found


def unreadable(path: str, message: str, remedy: str) -> Finding:
    """A file that the rules did not read to its end."""
    return Finding("allow/unreadable", path, 0, message, remedy)
