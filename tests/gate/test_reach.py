"""What the allow-list reaches: everything three attributes deep, by the attributes that the rules let through.

A module, a frame, code, an open file, raw memory, a function that opens, runs or imports, a table behind a read-only
view, and a class that answers to any name may not be found. Then no chain of dots leads to one, whatever a plugin
writes.
"""

import asyncio
import builtins
import collections
import contextlib
import functools
import hashlib
import importlib
import io
import itertools
import logging
import re
import struct
import sys
import types
import typing
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NewType, TypeVar

import cv2
import numpy as np
import pytest
from skimage import transform

import augplug
from augplug.gate.rules.allowed import allowed, needs_of_attribute, offered
from augplug.gate.rules.attribute import NAMED_TUPLE, is_private
from augplug.gate.rules.dunder import is_dunder

DEPTH = 3
RUNS = {"open", "exec", "eval", "compile", "__import__", "getattr", "setattr", "delattr", "vars", "globals", "locals"}
BUILTINS = tuple(getattr(builtins, name) for name in sorted(RUNS | {"input", "breakpoint", "memoryview"}))
PROCESS = ("os", "posix", "subprocess", "sys", "inspect", "importlib", "_frozen_importlib", "pty", "webbrowser")
RAW = ("annotationlib", "ctypes", "_ctypes", "mmap", "gc", "pickle", "_pickle", "code", "runpy", "_thread")
SHOWN = ("linecache", "traceback")
FILES = ("io", "_io", "pathlib", "shutil", "tempfile", "_frozen_importlib_external")
OTHERS = ("socket", "_socket", "threading")
FRAMES = (types.FrameType, types.CodeType)
CAPSULE = type(np.random.PCG64(0).capsule)


def danger(found: object, free: frozenset[str]) -> str:
    """What makes an object one that no plugin may hold; empty for a harmless one."""
    if isinstance(found, (types.ModuleType, *FRAMES, types.MappingProxyType, CAPSULE)):
        return type(found).__name__
    if isinstance(found, io.IOBase) and "files" not in free:
        return "stream"
    if any(found is each for each in BUILTINS if not (each is open and "files" in free)):
        return f"builtin {getattr(found, '__name__', '')}"
    home = str(getattr(found, "__module__", "")).split(".", maxsplit=1)[0] if callable(found) else ""
    bad = {*PROCESS, *RAW, *SHOWN, *(() if "files" in free else FILES), *(() if free else OTHERS)} - (
        {"_thread"} if "threads" in free else set()
    )
    if home in bad:
        return f"{home}.{getattr(found, '__name__', '')}"
    kind = found if isinstance(found, type) else type(found)
    if kind.__name__ == "_ConstEvaluator":
        return "evaluator"
    by_name = {"__getattr__", "__getattribute__"}
    asked = [(base, vars(base).get(name)) for base in kind.__mro__ for name in by_name]
    # What answers to the old names of augplug's raises, whatever it is asked for.
    asked = [pair for pair in asked if isinstance(pair[1], FUNCTION) and pair[1].__module__ != "augplug.renamed"]
    written = [base for base, _ in asked if base.__module__ not in ASKING]
    return f"{kind.__name__} answers to any name" if written else ""


FUNCTION = types.FunctionType
ASKING = ("typing", "enum")
"""Modules whose classes ask the type that they stand for, or their own members, for a name."""


def passing(found: object, free: frozenset[str]) -> Iterator[str]:
    """The attributes that the rules let a plugin take."""
    for name in dir(found):
        if is_dunder(name):
            if name in allowed()["dunders"]["attributes"]:
                yield name
        elif not (needs_of_attribute(name) - free) and (not is_private(name) or name in NAMED_TUPLE):
            yield name


class Crawl:
    """Walks objects by attributes and by what is in containers, each once at its least depth."""

    def __init__(self, free: frozenset[str] = frozenset()) -> None:
        self.free = free
        self.found: dict[str, str] = {}
        self._seen: dict[int, tuple[int, object]] = {}

    def walk(self, start: object, path: str) -> None:
        todo = collections.deque([(start, path, 0)])
        while todo:
            here, path, depth = todo.popleft()
            if isinstance(here, (str, int, float, complex, bytes, types.NoneType)):
                continue
            if bad := danger(here, self.free):
                self.found.setdefault(bad, path)
                continue
            if self._seen.get(id(here), (DEPTH + 1, None))[0] <= depth:
                continue
            self._seen[id(here)] = (depth, here)  # kept alive, or another object would get its id
            todo += ((inner, f"{path}[{key!r}]", depth) for key, inner in items(here))
            if depth < DEPTH:
                todo += (
                    (inner, f"{path}.{name}", depth + 1)
                    for name in passing(here, self.free)
                    if (inner := taken(here, name)) is not None
                )


def items(found: object) -> list[tuple[object, object]]:
    if isinstance(found, (tuple, list)):
        return list(enumerate(found[:200]))
    return list(found.items())[:200] if isinstance(found, dict) else []


def taken(found: object, name: str) -> Any:
    try:
        return getattr(found, name)
    except Exception:  # noqa: BLE001  # whatever a property raises: there is nothing to be had
        return None


