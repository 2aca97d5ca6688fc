"""`allow/capability`: what a plugin declares in `augplug-plugin.toml` inside its package.

`[capabilities]` is what it needs beyond the allow-list; `[expected-failures]` are checks of the examination that it
cannot pass, each with the reason: waivers, as a suppression is one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding, Waiver
from augplug.gate.rules.allowed import allowed, grantable
from augplug.gate.rules.imports import library
from augplug.gate.rules.source import Plugin
from augplug.shown import hidden

NAME = "augplug-plugin.toml"
RULE = "allow/capability"
WHY = "Say in one line why the check cannot be passed, without control or format characters."


def declared(artifact: Artifact) -> tuple[dict[str, str], list[Waiver], list[Finding]]:
    """Read the one file of capabilities and waivers; what is wrong with it grants nothing."""
    # The outermost first: that is the one to keep.
    paths = sorted(
        (path for path in artifact.files if path.rsplit("/", 1)[-1] == NAME), key=lambda path: path.count("/")
    )
    outside = [path for path in artifact.metadata if path.rsplit("/", 1)[-1] == NAME and path not in artifact.files]
    misplaced = [*(path for path in paths if f"{path.removesuffix(NAME)}__init__.py" not in artifact.files), *outside]
    if misplaced or len(paths) > 1:
        where = (misplaced or paths[1:])[0]
        message = "a plugin has one file of capabilities, inside its package"
        return {}, [], [Finding(RULE, where, 0, message, "Keep one, beside the package's __init__.py.")]
    if not paths:
        return {}, [], []
    try:
        document = tomllib.loads(artifact.files[paths[0]].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return {}, [], [Finding(RULE, paths[0], 0, f"not TOML: {error}", "Write it as TOML, in UTF-8.")]
    return granted(paths[0], document)


def granted(path: str, document: Mapping[str, object]) -> tuple[dict[str, str], list[Waiver], list[Finding]]:
    """The capabilities and waivers of a document that says nothing else."""
    table, failures = document.get("capabilities", {}), document.get("expected-failures", {})
    version = document.get("augplug-plugin")
    shape = (
        set(document) <= {"augplug-plugin", "capabilities", "expected-failures"}
        and isinstance(version, int)
        and version is not True
        and version == 1
    )
    if not shape or not isinstance(table, dict) or not isinstance(failures, dict):
        remedy = "Write `augplug-plugin = 1`, a table [capabilities], perhaps [expected-failures], and nothing else."
        return {}, [], [Finding(RULE, path, 0, "this is not a file of capabilities of version 1", remedy)]
    good = {name: why for name, why in table.items() if grantable(name) and is_reason(why)}
    known = ", ".join(allowed()["capabilities"])
    remedy = f"Name one of {known}, or a library by its import name, and say why it is needed."
    bad = [
        Finding(RULE, path, 0, f"{name} is not a capability, or has no reason of one line", remedy)
        for name in table
        if name not in good
    ]
    known_failures = {name: why for name, why in failures.items() if is_reason(why) and not hidden(name)}
    bad += [
        Finding(RULE, path, 0, f"the expected failure {name} has no reason", WHY)
        for name in failures.keys() - known_failures.keys()
    ]
    return good, [Waiver(path, 0, "examination", name, why) for name, why in known_failures.items()], bad


def is_reason(why: object) -> bool:
    """Say whether it is a text of one line, in which everything can be seen."""
    return isinstance(why, str) and bool(why.strip()) and not hidden(why)


def unused(plugin: Plugin, path: str) -> list[Finding]:
    """Advice on what is declared and not imported; `dynamic`, `files` and `native` are builtins too."""
    found = [plugin.reach(dotted) for source in plugin.sources.values() for _, dotted in source.uses]
    reached = {name for reach in found for name in library(plugin, reach)}
    idle = [name for name in plugin.capabilities if name not in reached | {"dynamic", "files", "native"}]
    remedy = "Take it out: each capability makes an approval harder."
    return [Finding(RULE, path, 0, f"{name} is declared, and nothing uses it", remedy, "advice") for name in idle]
