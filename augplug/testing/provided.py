"""From a plugin's module to the things that it provides: its functions marked by `augplug.hookimpl`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from augplug import naming
from augplug.errors import PluginError
from augplug.gate.artifact import GROUP
from augplug.ops.base import Operation
from augplug.registry import KINDS
from augplug.testing.base import Failed, Subject

PLUGIN = "plugin"


def hooks_of(module: ModuleType) -> dict[str, Callable[[], Any]]:
    """Return the module's marked functions by name."""
    return {name: item for name, item in vars(module).items() if hasattr(item, f"{GROUP}_impl")}


def things_of(module: ModuleType) -> list[Subject]:
    """Return the plugin itself, then everything it provides that can be had. PluginError when it provides nothing."""
    hooks = hooks_of(module)
    if not hooks:
        raise PluginError(
            f"{getattr(module, '__name__', module)!r} is not a plugin: none of its functions is marked with "
            "@augplug.hookimpl; examine takes the module that your entry point names"
        )
    given = {kind: _given(kind, hooks) for kind in KINDS}
    installed = naming.operations()
    known, own = set(installed.values()), dict[str, type[Operation]]()
    for name, item in given["operations"].items():
        if item not in known and isinstance(item, type) and issubclass(item, Operation):
            own |= {f"{owner}:{name}": item for owner in _likely_owners(module)} | {name: item}
    shared = MappingProxyType({**own, **installed})
    plugin = Subject(PLUGIN, module.__name__, module, module, shared)
    return [plugin, *(Subject(kind, name, given[kind][name], module, shared) for kind in KINDS for name in given[kind])]


def _likely_owners(module: ModuleType) -> list[str]:
    """Return what the distribution of a module that is not installed may be called, by custom; and its own name."""
    return [*(part.replace("_", "-") for part in module.__name__.split(".")), module.__name__]


def _given(kind: str, hooks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what a hook gives; nothing where that is broken: `provided` says so, once, as the plugin's own check."""
    try:
        return provided(kind, hooks)
    except (Exception, SystemExit):  # noqa: BLE001  # a hook may fail in any way, and hooks-return-data tells
        return {}


def provided(kind: str, hooks: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what the plugin provides of a kind, by name. Failed when it is not what the hook promises."""
    hook = hooks.get(f"{GROUP}_{kind}")
    if hook is None:
        return {}
    given = hook()
    if kind != "operations":
        if not isinstance(given, Mapping) or not all(isinstance(name, str) and callable(given[name]) for name in given):
            raise Failed(f"{GROUP}_{kind} returns {given!r}; it must be a mapping of names to what makes the subject")
        return dict(given)
    if not isinstance(given, list | tuple):
        raise Failed(f"{GROUP}_operations returns {given!r}; it must be a list of classes")
    for item in given:
        if not hasattr(item, "about") or not issubclass(item, Operation):
            raise Failed(f"{item!r} is not an operation: a class that augplug.operation made")
    return {item.about.name: item for item in given}