def given(name: str, free: frozenset[str]) -> Iterator[tuple[str, object]]:
    """What a module of the list gives without more capabilities than these, and types that are not called."""
    table = allowed()["modules"][name]
    if table.get("capability", "") not in {"", *free} or (names := offered(name)) is None:
        return
    more = {each for kind in allowed()["capabilities"] if kind not in free for each in table.get(kind, ())}
    try:
        module = importlib.import_module(name)
    except ImportError:
        return
    for each in sorted(names - more):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # sqlite3 warns of names that are read
            found = getattr(module, each, None)
        if found is not None:
            yield f"{name}.{each}", found


@contextlib.contextmanager
def managed() -> Iterator[int]:
    yield 1


def generated() -> Iterator[int]:
    yield 1


def newer() -> list[object]:
    """Objects of the syntax that later versions of Python have: `type A = list[int]`, and a template."""
    found: list[object] = []
    if sys.version_info >= (3, 12):
        found.append(typing.TypeAliasType("A", list[int]))
    if sys.version_info >= (3, 14):
        found += [TypeVar("T", bound=list[int]), importlib.import_module("string.templatelib").Template("a")]
    return found


def samples() -> dict[str, object]:
    """Results of what is allowed: what an object can do is seen of an object."""
    array, rng = np.arange(4.0), np.random.default_rng(0)
    made = (array, array[0], rng, rng.bit_generator, np.random.SeedSequence(1), np.dtype([("a", "i8")]), array.flat)
    more = (array.flags, np.add, np.finfo(float), np.errstate(), np.vectorize(float), np.poly1d([1, 2]), np.r_, np.s_)
    last = (
        np.mgrid,
        np.zeros(1, [("a", "i8")])[0],
        np.broadcast(array, array),
        np.nditer(array),
        np.ndenumerate(array),
    )
    turn: Any = transform  # it carries no types
    library = (turn.AffineTransform(), turn.PiecewiseAffineTransform(), cv2.createCLAHE(), re.compile("a"))
    python = (re.match("a", "a"), logging.getLogger("a.b"), warnings.catch_warnings(record=True), managed())
    tools = (functools.partial(int, "1"), functools.lru_cache(len), functools.cached_property(len), property(len))
    contexts = (contextlib.ExitStack(), contextlib.suppress(ValueError), contextlib.nullcontext(array))
    texts = (hashlib.sha256(), struct.Struct("P"), Decimal(1), itertools.count(), collections.UserList([1]), slice(1))
    types_ = (TypeVar("T"), NewType("N", int), int | None, list[int], generated(), generated, array.sum, range(3))
    errors = (AttributeError("a", name="a", obj=augplug), OSError(1, "a"), StopIteration(1), SyntaxError("a"))
    ours = (
        augplug.generator(1),
        augplug.Canvas(4, 4, 3),
        augplug.step("Invert"),
        augplug.hookimpl,
        augplug.operations(),
    )
    every = (*made, *more, *last, *library, *python, *tools, *contexts, *texts, *types_, *errors, *ours, *newer())
    return {f"<{type(each).__name__} {number}>": each for number, each in enumerate(every)}


def reached(free: frozenset[str]) -> dict[str, str]:
    """Each danger within reach, with the way to it."""
    crawl = Crawl(free)
    for module in allowed()["modules"]:
        for path, start in given(module, free):
            crawl.walk(start, path)
    for name in allowed()["builtins"]["allowed"]:
        crawl.walk(getattr(builtins, name, None), name)
    for path, start in samples().items():
        crawl.walk(start, path)
    return crawl.found


REVIEWED = {
    "mappingproxy": (".metadata", ".groupindex"),  # what the plugin gave, and numbers that re checks again
    "importlib.version": ("importlib.metadata.version",),  # a text
    "importlib.PackageNotFoundError": ("importlib.metadata.PackageNotFoundError",),
    "importlib.as_file": ("importlib.resources.as_file",),  # of the capability files
    "importlib.files": ("importlib.resources.files",),
    "posix._path_normpath": ("os.path.normpath",),  # texts
    "importlib.Traversable": ("importlib.resources.abc.Traversable",),
    "dircmp answers to any name": ("filecmp.dircmp",),  # to its own only
    "HTTPError answers to any name": ("urllib.error.HTTPError",),  # to those of its response
    "IMAP4 answers to any name": ("imaplib.IMAP4",),  # to the commands of the protocol
    "IMAP4_SSL answers to any name": ("imaplib.IMAP4_SSL",),
}
"""What looks dangerous and is not, by the end of the way to it."""


def unfair(free: frozenset[str]) -> dict[str, str]:
    return {bad: path for bad, path in reached(free).items() if not path.endswith(REVIEWED.get(bad, "?"))}


def test_nothing_dangerous_is_within_reach() -> None:
    assert unfair(frozenset()) == {}


@pytest.mark.parametrize("capability", ["files", "network", "threads"])
def test_a_capability_reaches_no_stronger_one(capability: str) -> None:
    assert unfair(frozenset({capability})) == {}


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (asyncio, "module"),
        (types.SimpleNamespace(a=types.SimpleNamespace(b=[open])), "builtin open"),
        (types.SimpleNamespace(a=functools.partial(exec).func), "builtin exec"),
        (types.SimpleNamespace(a={"b": io.BytesIO()}), "stream"),
        (types.SimpleNamespace(a=types.MappingProxyType({})), "mappingproxy"),
        (types.SimpleNamespace(a=types.SimpleNamespace(b=reached.__code__)), "code"),
    ],
)
def test_the_crawl_finds_what_is_planted(planted: object, named: str) -> None:
    crawl = Crawl()
    crawl.walk(planted, "planted")
    assert list(crawl.found) == [named]
