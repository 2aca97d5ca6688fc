"""What the gate's tools take for a plugin of 200 lines: the preparation, the first check, a check after one edit.

    python benchmarks/gate.py [--rounds 9] [--json]

Times are wall-clock seconds, since the work is done by processes side by side: run it on a machine that does nothing
else. `prepare` copies the tools to a new folder and is paid once for each version of them; `cold` is the first check
after it, `warm` a check after one line was edited, `verify` the part of each that reads the copy over; then each tool
alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from augplug.gate import tools
from augplug.gate.artifact import Artifact, EntryPoint
from augplug.gate.tools.closure import Closure
from augplug.gate.tools.process import Limits
from augplug.gate.tools.scanner import Workspace, scan

sys.path.append(str(Path(__file__).parents[1]))  # last, so that augplug is the installed one

from benchmarks.timing import ROUNDS, Spread, spread  # pylint: disable=wrong-import-position  # as said

LINES = 200
HEAD = '''"""Operations, as many as it takes."""

import augplug
from augplug import Canvas, Effect, Values


def round_down(values: Values, step: int) -> Values:
    """Multiples of `step`, in 8-bit units."""
    return values - values % step
'''
OPERATION = '''

@augplug.operation(source="a benchmark")
class Posterish{number}(augplug.Operation):
    """Round every value down to a multiple of `step` (8-bit units)."""

    step: int = augplug.parameter(low=1, high=64, unit="8-bit values", level=(1, 40))

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        return [augplug.Tone(round_down, self.step)]
'''


def plugin(edit: int) -> Artifact:
    """Return a plugin of at least 200 lines, in which one line depends on `edit`."""
    count = (LINES - HEAD.count("\n")) // OPERATION.count("\n") + 1
    text = HEAD + "".join(OPERATION.format(number=number) for number in range(count)) + f"\n\nEDIT = {edit}\n"
    point = EntryPoint("augplug", "my-ops", "my_ops")
    return Artifact("my-ops", "1.0", "wheel", {"my_ops/__init__.py": text.encode()}, {}, (point,), ())


def measure(root: Path, rounds: int) -> dict[str, Spread]:
    """Return seconds by what was done, with a closure in a new folder."""
    prepared = _seconds(lambda: tools.prepare(root))
    closure = tools.prepare(root)
    cold = _seconds(partial(_check, root, 0))
    return {
        "prepare": Spread(prepared, prepared, prepared),
        "cold": Spread(cold, cold, cold),
        "warm": spread([_seconds(partial(_check, root, edit)) for edit in range(1, rounds + 1)]),
        "verify": spread([_seconds(lambda: tools.prepare(root)) for _ in range(rounds)]),
        **{
            name: spread([_alone(closure, name) for _ in range(rounds)])
            for name in ("pylint", "mypy", "bandit", "ruff")
        },
    }


def _check(root: Path, edit: int) -> None:
    artifact = plugin(edit)
    result = tools.check(artifact, {}, closure=tools.prepare(root))
    if result.findings or result.covered != set(artifact.files):
        raise SystemExit(f"the plugin of this benchmark is not clean: {result.findings}")


def _alone(closure: Closure, name: str) -> float:
    scanner = next(scanner for scanner in tools.SCANNERS if scanner.name == name)
    with tempfile.TemporaryDirectory() as folder:
        work = Workspace.made(Path(folder).resolve())
        for path, content in plugin(0).files.items():
            work.copy("python", path, content)
        return _seconds(lambda: scan(scanner, closure, work, Limits()))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), options.rounds)
    if options.json:
        print(json.dumps({name: asdict(found) for name, found in measured.items()}))
        return 0
    lines = sum(len(content.splitlines()) for content in plugin(0).files.values())
    print(f"a plugin of {lines} lines; seconds, median (quartiles)")
    for name, found in measured.items():
        print(f"{name:8} {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
