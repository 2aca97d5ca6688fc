"""The errors of augplug: one root, and a child for each thing that can be wrong; and its one warning.

Every message says what was given, what was expected, where, and what to do next. The command line prints the message of
an `AugplugError` as one line; any other exception is a bug of augplug's and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AugplugError(Exception):
    """The root: something augplug was asked to do cannot be done, and the message says why."""


class ImageError(AugplugError):
    """An image (or batch) that augplug does not take: its kind, shape, size or values."""


class OperationError(AugplugError):
    """An operation that is unknown, wrongly declared, or given a value it does not take."""


class TargetError(AugplugError):
    """A mask, box, keypoint or label that an effect cannot move, or that is malformed."""


class PolicyError(AugplugError):
    """A policy that cannot be read; `pointer` is the JSON pointer (RFC 6901) of the offending place."""

    def __init__(self, problem: str, pointer: str = "") -> None:
        """Say `problem` at `pointer`; the empty pointer is the whole document."""
        super().__init__(problem, pointer)
        self.problem = problem
        self.pointer = pointer

    def __str__(self) -> str:
        """The place, then the problem."""
        return f"at {self.pointer or '/'}: {self.problem}"


class PlanError(AugplugError):
    """A saved plan that cannot be read, or not be replayed here."""


class ExportError(AugplugError):
    """A policy or a plan that a format cannot hold, or an export that cannot be written."""


class PluginError(AugplugError):
    """A plugin, or a name that a plugin should have provided."""


class CapabilityError(PluginError):
    """Something that a plugin did while it ran, and that it had not declared; it was stopped before it happened.

    `plugin` is the distribution, `capability` what it would have had to declare, `place` the file and line of its code.
    """

    def __init__(self, plugin: str, capability: str, place: str, event: str) -> None:
        """Say which event was stopped."""
        super().__init__(plugin, capability, place, event)
        self.plugin = plugin
        self.capability = capability
        self.place = place
        self.event = event

    def __str__(self) -> str:
        """Return who did what, where, and what to do."""
        return (
            f"the plugin {self.plugin} does not declare the capability {self.capability!r}, which {self.event} needs, "
            f"at {self.place}; its author declares it in augplug-plugin.toml, with the reason, or does without it"
        )


class GateError(AugplugError):
    """Something the gate was asked to check, approve or install that it cannot, or a ledger that is damaged."""


class PluginWarning(UserWarning):
    """A plugin that does not work, or that never passed the gate."""


class DataError(AugplugError):
    """A data set or image file that cannot be read or used."""


class SettingsError(AugplugError):
    """A setting, option or argument with an unknown name or a value out of range."""


class RenamedError(AugplugError, AttributeError, TypeError):
    """A name that augplug had before, asked for as an attribute or an argument; the message says the new one."""


class RunError(AugplugError):
    """A search that failed while it ran (exit status 1): a trial whose workers keep dying, a disk that is full."""


class StoppedError(RunError):
    """A signal or Ctrl-C ended the work; nothing that was done is lost, and `--resume` goes on with it."""


def suggest(given: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the known name closest to `given`, or all known names if none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f" (known: {', '.join(names)})" if names else ""
