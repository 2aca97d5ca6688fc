"""shellcheck: shell scripts, by their ending or their first line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Output
from augplug.gate.tools.scanner import Report, Scanner, Workspace

SHELL = re.compile(rb"#!\s*\S*/(env\s+(-S\s+)?)?(ba|da|k|a)?sh\b")
ENDINGS = (".sh", ".bash", ".dash", ".ksh")


def is_shell(path: str, content: bytes) -> bool:
    """Say whether a file is a shell script."""
    return path.endswith(ENDINGS) or SHELL.match(content) is not None


def _arguments(closure: Closure, _: Workspace) -> list[str]:
    program = str(closure.program("shellcheck"))
    # SC2250, braces around every variable, is noise.
    return [program, "--norc", "--format=json", "--enable=all", "--exclude=SC2250"]


def _read(output: Output) -> Iterator[Report]:
    for said in json.loads(output.out):
        yield Report(said["file"], said["line"], f"SC{said['code']}", said["message"])


SCANNER = Scanner(
    name="shellcheck",
    kind="shell",
    arguments=_arguments,
    statuses=(0, 1),
    read=_read,
    canary=frozenset({"SC2086", "SC2154", "SC2248"}),
    waiver="put `# shellcheck disable={code}  # <the reason>` above the line",
)
