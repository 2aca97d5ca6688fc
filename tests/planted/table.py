"""The table of planted bugs and of correct plugins: does every check catch its bugs, and accuse nothing else?"""

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from augplug.testing.base import name_of
from augplug.testing.provided import things_of
from augplug.testing.running import CHECKS, cases_of

BUGGY = (
    "operations",
    "unknown_hook",
    "no_class",
    "new_each_time",
    "policies",
    "searches",
    "evaluators",
    "executors",
    "observers",
    "backends",
    "exporters",
    "commands",
)
CORRECT = ("augplug.builtin", "tests.planted.correct")


@dataclass
class Table:
    """A count a check, `(kind, check)`, and what is wrong."""

    counts: dict[tuple[str, str], Counter[str]] = field(
        default_factory=lambda: {(kind, name_of(one)): Counter() for kind in CHECKS for one in CHECKS[kind]}
    )
    wrong: list[str] = field(default_factory=list)

    def add(self, kind: str, check: str, what: str, told: str = "") -> None:
        """Count, and note what is wrong."""
        self.counts[kind, check][what] += 1
        if what in ("missed", "accused"):
            self.wrong.append(f"{what}: {check} of {told}")

    def unplanted(self) -> list[tuple[str, str]]:
        """Return the checks for which nothing is planted, by the lists alone."""
        named = set()
        for name in BUGGY:
            module = importlib.import_module(f"tests.planted.{name}")
            kinds = {thing.name: thing.kind for thing in things_of(module)}
            named |= {(kinds[thing], check) for thing, checks in module.PLANTED.items() for check in checks}
        return sorted(set(self.counts) - named)

    def rows(self) -> Iterator[str]:
        """Yield the table's lines."""
        words = ("planted", "caught", "missed", "correct", "passed", "accused", "skipped")
        yield f"{'kind':11} {'check':27} " + " ".join(f"{word:>8}" for word in words)
        total: Counter[str] = Counter()
        for (kind, check), count in self.counts.items():
            full = Counter(count)
            full["planted"] = count["caught"] + count["missed"]
            full["correct"] = count["passed"] + count["accused"]
            total += full
            yield f"{kind:11} {check:27} " + " ".join(f"{full[word]:8}" for word in words)
        yield f"{'all':11} {len(self.counts):2} checks{'':18} " + " ".join(f"{total[word]:8}" for word in words)


def add_planted(table: Table, names: tuple[str, ...] = BUGGY) -> None:
    """Ask each planted bug the checks that must catch it."""
    for name in names:
        module = importlib.import_module(f"tests.planted.{name}")
        cases = {(case.subject.name, name_of(case.check)): case for case in cases_of(module)}
        for thing, checks in module.PLANTED.items():
            for check in checks:
                case = cases[thing, check]
                found = case.outcome({})
                what = "caught" if found.state == "failed" else "missed"
                table.add(case.subject.kind, check, what, f"{thing}: {found}")


def add_correct(table: Table, names: tuple[str, ...] = CORRECT, kinds: tuple[str, ...] = tuple(CHECKS)) -> None:
    """Ask the correct plugins everything; a check that does not apply is counted as skipped."""
    for name in names:
        for case in (one for one in cases_of(importlib.import_module(name)) if one.subject.kind in kinds):
            found = case.outcome({})
            what = {"passed": "passed", "failed": "accused", "skipped": "skipped"}[found.state]
            table.add(case.subject.kind, found.check, what, str(found))


def complete(table: Table) -> Table:
    """Note the checks that have no planted bug, or that no correct plugin was asked."""
    for (kind, check), count in table.counts.items():
        if not count["caught"] + count["missed"]:
            table.wrong.append(f"no planted bug: {kind} {check}")
        if not count["passed"] + count["accused"]:
            table.wrong.append(f"no correct plugin: {kind} {check}")
    return table
