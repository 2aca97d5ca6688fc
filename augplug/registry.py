"""Discover, load, register: from installed entry points to mappings of names. The only file that touches pluggy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from augplug.errors import PluginError
from augplug.hookspecs import Hooks
from augplug.ops.base import Operation

GROUP = "augplug"
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as what it provides: `@augplug.hookimpl`; hookspecs.py lists the names."""

KINDS = ("operations", "policies", "searches", "evaluators", "executors", "backends", "observers")


@dataclass(frozen=True)
class Provided:
    """A thing and the distribution that provides it."""

    value: Any
    distribution: str


@dataclass
class Plugin:
    """A row of `augplug plugins list`."""

    name: str
    distribution: str
    version: str
    state: str = "loaded"
    reason: str = ""
    provides: dict[str, list[str]] = field(default_factory=dict)


class Registry:
    """What is installed here. Made once a process; each kind of thing is collected when it is first asked for."""

    def __init__(self) -> None:
        """Load every entry point of the group, one by one; a broken one is a warning and a row, never more."""
        self._manager = pluggy.PluginManager(GROUP)
        self._provided: dict[str, Mapping[str, Provided]] = {}
        hookspec = pluggy.HookspecMarker(GROUP)
        for kind in KINDS:
            hookspec(getattr(Hooks, f"{GROUP}_{kind}"))
        self._manager.add_hookspecs(Hooks)
        points = sorted(entry_points(group=GROUP), key=_builtin_first)
        self.plugins = {_full_name(point): self._load(point) for point in points}
        if not any(plugin.distribution == GROUP for plugin in self.plugins.values()):
            raise PluginError(
                "augplug is not installed, so it has no operations: run pip install . (or -e .) where it lies"
            )

    def _load(self, point: EntryPoint) -> Plugin:
        distribution = _distribution(point)
        row = Plugin(point.name, distribution, point.dist.version if point.dist is not None else "unknown")
        try:
            self._manager.register(point.load(), name=_full_name(point))
            self._manager.check_pending()
        except (Exception, SystemExit) as error:  # a plugin may fail in any way; row and warning keep the reason
            if distribution == GROUP:
                raise
            if self._manager.has_plugin(_full_name(point)):
                self._manager.unregister(name=_full_name(point))
            _mark_broken(row, f"{type(error).__name__}: {error}")
        return row

    def _collect(self, kind: str) -> Iterator[tuple[Plugin, Mapping[str, Any]]]:
        """Yield what each loaded plugin provides of a kind, by name; built-ins first."""
        implementations = getattr(self._manager.hook, f"{GROUP}_{kind}").get_hookimpls()
        by_name = {implementation.plugin_name: implementation for implementation in implementations}
        for name, row in self.plugins.items():
            if name not in by_name or row.state != "loaded":
                continue
            try:
                given = by_name[name].function()
                yield row, {item.about.name: item for item in given} if kind == "operations" else dict(given)
            except (Exception, SystemExit) as error:  # as in _load
                if row.distribution == GROUP:
                    raise
                _mark_broken(row, f"its {kind} cannot be had: {type(error).__name__}: {error}")

    def provided(self, kind: str) -> Mapping[str, Provided]:
        """Return everything of a kind by name; of two providers of one name the second is refused, both named."""
        if kind in self._provided:
            return self._provided[kind]
        known: dict[str, Provided] = {}
        for row, items in self._collect(kind):
            taken = next((name for name in items if name in known), None)
            if taken is not None:
                other = known[taken].distribution
                _mark_broken(row, f"its {taken!r} is already provided by {other}", state="conflicting")
                continue
            row.provides[kind] = sorted(items)
            known.update({name: Provided(item, row.distribution) for name, item in items.items()})
        self._provided[kind] = known
        return known

    @cached_property
    def operations(self) -> Mapping[str, type[Operation]]:
        """Every operation as `Name` and as `distribution:Name`."""
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


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "unknown"


def _full_name(point: EntryPoint) -> str:
    # Two distributions may give their entry points the same name.
    return f"{_distribution(point)}:{point.name}"


def _builtin_first(point: EntryPoint) -> tuple[bool, str]:
    return _distribution(point) != GROUP, _full_name(point)


def _mark_broken(row: Plugin, reason: str, state: str = "broken") -> None:
    row.state, row.reason = state, reason
    warnings.warn(
        f"augplug: the plugin {row.name} of {row.distribution} {row.version} is {state}: {reason}", stacklevel=2
    )
