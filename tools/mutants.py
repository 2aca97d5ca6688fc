"""Show whether the tests notice mutants of critical modules: `python tools/mutants.py [--count N] [--least RATE]`.

Cosmic Ray finds the mutants: one operator, number, comparison, condition or decorator of the code is another. A *site*
is a place that has mutants. Sites are ordered by a hash of their code and the seed, the first `--count` are drawn, and
of each site one mutant; so a change elsewhere in a file leaves the sample as it is. Each mutant is written into a copy
of the repository, where the tests run that `tests/mutants.toml` lists for its module. The file also explains each
mutant that no test notices; one that changes nothing that a test could see is *equivalent*, and is not counted.
Mutants whose tests do not end in time are not counted either. The interval is Wilson's, at 95 %.

The exit status is 1 if a mutant survives that is not explained, if an explanation fits no mutant any more or one that
is noticed, or if the interval's lower end is below `--least`.
"""

from __future__ import annotations

import argparse
import ast
import queue
import shlex
import shutil
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).resolve().parents[1]
TABLE = "tests/mutants.toml"
COPIED = ("augplug", "docs", "plugins", "tests", "pyproject.toml", "README.md", "tox.ini")
LEFT_OUT = ("__pycache__", "build", "*.egg-info")
KINDS = ("killed", "survived", "equivalent", "timeout")
MEMORY = 8_000_000
"""Kilobytes that the tests of one mutant may take."""


@dataclass(frozen=True)
class Mutant:
    """One mutant: where it is, the line that changes, and what Cosmic Ray needs to make it."""

    module: str
    definition: str
    before: str
    after: str
    spec: MutationSpec


