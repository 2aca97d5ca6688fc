"""How hostile and fair distributions are made: wheels, projects, sdists and site folders, changed."""

import io
import json
import os
import py_compile
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

from augplug.gate.artifact import Artifact
from augplug.gate.reading import read, read_installed
from tests.gate.building import FAIR, WRITE_SENTINEL, Files, wheel

EVIL = WRITE_SENTINEL
INIT = "my_ops/__init__.py"
INFO = "my_ops-1.0.dist-info"
OURS = "[augplug]\nmy-ops = my_ops\n"
PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "my-ops"
version = "1.0"
dependencies = ["augplug>=1,<2"]

[project.entry-points.augplug]
my-ops = "my_ops"
"""

Build = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """One distribution: `build` makes it in an empty folder and returns what to check (see `artifact_of`)."""

    letter: str
    name: str
    build: Build
    rule: str | None
    file: str = ""
    why: str = ""


def artifact_of(target: Path) -> Artifact:
    """Read a target: a folder that holds a dist-info is a site-packages with `my-ops` in it."""
    if target.is_dir() and list(target.glob("*.dist-info")):
        return read_installed(next(iter(distributions(name="my-ops", path=[str(target)]))))
    return read(str(target))


def packed(files: Files | None = None, **more: object) -> Build:
    """A wheel of the fair plugin with these files besides."""
    return partial(wheel, files={INIT: FAIR, **(files or {})}, **more)  # type: ignore[arg-type]  # the keywords of wheel


def installed(change: Callable[[Path], object] = lambda _: None, **more: object) -> Build:
    """A site folder into which the fair plugin was installed, and changed afterwards."""

    def build(folder: Path) -> Path:
        site = folder / "site"
        with zipfile.ZipFile(packed(**more)(folder)) as archive:  # type: ignore[arg-type]  # the keywords of packed
            archive.extractall(site)
        change(site)
        return site

    return build


def project(files: Files | None = None, pyproject: str = PROJECT, *, package: bool = True) -> Build:
    """A source project with these files and, unless they hold it already, the package of the fair plugin."""
    given = {"pyproject.toml": pyproject, **({INIT: FAIR} if package else {}), **(files or {})}
    return lambda folder: _write(folder / "project", given)


def sdist(files: Files | None = None, members: tuple[tarfile.TarInfo, ...] = ()) -> Build:
    """An sdist of the fair plugin with these files and members besides."""

    def build(folder: Path) -> Path:
        made = folder / "my_ops-1.0.tar.gz"
        with tarfile.open(made, "w:gz") as archive:
            for path, text in {"pyproject.toml": PROJECT, INIT: FAIR, **(files or {})}.items():
                info = tarfile.TarInfo(f"my_ops-1.0/{path}")
                content = text.encode() if isinstance(text, str) else text
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            for member in members:
                archive.addfile(member)
        return made

    return build


def _write(folder: Path, files: Files) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def member(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(f"my_ops-1.0/{name}")
    info.type, info.linkname = kind, target
    return info


def put(path: str, text: str | bytes) -> Callable[[Path], object]:
    return lambda site: _write(site, {path: text})


def forge_bytecode(mode: py_compile.PycInvalidationMode, target: str) -> Callable[[Path], object]:
    """Bytecode of other source than the file beside it; with the same time and size if it goes by these."""

    def change(site: Path) -> None:
        source = site / INIT
        fair, stamp = source.read_bytes(), source.stat().st_mtime_ns
        source.write_bytes(EVIL.encode().ljust(len(fair), b"#"))
        os.utime(source, ns=(stamp, stamp))
        py_compile.compile(str(source), cfile=str(site / target), invalidation_mode=mode, doraise=True)
        source.write_bytes(fair)
        os.utime(source, ns=(stamp, stamp))

    return change


def link_file(site: Path) -> None:
    (site.parent / "evil.py").write_text(EVIL)
    (site / "my_ops/evil.py").symlink_to(site.parent / "evil.py")


def link_folder(site: Path) -> None:
    (site / "my_ops").rename(site.parent / "elsewhere")
    (site / "my_ops").symlink_to(site.parent / "elsewhere")


def extend_record(line: str) -> Callable[[Path], object]:
    def change(site: Path) -> None:
        with (site / INFO / "RECORD").open("a") as file:
            file.write(line)

    return change


def add_many(site: Path) -> None:
    _write(site, {f"my_ops/{number}.txt": "" for number in range(2_100)})


def replace_metadata(site: Path) -> None:
    """Bring what describes another distribution, and list it in RECORD."""
    put("other-1.0.dist-info/METADATA", "Name: other\n")(site)
    extend_record("other-1.0.dist-info/METADATA,,\n")(site)


def make_editable(site: Path) -> None:
    (site / INFO / "direct_url.json").write_text(json.dumps({"url": "file:///x", "dir_info": {"editable": True}}))


def with_entry(name: str, content: bytes, mode: int = 0) -> Build:
    """A wheel with one more entry, which RECORD does not know."""

    def build(folder: Path) -> Path:
        made = packed()(folder)
        with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a name that comes twice is the point
                archive.writestr(info, content)
        return made

    return build


def other_group(group: str, module: str = "my_ops.evil") -> Build:
    return packed({"my_ops/evil.py": EVIL}, points=f"{OURS}[{group}]\nx = {module}\n")


def changed_project(extra: str, old: str = "") -> str:
    return PROJECT.replace(old, extra) if old else PROJECT + extra
