"""Discover, admit, load, register: from installed distributions to names. The only file that touches pluggy."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint
from multiprocessing import parent_process
from typing import Any, TypeVar

import pluggy

from augplug._policies.named import check_name
from augplug.errors import PluginError, PluginWarning
from augplug.gate.admission import Admitter, Decision, listed
from augplug.gate.artifact import GROUP
from augplug.gate.discovery import Candidate, discover
from augplug.gate.modes import Admission, admission
from augplug.hookspecs import Hooks
from augplug.ops.base import Operation
from augplug.shown import shown
from augplug.streams import watching_interrupts
from augplug.summaries import SUMMARIES

hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as what it provides: `@augplug.hookimpl`; hookspecs.py lists the names."""

KINDS = (
    *("operations", "policies", "searches", "evaluators", "executors", "backends", "observers", "exporters"),
    "commands",
)


Value = TypeVar("Value")


class ReadOnly(Mapping[str, Value]):
    """A table that everybody gets and nobody changes.

    It stands for `types.MappingProxyType`, which hands the dictionary behind it to the `__eq__` of whatever it is
    compared with.
    """

    __slots__ = ("_table",)

    def __init__(self, table: dict[str, Value]) -> None:
        """Take the table; later changes of it are seen."""
        self._table = table

    def __getitem__(self, key: str) -> Value:
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


@dataclass(frozen=True)
class Provided:
    """A thing and the distribution that provides it."""

    value: Any
    distribution: str


@dataclass
class Plugin:
    """A row of `augplug plugins list`.

    `state` is loaded, blocked (by a mode or a list), refused (by the gate or the version window), broken, or
    conflicting. `approval` is what the ledger knows: tier and date, `no`, or what differs; empty where that was not
    looked at. `digest` is that of the approved files.
    """

    name: str
    distribution: str
    version: str
    state: str = "loaded"
    reason: str = ""
    approved: bool = False
    approval: str = ""
    digest: str = ""
    provides: dict[str, list[str]] = field(default_factory=dict)
    location: str = ""


