"""Whether an installed plugin may be loaded: block list, names, version window, ledger. Imports nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import augplug
from augplug.errors import GateError, PluginError
from augplug.gate import ledger
from augplug.gate.artifact import GROUP, Artifact
from augplug.gate.discovery import Candidate, window
from augplug.gate.loader import ApprovedFinder
from augplug.gate.modes import Admission

BUILTIN = "augplug.builtin"
"""The one entry point of augplug itself."""
_SHOWN = 3


@dataclass(frozen=True)
class Decision:
    """What was decided of a distribution: `loaded` stands for "may be loaded".

    `approval` says what the ledger knows of it, empty when that was not looked at.
    """

    state: str
    reason: str = ""
    approval: str = ""
    approved: bool = False


class Admitter:
    """Decides about one distribution after the other; a name that came before is taken."""

    def __init__(self, rules: Admission) -> None:
        """Take the mode, the ledger's path and the block list."""
        self.rules = rules
        self._seen: dict[str, Candidate] = {}
        self._finder = ApprovedFinder()

    @cached_property
    def _ledger(self) -> dict[str, ledger.Approval]:
        return ledger.read(self.rules.ledger)

    def admit(self, candidate: Candidate) -> Decision | None:
        """Decide; None for a second find of what was decided already."""
        if candidate.canonical == GROUP and [point.value for point in candidate.points] != [BUILTIN]:
            return Decision("refused", f"it says that it is augplug itself, in {candidate.location}; uninstall it")
        first = self._seen.setdefault(candidate.canonical, candidate)
        if first is not candidate and first.same_as(candidate):
            return None
        if candidate.canonical == GROUP:
            return Decision("loaded", approved=True) if first is candidate else None
        if self.rules.mode == "off":
            return Decision("blocked", "the mode is off: no plugin is loaded")
        if candidate.canonical in self.rules.blocked:
            return Decision("blocked", "it is on the block list")
        if first is not candidate:
            return Decision(
                "conflicting",
                f"{first.name} {first.version} in {first.location} comes before {candidate.version} in "
                f"{candidate.location}; uninstall one of them",
            )
        if candidate.problem:
            return Decision("broken", candidate.problem)
        if unfit := window(candidate, augplug.__version__):
            return Decision("refused", unfit)
        return self._by_ledger(candidate)

    def _by_ledger(self, candidate: Candidate) -> Decision:
        try:
            approval = self._ledger.get(candidate.canonical)
        except GateError as error:
            if self.rules.mode == "require":
                return Decision("refused", str(error), str(error))
            return Decision("loaded", approval=str(error))
        if approval is None:
            if self.rules.mode == "require":
                return Decision("refused", f"it is not approved; augplug plugins approve {candidate.name}", "no")
            return Decision("loaded", approval="no")
        return self._compare(candidate, approval)

    def _compare(self, candidate: Candidate, approval: ledger.Approval) -> Decision:
        from augplug.gate.reading import read_installed  # only where there is an approval to compare with

        try:
            artifact = read_installed(candidate.distribution)
            changes = ledger.drift(approval, artifact)
            if not changes:
                # In open mode too: otherwise Python would write bytecode beside the plugin, which no approval names.
                self._own(candidate, artifact)
        except (GateError, PluginError) as error:
            changes = [str(error)]
        if not changes:
            return Decision("loaded", approval=f"{approval.tier}, {approval.date}", approved=True)
        told = f"it is not what was approved on {approval.date}: {listed(changes)}"
        if self.rules.mode == "require":
            remedy = f"augplug plugins check {candidate.name}, then approve it again, or install it again"
            return Decision("refused", f"{told}; {remedy}", told)
        return Decision("loaded", approval=told)

    def _own(self, candidate: Candidate, artifact: Artifact) -> None:
        try:
            self._finder.own(Path(candidate.location), artifact.files)
        except PluginError:
            if self.rules.mode == "require":
                raise


def listed(lines: Iterable[str]) -> str:
    """Return the first few lines as one, and how many more there are."""
    every = list(lines)
    more = f", and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
