"""ruff: several hundred fast rules about style and likely bugs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Output
from augplug.gate.tools.scanner import Report, Scanner, Workspace

RULES = Path(__file__).with_name("ruff_rules.toml")


def _arguments(closure: Closure, _: Workspace) -> list[str]:
    return [
        str(closure.program("ruff")),
        "check",
        f"--config={RULES}",
        "--no-cache",
        "--output-format=json",
        "--no-fix",
    ]


def _read(output: Output) -> Iterator[Report]:
    for said in json.loads(output.out):
        yield Report(said["filename"], said["location"]["row"], said["code"] or "invalid-syntax", said["message"])


SCANNER = Scanner(
    name="ruff",
    kind="python",
    arguments=_arguments,
    statuses=(0, 1),
    read=_read,
    canary=frozenset({"F405", "F821"}),
    waiver="end the line in `# noqa: {code}  # <the reason>`",
)