class Registry:
    """What is installed here. Made once a process; each kind of thing is collected when it is first asked for."""

    def __init__(self, rules: Admission | None = None) -> None:
        """Admit and load every distribution, one by one; one that is bad is a warning and a row, never more.

        `rules` are those of the environment and the project where none are given.
        """
        self.rules = admission() if rules is None else rules
        self._manager = pluggy.PluginManager(GROUP)
        self._provided: dict[str, Mapping[str, Provided]] = {}
        hookspec = pluggy.HookspecMarker(GROUP)
        for kind in KINDS:
            hookspec(getattr(Hooks, f"{GROUP}_{kind}"))
        self._manager.add_hookspecs(Hooks)
        self.plugins: dict[str, Plugin] = {}
        admitter = Admitter(self.rules)
        # In the order of their names, built-ins first; of one name in the order of the path.
        for candidate in sorted(discover(), key=lambda found: (found.canonical != GROUP, found.canonical)):
            decision = admitter.admit(candidate)
            if decision is not None:
                self._take(candidate, decision)
        if not any(row.distribution == GROUP and row.state == "loaded" for row in self.plugins.values()):
            raise PluginError(
                "augplug is not installed, so it has no operations: run pip install . (or -e .) where it lies"
            )
        self._warn_of_unchecked()

    def _take(self, candidate: Candidate, decision: Decision) -> None:
        points = candidate.points if decision.points is None else decision.points
        names = [point.name for point in points] or [candidate.name]
        rows: dict[str, Plugin] = {}
        for name in names:
            rows[_free(f"{candidate.name}:{name}", {**self.plugins, **rows})] = _row(name, candidate, decision)
        self.plugins.update(rows)
        if decision.state == "loaded":
            if candidate.canonical != GROUP:
                from augplug.gate.runtime import owner_of, watch  # only where there is a plugin

                try:
                    watch(owner_of(candidate, points, decision.capabilities))
                except PluginError as error:
                    for row in rows.values():
                        _mark(row, str(error))
                    return
            for (key, row), point in zip(rows.items(), points, strict=True):
                self._load(key, row, point)
        elif decision.state != "blocked":
            _warn(next(iter(rows.values())))

    def _load(self, name: str, row: Plugin, point: EntryPoint) -> None:
        stopped: list[int] = []
        try:
            # What a plugin prints when it is imported is not a result of a command.
            with contextlib.redirect_stdout(sys.stderr), watching_interrupts(stopped):
                self._manager.register(point.load(), name=name)
            self._manager.check_pending()
        except BaseException as error:  # a plugin may fail in any way; row and warning keep the reason
            if row.distribution == GROUP or stopped:
                raise
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            _mark(row, f"{type(error).__name__}: {error}")

    def _warn_of_unchecked(self) -> None:
        rows = [row for row in self.plugins.values() if row.state == "loaded" and row.distribution != GROUP]
        unchecked = {row.distribution: row for row in rows if not row.approved}
        # Of a process and the workers that it starts, only the first says so.
        if unchecked and parent_process() is None:
            told = (f"{name} {row.version}" for name, row in unchecked.items())
            _say(
                f"{listed(told)} never passed the gate as installed here; augplug plugins check NAME says what it "
                "finds, augplug plugins approve NAME makes it known"
            )

    def _collect(self, kind: str) -> Iterator[tuple[Plugin, Mapping[str, Any]]]:
        """Yield what each loaded plugin provides of a kind, by name; built-ins first."""
        implementations = getattr(self._manager.hook, f"{GROUP}_{kind}").get_hookimpls()
        by_name = {implementation.plugin_name: implementation for implementation in implementations}
        for name, row in self.plugins.items():
            if name not in by_name or row.state != "loaded":
                continue
            stopped: list[int] = []
            try:
                with watching_interrupts(stopped):
                    items = _named(kind, by_name[name].function())
            except BaseException as error:  # as in _load
                if row.distribution == GROUP or stopped:
                    raise
                _mark(row, f"its {kind} cannot be had: {type(error).__name__}: {error}")
            else:
                yield row, items

    def provided(self, kind: str) -> Mapping[str, Provided]:
        """Return everything of a kind by name; of two providers of one name the second is refused, both named."""
        if kind in self._provided:
            return self._provided[kind]
        known: dict[str, Provided] = {}
        for row, items in self._collect(kind):
            own = SUMMARIES if kind == "commands" else ()
            taken = next((name for name in items if name in known or name in own), None)
            if taken is not None:
                other = known[taken].distribution if taken in known else GROUP
                _mark(row, f"its {taken!r} is already provided by {other}", state="conflicting")
                continue
            row.provides[kind] = sorted(items)
            known.update({name: Provided(item, row.distribution) for name, item in items.items()})
        self._provided[kind] = ReadOnly(known)
        return self._provided[kind]

    def versions(self, kind: str, name: str) -> dict[str, str]:
        """Return name and version of the plugin that provides a name, with the digest of what was approved.

        Nothing for what is augplug's own, or is not installed.
        """
        entry = self.provided(kind).get(name.rpartition(":")[2])
        if entry is None or entry.distribution == GROUP:
            return {}
        row = next(row for row in self.plugins.values() if row.distribution == entry.distribution)
        return {row.distribution: f"{row.version} sha256:{row.digest}" if row.digest else row.version}

    @property
    def operations(self) -> Mapping[str, type[Operation]]:
        """Every operation as `Name` and as `distribution:Name`; read-only, since everybody gets this one."""
        return ReadOnly(self._operations)

    def lend(self, operations: Mapping[str, type[Operation]]) -> None:
        """Make operations known by their addresses as if they were installed: an examination comes before that."""
        for address, operation in operations.items():
            self._operations.setdefault(address, operation)

    @cached_property
    def _operations(self) -> dict[str, type[Operation]]:
        found: dict[str, type[Operation]] = {}
        for name, entry in self.provided("operations").items():
            found[name] = entry.value
            found[f"{entry.distribution}:{name}"] = entry.value
        return found

    def rows(self) -> list[Plugin]:
        """Return a row for every plugin, with everything it provides."""
        for kind in KINDS:
            self.provided(kind)
        return list(self.plugins.values())


def _named(kind: str, given: Any) -> Mapping[str, Any]:
    if kind == "operations":
        return {item.about.name: item for item in given}
    for name in given:
        check_name(name)
    return dict(given)


def _row(name: str, candidate: Candidate, decision: Decision) -> Plugin:
    row = Plugin(name, candidate.name, candidate.version, decision.state, decision.reason, location=candidate.location)
    row.approved, row.approval, row.digest = decision.approved, decision.approval, decision.digest
    return row


def _free(name: str, taken: Mapping[str, Plugin]) -> str:
    # A second find of one distribution is a row too, and is never loaded.
    return _free(f"{name} again", taken) if name in taken else name


def _mark(row: Plugin, reason: str, state: str = "broken") -> None:
    row.state, row.reason = state, reason
    _warn(row)


def _warn(row: Plugin) -> None:
    _say(f"the plugin {row.name} of {row.distribution} {row.version} is {row.state}: {row.reason}")


def _say(text: str) -> None:
    warnings.warn(f"augplug: {shown(text)}", PluginWarning, stacklevel=3)
