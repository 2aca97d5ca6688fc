"""pylint: what can be inferred about names, calls and control flow; no library is shown to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Output
from augplug.gate.tools.scanner import Report, Scanner, Workspace
from augplug.gate.tools.starting import LINTERS, module


def _arguments(closure: Closure, work: Workspace) -> list[str]:
    roots = f"--source-roots={work.folder / 'python'}"
    return [*module(closure, "pylint"), f"--rcfile={LINTERS}", roots, "--output-format=json2", "--reports=no"]


def _read(output: Output) -> Iterator[Report]:
    for said in json.loads(output.out)["messages"]:
        yield Report(said["absolutePath"], said["line"], said["symbol"], said["message"])


# Its exit status is a sum of 1 to 16 by the kinds of messages; 32 is a call that it did not understand.
SCANNER = Scanner(
    name="pylint",
    kind="python",
    arguments=_arguments,
    statuses=range(32),
    read=_read,
    canary=frozenset({"exec-used", "undefined-variable"}),
    waiver="end the line in `# pylint: disable={code}  # <the reason>`",
)
