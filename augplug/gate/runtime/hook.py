"""The audit hook: which plugin caused an event, and whether it declared what that takes."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, TypeAlias

from augplug.errors import CapabilityError
from augplug.gate.runtime.events import ATTRIBUTE, CAPABILITIES, FRAMES, KINDS, kind_of
from augplug.gate.runtime.owners import Owner
from augplug.gate.runtime.passes import IMPORT, IMPORTING, SAVE_BYTECODE, is_ours, passes

Cause: TypeAlias = tuple[Owner, str]
"""A plugin, and the file and line of its code."""
STARTING = ("start_new_thread", "start_new", "start_joinable_thread")
"""Functions that start a thread, those that this version of Python has; `threading` has names of its own for them."""


class _Owners(dict[str, Owner | None]):
    """The plugin of each source file, None for others; asked for every frame, so that it keeps the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.every: list[Owner] = []

    def __missing__(self, filename: str) -> Owner | None:
        self[filename] = found = next((owner for owner in self.every if owner.wrote(filename)), None)
        return found


def _made() -> Callable[[Owner], None]:
    """Return `watch`. Which plugins there are stands in no global, which one of them could change."""
    owners = _Owners()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        # By the name first, since what follows causes events too: an attribute is read of every frame on the way.
        if event == ATTRIBUTE and arguments[1] not in FRAMES:
            return
        kind = KINDS.get(event)
        if kind is not None:
            _judge(owners, event, kind, arguments)

    def add(owner: Owner) -> None:
        if not owners.every:
            _carry(owners)
            sys.addaudithook(hook)
        owners.every.append(owner)
        owners.clear()

    return add


def _judge(owners: _Owners, event: str, kind: str, arguments: tuple[Any, ...]) -> None:
    """Raise CapabilityError for what a plugin did not declare."""
    done = kind_of(event, kind, arguments)
    # inspect's way to the frame is slower; there is none behind the hook where the interpreter itself shows a traceback
    frame = sys._getframe(1).f_back  # pylint: disable=protected-access  # as said
    found = _cause(owners, frame)
    if found is None or done in found[0].permitted or (done == "read" and is_ours(event, arguments)):
        return
    needed = _needed(frame, done, found[0])
    if needed:
        raise CapabilityError(found[0].name, needed, found[1], _described(event, arguments))


def _cause(owners: _Owners, frame: FrameType | None) -> Cause | None:
    """Return the plugin that code runs for: that of the nearest frame, else the one that started the thread."""
    while frame is not None:
        code, behind = frame.f_code, frame.f_back
        owner = owners[code.co_filename]
        if owner is not None:
            return owner, f"{code.co_filename}:{frame.f_lineno}"
        if behind is None and code is _carried.__code__:
            carried: Cause = frame.f_locals["cause"]
            return carried
        frame = behind
    return None


def _needed(frame: FrameType | None, kind: str, owner: Owner) -> str:
    """Return the capability that is missing; none if code between the event and the plugin may do this for anybody."""
    imported, kinds = "", IMPORTING
    for between in _until(owner, frame):
        if passes(between, kind):
            return ""
        if between.f_code is SAVE_BYTECODE:
            kinds |= {"write"}
        if between.f_code is IMPORT:
            imported = str(between.f_locals["name"]).partition(".")[0]
            # Folders are listed to find whatever is imported, also what is not there.
            if kind == "find" or (kind in kinds and imported in owner.modules):
                return ""
    return CAPABILITIES[kind] if imported in {"", *owner.modules} else imported


def _until(owner: Owner, frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames between an event and the plugin's code."""
    while frame is not None and not owner.wrote(frame.f_code.co_filename):
        yield frame
        frame = frame.f_back


def _described(event: str, arguments: tuple[Any, ...]) -> str:
    """Return the event, and what it is about where that is a plain text."""
    about = arguments[0] if arguments else None
    told = event not in {"compile", "exec"} and type(about) in {str, bytes}
    return f"{event} of {about!r:.200}" if told else event


def _carried(cause: Cause, function: Callable[..., object], /, *arguments: Any, **keywords: Any) -> None:
    """Run a thread that a plugin started: the hook reads `cause` from this frame, the first one of the thread."""
    # pylint: disable=unused-argument  # as said
    function(*arguments, **keywords)


def _carry(owners: _Owners) -> None:
    """Wrap what starts a thread, so that the first frame of a plugin's thread names the plugin.

    Python 3.11 raises no event when a thread starts.
    """
    for module, prefix in ((_thread, ""), (threading, "_")):
        for name in STARTING:
            if hasattr(module, prefix + name):
                setattr(module, prefix + name, _starting(getattr(module, prefix + name), owners))


def _starting(start: Callable[..., object], owners: _Owners) -> Callable[..., object]:
    def starting(function: Callable[..., object], *arguments: Any, **keywords: Any) -> object:
        found = _cause(owners, sys._getframe(1))  # pylint: disable=protected-access  # as above
        return start(function if found is None else partial(_carried, found, function), *arguments, **keywords)

    return starting


watch = _made()
"""Hold a plugin to what it declared, from now on."""
