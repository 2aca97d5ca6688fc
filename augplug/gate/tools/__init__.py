"""Stage 3, the tools: how well a plugin is written, in the eyes of bandit, mypy, pylint, ruff and shellcheck.

They run from a copy of themselves (closure.py), on copies of the plugin's files (scanner.py), with the settings beside
this file and no others. A suppression on a line is honoured, since the stage of rules lists each as a waiver and
refuses what has no code or no reason; what silences a whole file shows as a file that was not checked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import chain
from pathlib import Path

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding, StageResult
from augplug.gate.sources import is_source
from augplug.gate.tools import bandit, mypy, pylint, ruff, shellcheck
from augplug.gate.tools.closure import Closure, ingredients, open_closure
from augplug.gate.tools.process import Limits
from augplug.gate.tools.scanner import NOT_CHECKED, Workspace, not_checked, scan

SCANNERS = (pylint.SCANNER, mypy.SCANNER, bandit.SCANNER, ruff.SCANNER, shellcheck.SCANNER)
"""The slowest first: they run side by side."""


def check(
    artifact: Artifact,
    capabilities: Mapping[str, str],
    *,
    closure: Closure | None = None,
    limits: Limits | None = None,
) -> StageResult:
    """Run the tools over the Python files and shell scripts of a distribution.

    `capabilities` are those that it declares. `covered` are the files that every tool for their kind read to the end.
    `closure` is the tools' copy, else the one of this environment; `limits` hold for each tool. Raises GateError.
    """
    closure = closure or prepare()
    with tempfile.TemporaryDirectory(prefix="augplug-gate-") as folder:
        work = Workspace.made(Path(folder).resolve())
        unread = [finding for path, content in artifact.files.items() for finding in _copy(work, path, content)]
        needed = [scanner for scanner in SCANNERS if work.lines[scanner.kind]]
        with ThreadPoolExecutor(len(SCANNERS)) as pool:
            results = pool.map(lambda scanner: scan(scanner, closure, work, limits or Limits()), needed)
            findings = {*unread, *chain.from_iterable(results)}
    explained = {f"bandit/{code}" for name in capabilities for code in bandit.EXPLAINED.get(name, ())}
    missed = {finding.file for finding in findings if finding.rule == NOT_CHECKED}
    return StageResult(
        findings=tuple(sorted(finding for finding in findings if finding.rule not in explained)),
        covered=frozenset(chain.from_iterable(work.lines.values())) - missed,
        tools=closure.versions,
    )


def _copy(work: Workspace, path: str, content: bytes) -> list[Finding]:
    """Copy a file for the tools of its kind; return why not, if it cannot be written."""
    if is_source(path):  # whatever its first line says: Python imports it
        kind = "python"
    elif shellcheck.is_shell(path, content):
        kind = "shell"
    else:
        return []
    try:
        work.copy(kind, path, content)
    except (OSError, ValueError) as error:
        return [not_checked(path, scanner.name, str(error)) for scanner in SCANNERS if scanner.kind == kind]
    return []


def prepare(root: Path | None = None) -> Closure:
    """Copy the tools to the user's cache, if they are not there already. Raises GateError."""
    return open_closure(ingredients(), mypy.warm, root)


def versions() -> Mapping[str, str]:
    """Return the version of each tool, and of each library that a plugin is checked against. Raises GateError."""
    return ingredients().versions


def rule_digest() -> str:
    """Return a SHA-256 over the gate's own sources and settings, as hexadecimal digits."""
    gate = Path(__file__).parents[1]
    files = sorted(path for path in gate.rglob("*") if path.suffix in (".py", ".toml"))
    named = [f"{path.relative_to(gate).as_posix()} {sha256(path.read_bytes()).hexdigest()}\n" for path in files]
    return sha256("".join(named).encode()).hexdigest()
