"""Run the proofs of docs/seed.md: `python tools/seed.py [NAME ...]`, or all. `tox -e seed` is this.

Each proof runs in the environment of tox that the page names, with the plugin that it tests installed by the gate. A
line is printed for each row, with its seconds by the clock and of the CPUs, and with what its proof does not run. What
the tests said is in .tox/seed-logs/NAME.log. The exit status is 1 if a row is not green, 2 if a name is unknown.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "seed.md"
LOGS = ROOT / ".tox" / "seed-logs"
ROW = re.compile(r"^\| (?P<name>[^|]+) \|(?:[^|]*\|){3} (?P<missing>[^|]+) \| (?P<proof>[^|]+) \|$", re.MULTILINE)
PROOF = re.compile(r"`(?P<environment>[a-z-]+)`: `(?P<tests>[^`]+)`")
COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")
NOTHING = "-"
"""What stands in the page if a proof runs all that its row names."""
PROGRAMS = {"prometheus": "prometheus", "prometheus-blackbox-exporter": "prometheus-blackbox-exporter"}
"""Programs that a row needs, by the Debian packages that hold them."""
IN_TURN = "import json, subprocess, sys; [subprocess.run(one, check=True) for one in json.loads(sys.argv[1])]"
"""Runs commands in one call of tox."""
NEEDS = {"Pingdom": PROGRAMS}


@dataclass(frozen=True)
class Row:
    """A row of the page: a name, what its proof does not run, the environment of the proof and pytest's arguments."""

    name: str
    missing: str
    environment: str
    tests: tuple[str, ...]

    @property
    def plugins(self) -> tuple[str, ...]:
        """The folders of the plugins that the proof needs."""
        found = dict.fromkeys("/".join(part.split("/")[:2]) for part in self.tests if part.startswith("plugins/"))
        more = ("plugins/augplug-serve",) if "plugins/augplug-sagemaker" in found else ()
        return (*found, *more)


def rows_of(text: str) -> list[Row]:
    """The rows of a page. Raises ValueError for a proof that is written otherwise."""
    rows = []
    for found in ROW.finditer(text):
        name, proof = found["name"].strip(), found["proof"].strip()
        if name == "name" or set(name) == {"-"}:
            continue
        described = PROOF.fullmatch(proof)
        if described is None:
            raise ValueError(f"the proof of {name} is written `environment`: `tests`; not {proof}")
        missing = found["missing"].strip().removeprefix(NOTHING)
        rows.append(Row(name, missing, described["environment"], tuple(shlex.split(described["tests"]))))
    return rows


def verdict_of(status: int, said: str) -> str:
    """What a run of pytest proves, by its exit status and what it said: green, or why not."""
    counts = {kind: int(count) for count, kind in COUNT.findall(said.rstrip().rpartition("\n")[2])}
    if status or not counts.get("passed"):
        return f"failed (exit status {status})"
    return f"{counts['skipped']} skipped: its program is missing" if counts.get("skipped") else "green"


def prove(row: Row, environment: Mapping[str, str], made: set[str]) -> str:
    """Run the proof of a row; return the verdict. `made` holds the environments that are there already."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{row.name.replace(' ', '-')}.log"
    installs = [["augplug", "plugins", "install", folder] for folder in row.plugins]
    commands = [*installs, ["pytest", "-m", "heavy or not heavy", *row.tests]]
    with log.open("w", encoding="utf-8") as file:
        if row.environment not in made and _tox(["run", "-qq", "--notest", "-e", row.environment], environment, file):
            return f"failed: tox run --notest -e {row.environment}"
        made.add(row.environment)
        inside = ["exec", "-qq", "-e", row.environment, "--", "python", "-c", IN_TURN, json.dumps(commands)]
        status = _tox(inside, environment, file)
    return verdict_of(status, log.read_text("utf-8", errors="replace"))


def _tox(arguments: list[str], environment: Mapping[str, str], output: TextIO) -> int:
    command = [sys.executable, "-m", "tox", *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=environment, check=False
    ).returncode


def environment_with(programs: Mapping[str, str]) -> dict[str, str]:
    """The environment, with programs unpacked from Debian's packages on the PATH if they are not there."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TOX_")}
    missing = {package for program, package in programs.items() if shutil.which(program) is None}
    place = ROOT / ".tox" / "debian"
    if missing and not all((place / "usr" / "bin" / program).exists() for program in programs):
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", *sorted(missing)], cwd=place, check=False)  # nosec B607  # from PATH, as a shell would
        for archive in sorted(place.glob("*.deb")):
            subprocess.run(["dpkg", "-x", archive, place], check=False)  # nosec B607  # as above
    return {**plain, "PATH": f"{plain.get('PATH', os.defpath)}{os.pathsep}{place / 'usr' / 'bin'}"}


def main(names: Iterable[str]) -> int:
    """Prove the rows of these names, or all; print a line for each, and how many are green."""
    rows = rows_of(PAGE.read_text("utf-8"))
    chosen = [row for row in rows if row.name in names] if (names := list(names)) else rows
    if unknown := sorted({*names} - {row.name for row in rows}):
        sys.stderr.write(
            f"docs/seed.md has no row {', '.join(unknown)}; it has {', '.join(row.name for row in rows)}\n"
        )
        return 2
    made, green, began, spent = set[str](), 0, time.monotonic(), cpu_seconds()
    for row in chosen:
        start, spent_before = time.monotonic(), cpu_seconds()
        verdict = prove(row, environment_with(NEEDS.get(row.name, {})), made)
        green += verdict == "green"
        print(line_of(row, verdict, time.monotonic() - start, cpu_seconds() - spent_before), flush=True)
    wall, cpu = (time.monotonic() - began) / 60, (cpu_seconds() - spent) / 60
    print(
        f"{green} of {len(chosen)} rows are green, in {wall:.1f} minutes, {cpu:.1f} of CPU; logs: {LOGS.name} in .tox"
    )
    return int(green < len(chosen))


def line_of(row: Row, verdict: str, wall: float, cpu: float) -> str:
    """What is printed for a row: a proof that cannot run what the row names says so whatever the verdict is."""
    missing = f"  (not run: {row.missing})" if row.missing else ""
    return f"{row.name:18} {verdict:7} {wall:5.0f} s, {cpu:5.0f} s of CPU  {row.environment:12}{missing}".rstrip()


def cpu_seconds() -> float:
    """The seconds of CPU that the processes took that were started and have ended."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