def unevaluated(code: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where the annotations of a module begin and end. Nothing evaluates them, so nothing there is a mutant."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(code)):
        values = (getattr(node, name, None) for name in ("annotation", "returns"))
        found += [value for value in values if isinstance(value, ast.expr)]
    return [((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0)) for one in found]


def sites(root: Path, modules: Sequence[str]) -> Iterator[tuple[str, list[MutationSpec]]]:
    """Yield every site of these modules: its module, and its mutants."""
    with tempfile.TemporaryDirectory() as folder:
        database = WorkDB(Path(folder, "mutants.sqlite"), WorkDB.Mode.create)
        init([root / module for module in modules], database, {})
        specs = [item.mutations[0] for item in database.work_items]
        database.close()
    for module in modules:
        skipped = unevaluated((root / module).read_text("utf-8"))
        found: dict[tuple[int, int], list[MutationSpec]] = {}
        for spec in specs:
            inside = any(start <= spec.start_pos < end for start, end in skipped)
            if Path(spec.module_path) == root / module and not inside:
                found.setdefault(spec.start_pos, []).append(spec)
        yield from ((module, site) for site in found.values())


def mutant_of(module: str, code: str, spec: MutationSpec) -> Mutant | None:
    """Return a mutant with the line that changes; None if the result is not Python."""
    operator = get_operator(spec.operator_name)(**spec.operator_args)
    mutated = mutate_code(code, operator, spec.occurrence) or code
    try:
        ast.parse(mutated)
    except SyntaxError:
        return None
    old, new = code.splitlines(), mutated.splitlines()
    number = spec.start_pos[0] - 1
    after = new[number].strip() if len(old) == len(new) else ""
    return Mutant(module, spec.definition_name or "", old[number].strip(), after, spec)


def hashed(*parts: object) -> bytes:
    """Return a hash that orders sites and mutants by chance, the same in every run."""
    return sha256(repr(parts).encode()).digest()


def drawn(root: Path, found: Sequence[tuple[str, list[MutationSpec]]], count: int, seed: int) -> list[Mutant]:
    """Return one mutant of each of `count` sites, in an order that depends on the seed and the code of the site."""
    texts = {module: (root / module).read_text("utf-8") for module, _ in found}
    alike: Counter[tuple[object, ...]] = Counter()
    ordered: list[tuple[bytes, str, list[MutationSpec]]] = []
    for module, site in found:
        row, column = site[0].start_pos
        code = (seed, module, site[0].definition_name, texts[module].splitlines()[row - 1], column)
        alike[code] += 1
        ordered.append((hashed(*code, alike[code]), module, site))
    chosen: list[Mutant] = []
    for order, module, site in sorted(ordered, key=lambda one: one[0]):
        if len(chosen) == count:
            break
        rows = sorted((hashed(order, spec.operator_name, number), number) for number, spec in enumerate(site))
        made = (mutant_of(module, texts[module], site[number]) for _, number in rows)
        chosen += [one for one in made if one is not None][:1]
    return chosen


class Copies:
    """Copies of the repository, one for each process, in which the tests of a module run."""

    def __init__(self, folder: Path, tests: Mapping[str, str]) -> None:
        """Make the first copy."""
        self._folder, self._tests = folder, tests
        self._limits: dict[str, float] = {}
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._first = folder / "first"
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self._first / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
            else:
                shutil.copy(ROOT / name, self._first / name)

    def unchanged(self, module: str) -> None:
        """Run the tests of a module without a mutant: they must pass, and their time bounds that of its mutants."""
        begun = time.monotonic()
        outcome, output = run_tests(self._command(self._first, module, "unset PYTHONDONTWRITEBYTECODE; "), 600)
        self._limits[module] = 30 + 5 * (time.monotonic() - begun)
        if outcome is not TestOutcome.SURVIVED:
            raise SystemExit(f"the tests of {module} fail without any mutant:\n{output}")

    def multiply(self, count: int) -> None:
        """Copy the first copy, with the bytecode that its tests wrote: else Python compiles all for each mutant."""
        for number in range(count):
            self._free.put(Path(shutil.copytree(self._first, self._folder / str(number))))

    def outcome(self, mutant: Mutant) -> str:
        """Return how the tests of a mutant end: `killed`, `timeout` or `survived`."""
        copy = self._free.get()
        spec = mutant.spec
        moved = MutationSpec(
            copy / mutant.module, spec.operator_name, spec.occurrence, spec.start_pos, spec.end_pos, spec.operator_args
        )
        result = mutate_and_test([moved], self._command(copy, mutant.module), self._limits[mutant.module])
        self._free.put(copy)
        if result.test_outcome is TestOutcome.INCOMPETENT:
            raise SystemExit(f"no tests could be run: {result.output}")
        ended = "survived" if result.test_outcome is TestOutcome.SURVIVED else "killed"
        ended = "timeout" if result.output == "timeout" else ended
        print(f"{ended}: {mutant.module}: {mutant.before} -> {mutant.after}", file=sys.stderr, flush=True)
        return ended

    def _command(self, copy: Path, module: str, before: str = "") -> str:
        pytest = "-m pytest -x -q -p no:cacheprovider --hypothesis-profile=few -m 'not heavy'"
        start = f"ulimit -v {MEMORY}; cd {copy}; {before}PYTHONPATH={copy} exec {sys.executable}"
        return f"bash -c {shlex.quote(f'{start} {pytest} {self._tests[module]}')}"


def interval(killed: int, counted: int) -> tuple[float, float]:
    """Return Wilson's interval of a proportion, at 95 %."""
    if not counted:
        return 0.0, 1.0
    z, rate = 1.959964, killed / counted
    middle = (rate + z**2 / (2 * counted)) / (1 + z**2 / counted)
    half = z / (1 + z**2 / counted) * (rate * (1 - rate) / counted + z**2 / (4 * counted**2)) ** 0.5
    return middle - half, middle + half


def place(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what says of which mutant an explanation is."""
    return row["module"], row["before"], row["after"]


def report(
    ended: Sequence[tuple[Mutant, str]], known: Mapping[tuple[str, str, str], Mapping[str, Any]], least: float
) -> bool:
    """Print the mutants that were not killed, the table, and the rate; return whether that is as it must be."""
    table: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    for one, outcome in ended:
        why = known.get((one.module, one.before, one.after), {})
        row = "equivalent" if outcome == "survived" and why.get("equivalent") else outcome
        table.setdefault(one.module, Counter())[row] += 1
        text = f"{one.module}, {one.definition or 'the module'}:\n  - {one.before}\n  + {one.after}"
        if outcome != "killed":
            print(f"{row}: {text}\n  {why.get('why', '')}")
        if outcome == "survived" and not why:
            wrong.append(f"survived, and {TABLE} does not say why: {text}")
        if outcome == "killed" and why:
            wrong.append(f"killed, and {TABLE} says why it would survive: {text}")
    print(f"| module | drawn | {' | '.join(KINDS)} |\n|---|---|---|---|---|---|")
    total = sum(table.values(), Counter())
    for module, counts in [*sorted(table.items()), ("all", total)]:
        print(f"| {module} | {counts.total()} | {' | '.join(str(counts[kind]) for kind in KINDS)} |")
    counted = total["killed"] + total["survived"]
    low, high = interval(total["killed"], counted)
    rate = f"{total['killed']} of {counted}, {total['killed'] / max(1, counted):.3f}"
    print(f"killed {rate}; 95 % interval {low:.3f} to {high:.3f}")
    wrong += [f"the interval's lower end is below {least}"] if low < least else []
    print("\n".join(wrong))
    return not wrong


def main(arguments: Sequence[str]) -> int:
    """Draw mutants, run their tests, print the table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="mutants to try (20)")
    parser.add_argument("--seed", type=int, default=23, help="of the sample")
    parser.add_argument("--processes", type=int, default=2, help="mutants tried at the same time (2)")
    parser.add_argument("--least", type=float, default=0.0, metavar="RATE", help="the least lower end of the interval")
    parser.add_argument("--only", default="", metavar="TEXT", help="modules whose path contains it")
    given = parser.parse_args(arguments)
    with (ROOT / TABLE).open("rb") as file:
        settings = tomllib.load(file)
    tests: dict[str, str] = {name: line for name, line in settings["tests"].items() if given.only in name}
    found = list(sites(ROOT, list(tests)))
    sample = drawn(ROOT, found, given.count, given.seed)
    known = {place(row): row for row in settings.get("survivors", []) if row["module"] in tests}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.processes) as pool:
        copies = Copies(Path(folder), tests)
        list(pool.map(copies.unchanged, sorted({one.module for one in sample})))
        copies.multiply(given.processes)
        ended = list(zip(sample, pool.map(copies.outcome, sample), strict=True))
    number = sum(len(site) for _, site in found)
    print(f"{len(tests)} modules, {len(found)} sites, {number} mutants; {len(sample)} drawn with seed {given.seed}")
    passed = report(ended, known, given.least)
    gone = [row for row in known.values() if row["before"] not in (ROOT / row["module"]).read_text("utf-8")]
    for row in gone:
        print(f"{TABLE} explains a line that is not there: {row['module']}: {row['before']}")
    return 0 if passed and not gone else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
