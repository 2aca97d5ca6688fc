"""Code of the interpreter and of augplug that may cause events although a plugin called it.

It is known by its code object, which no plugin can make another one equal to; augplug's own by file and name. Each has
the kinds of events that it may cause. It is here because nothing that a plugin hands it chooses what is opened, run or
compiled.
"""

from __future__ import annotations

import ast
import collections
import dataclasses
import importlib.metadata
import logging
import os
import sys
import traceback
import typing
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import augplug

FOLDER = f"{Path(augplug.__file__).parent}{os.sep}"
"""Where augplug's own code and data lie."""
_READING = frozenset({"find", "read"})
_TEXT = frozenset({"text"})
IMPORTING = _READING | _TEXT | {"native", "environment"}
"""What importing a module causes, besides writing its bytecode."""


def _code(module: Any, path: str) -> CodeType:
    """Return the code of a function that has no public name, or none in the type stubs."""
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name)
    return found.__code__  # type: ignore[no-any-return]  # a function of Python has one


IMPORT = _code(sys.modules["importlib._bootstrap"], "_find_and_load")
"""The one function that every import statement, and `import_module`, runs for a module that is not loaded yet."""
SAVE_BYTECODE = _code(sys.modules["importlib._bootstrap_external"], "SourceFileLoader.set_data")


def _newer() -> tuple[tuple[Any, str, frozenset[str]], ...]:
    """Return what later versions of Python have besides `_REVIEWED`, as there."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return (
            # What ForwardRef.__init__ did before: compiles an annotation that is a text.
            (annotationlib, "ForwardRef.__forward_code__.fget", _TEXT),
            # Calls the function of a class' annotations, or a copy of it with other globals.
            (annotationlib, "call_annotate_function", _TEXT),
        )
    return ()


_DATACLASS = _code(dataclasses, "_process_class")
_REVIEWED = (
    # A name tuple asks whether its names are names before it makes text of them; so does a data class, see `passes`.
    (collections, "namedtuple", _TEXT),
    (dataclasses, "_process_class", _TEXT),
    # Compiles an annotation that is a text. To evaluate it is another function.
    (typing, "ForwardRef.__init__", _TEXT),
    # Compiles to a tree, which nothing runs.
    (ast, "parse", _TEXT),
    # The line of source that a warning or a traceback shows.
    (warnings, "_formatwarnmsg_impl", _READING),
    (traceback, "TracebackException.__init__", _READING | _TEXT),
    (traceback, "TracebackException.format", _READING),
    # What the user's handlers do with a message.
    (logging, "Handler.handle", frozenset({"find", "read", "write", "network", "process"})),
    # The version of a distribution, looked for by its name among those that are installed.
    (importlib.metadata, "version", _READING),
    *_newer(),
)
_PASSES: Mapping[CodeType, frozenset[str]] = {_code(module, path): kinds for module, path, kinds in _REVIEWED}
_OURS: Mapping[tuple[str, str], frozenset[str]] = {
    # Whether there is an OpenCV.
    (f"{FOLDER}_backends{os.sep}__init__.py", "default_backend"): _READING,
}


def passes(frame: FrameType, kind: str) -> bool:
    """Say whether the code of this frame may cause an event of this kind, whoever called it."""
    code = frame.f_code
    if kind not in (_PASSES.get(code) or _OURS.get((code.co_filename, code.co_qualname)) or ()):
        return False
    if code is _DATACLASS:  # unlike namedtuple it takes any text for the name of a field
        # A class of its own could say of any text that it is an identifier.
        return all({type(name)} == {str} and name.isidentifier() for name in frame.f_locals.get("fields", ()))
    if code.co_name == "call_annotate_function":  # nothing but a function, which would answer for itself
        return {type(frame.f_locals.get("annotate"))} == {FunctionType}
    return True


def is_ours(event: str, arguments: tuple[Any, ...]) -> bool:
    """Say whether what is opened for reading is a data file of augplug's own."""
    path = arguments[0]
    return event == "open" and isinstance(path, str) and os.path.realpath(path).startswith(FOLDER)
