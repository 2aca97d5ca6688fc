"""Whether an installed plugin may be loaded: block list, names, version window, ledger. Imports nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path

import augplug
from augplug.disk import kind_or
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
    points: tuple[EntryPoint, ...] | None = None
    """What is loaded of an approved one: the entry points that were approved, not those that were found first."""
    capabilities: Mapping[str, str] | None = None
    """Those that were approved; None where nothing was, and what the plugin declares holds."""
    digest: str = ""
    """That of the approved files."""


class Admitter:
    """Decides about one distribution after the other; a name that came before is taken."""

    def __init__(self, rules: Admission) -> None:
        """Take the mode, the ledger's path and the block list."""
        self.rules = rules
        self._seen: dict[str, Candidate] = {}
        self._finder = ApprovedFinder()

    @cached_property
    def _ledger(self) -> ledger.Approved:
        if self.rules.named and kind_or(GateError, self.rules.ledger) == "nothing":
            raise GateError(
                f"the ledger {self.rules.ledger} that {self.rules.named} names is not there; correct its path, or "
                "approve a plugin, which makes it"
            )
        return ledger.read_versions(self.rules.ledger)

    def admit(self, candidate: Candidate) -> Decision | None:
        """Decide; None for a second find of what was decided already."""
        if candidate.canonical == GROUP and [point.value for point in candidate.points] != [BUILTIN]:
            return Decision("refused", f"it says that it is augplug itself, in {candidate.location}; uninstall it")
        first = self._seen.setdefault(candidate.canonical, candidate)
        if first is not candidate and first.same_as(candidate):
            return None
        if candidate.canonical == GROUP:
            return Decision("loaded", approved=True) if first is candidate else None
        return self._barred(candidate, first) or self._by_ledger(candidate)

    def _barred(self, candidate: Candidate, first: Candidate) -> Decision | None:
        """What keeps it out whatever the ledger says, the first that holds."""
        unfit = "" if candidate.problem else window(candidate, augplug.__version__)
        both = (
            f"{first.name} {first.version} in {first.location} comes before {candidate.version} in "
            f"{candidate.location}; uninstall one of them"
        )
        bars = (
            (self.rules.mode == "off", "blocked", "the mode is off: no plugin is loaded"),
            (candidate.canonical in self.rules.blocked, "blocked", "it is on the block list"),
            (first is not candidate, "conflicting", both),
            (bool(candidate.problem), "broken", candidate.problem),
            (bool(unfit), "refused", unfit),
        )
        return next((Decision(state, reason) for holds, state, reason in bars if holds), None)

    def _by_ledger(self, candidate: Candidate) -> Decision:
        try:
            approvals = self._ledger.get(candidate.canonical)
        except GateError as error:
            if self.rules.mode == "require":
                return Decision("refused", str(error), str(error))
            return Decision("loaded", approval=str(error))
        if not approvals:
            if self.rules.mode == "require":
                return Decision("refused", f"it is not approved; augplug plugins approve {candidate.name}", "no")
            return Decision("loaded", approval="no")
        same = [approval for approval in approvals if approval.version == candidate.version]
        return self._compare(candidate, [*approvals, *same][-1])

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
            points = tuple(EntryPoint(name, value, GROUP) for name, value in approval.entry_points.items())
            told = f"{approval.tier}, {approval.date}"
            known = approval.capabilities
            return Decision(
                "loaded", "", told, approved=True, points=points, capabilities=known, digest=approval.digest
            )
        told = f"it is not what was approved on {approval.date}: {listed(changes)}"
        if self.rules.mode == "require":
            remedy = f"augplug plugins check {candidate.name}, then approve it again, or install it again"
            return Decision("refused", f"{told}; {remedy}", told)
        return Decision("loaded", approval=told)

    def _own(self, candidate: Candidate, artifact: Artifact) -> None:
        try:
            files = {path: data for path, data in artifact.files.items() if not ledger.is_bytecode(path)}
            self._finder.own(Path(candidate.location), files)
        except PluginError:
            if self.rules.mode == "require":
                raise


def listed(lines: Iterable[str]) -> str:
    """Return the first few lines as one, and how many more there are."""
    every = list(lines)
    more = f", and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
