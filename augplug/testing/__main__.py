"""`python -m augplug.testing MODULE ... [--json] [--path FOLDER]`: examine plugins and print what was found.

Exit status 0: nothing failed; 1: something did; 2: there was nothing to examine. `--report`, `--seconds` and
`--megabytes` are for `examine_in_child`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from augplug.errors import AugplugError
from augplug.testing.auditing import Watch
from augplug.testing.base import Outcome
from augplug.testing.running import opaque_operations, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine; return the exit status."""
    given = _parser().parse_args(arguments)
    if given.seconds or given.megabytes:
        _limit(given.seconds, given.megabytes)
    if given.path:
        sys.path.insert(0, given.path)
    outcomes, opaque, failure = list[Outcome](), list[str](), ""
    watch = Watch(given.path) if given.report is not None and given.path else None
    if watch is not None:
        _hold(given.path, given.module)
    try:
        for name in given.module:
            outcomes += run(importlib.import_module(name))
            opaque += opaque_operations(importlib.import_module(name))
    except AugplugError as error:
        failure = str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # importing a plugin may do anything
        failure = f"it cannot be imported: {type(error).__name__}: {error}"
    document = {
        "outcomes": [asdict(one) for one in outcomes],
        "findings": watch.findings() if watch else [],
        "opaque": opaque,
        "failure": failure,
    }
    if given.report is not None:
        with os.fdopen(given.report, "w", encoding="utf-8") as report:
            json.dump(document, report)
    elif given.json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        _print(outcomes, failure)
    return 2 if failure else int(any(one.state == "failed" for one in outcomes))


def _hold(folder: str, modules: Sequence[str]) -> None:
    """Refuse what the plugin does not declare, as happens wherever it is used."""
    from augplug.gate.runtime import Owner, declared, watch  # only in a child, whose hook nobody needs to take out
    from augplug.gate.runtime.events import KNOWN, permitted

    roots = {module.partition(".")[0] for module in modules}
    capabilities = declared(f"{folder}/{root}" for root in roots)
    files = frozenset(f"{folder}/{root}.py" for root in roots)
    packages = tuple(f"{folder}/{root}/" for root in sorted(roots))
    watch(Owner(", ".join(sorted(roots)), permitted(capabilities), files, packages, KNOWN | roots))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m augplug.testing", description="Examine augplug plugins.")
    parser.add_argument("module", nargs="+", help="a module that an entry point names")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--path", help="a folder from which the modules are imported")
    parser.add_argument("--report", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--megabytes", type=int, help=argparse.SUPPRESS)
    return parser


def _limit(seconds: float | None, megabytes: int | None) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    if seconds:
        whole = max(1, round(seconds))
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    if megabytes:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _print(outcomes: list[Outcome], failure: str) -> None:
    for outcome in outcomes:
        if outcome.state != "passed":
            sys.stdout.write(f"{outcome}\n")
    counts = Counter(outcome.state for outcome in outcomes)
    told = ", ".join(f"{counts[state]} {state}" for state in ("passed", "failed", "skipped"))
    sys.stdout.write(f"not examined: {failure}\n" if failure else f"{told}\n")


if __name__ == "__main__":
    sys.exit(main())
