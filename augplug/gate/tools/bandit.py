"""bandit: what is known to be dangerous, construct by construct."""

from __future__ import annotations

import json
from collections.abc import Iterator

from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Output, ToolError
from augplug.gate.tools.scanner import Report, Scanner, Workspace
from augplug.gate.tools.starting import LINTERS, module

EXPLAINED = {"process": frozenset({"B404", "B603"}), "network": frozenset({"B310"})}
"""Capability: the codes that say no more than that it is used, which is not a finding when the plugin declares it."""


def _arguments(closure: Closure, _: Workspace) -> list[str]:
    return [*module(closure, "bandit"), "--quiet", "--format=json", f"--configfile={LINTERS}", "--exclude="]


def _read(output: Output) -> Iterator[Report]:
    if "internal error" in output.err:  # one of its checks raised: it logs that, and goes on with the next
        raise ToolError("one of its checks failed: " + output.err.strip().splitlines()[0])
    said = json.loads(output.out)
    for error in said["errors"]:
        yield Report(error["filename"], 0, "error", error["reason"])
    for result in said["results"]:
        yield Report(result["filename"], result["line_number"], result["test_id"], result["issue_text"])


SCANNER = Scanner(
    name="bandit",
    kind="python",
    arguments=_arguments,
    statuses=(0, 1),
    read=_read,
    canary=frozenset({"B102"}),
    waiver="end the line in `# nosec {code}  # <the reason>`",
)
