"""Checks of a plugin as a whole: what its hooks hand out."""

from __future__ import annotations

from augplug.gate.artifact import GROUP
from augplug.registry import KINDS
from augplug.testing.base import Check, Subject, require
from augplug.testing.provided import hooks_of, provided


def hooks_are_known(subject: Subject) -> None:
    """Is every function marked with `hookimpl` a hook of augplug?

    When it fails: correct the name; augplug would never call it.
    """
    known = {f"{GROUP}_{kind}" for kind in KINDS}
    unknown = sorted(set(hooks_of(subject.module)) - known)
    require(not unknown, f"there is no hook {', '.join(unknown)} (known: {', '.join(sorted(known))})")


def hooks_return_data(subject: Subject) -> None:
    """Does every hook return what it promises, and the same things when it is called again?

    When it fails: return a list of operation classes, or a mapping of names to what makes the thing, made of
    definitions at the top of the module.
    """
    hooks = hooks_of(subject.module)
    for kind in KINDS:
        first, again = provided(kind, hooks), provided(kind, hooks)
        require(first.keys() == again.keys(), f"{GROUP}_{kind} returns {sorted(first)}, then {sorted(again)}")
        changed = [name for name in first if kind == "operations" and first[name] is not again[name]]
        require(not changed, f"{GROUP}_{kind} makes a new class {', '.join(changed)} each time")


CHECKS: tuple[Check, ...] = (hooks_are_known, hooks_return_data)
