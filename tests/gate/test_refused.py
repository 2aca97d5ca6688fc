"""Each refusal of stage 1 by its own words, also where several share a rule."""

import errno
import io
import os
import pickle
import re
import struct
import tarfile
import warnings
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pytest

from augplug.errors import GateError
from augplug.gate import rules, structure
from augplug.gate.reading import read, read_installed
from augplug.gate.reading.tree import Tree, _read_plain
from tests.gate.building import FAIR
from tests.gate.making import (
    INFO,
    INIT,
    PROJECT,
    Build,
    artifact_of,
    changed_project,
    installed,
    packed,
    project,
    put,
    sdist,
)


def npz(method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    """An archive of these members; `__` in a name is a dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return made.getvalue()


def npy(array: object) -> bytes:
    """One array, a pickle if it holds objects."""
    made = io.BytesIO()
    np.save(made, np.asarray(array), allow_pickle=True)
    return made.getvalue()


def claiming(size: int) -> bytes:
    """An archive that says of its one array that it is this large once unpacked."""
    content = bytearray(npz(a__npy=npy([1])))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(content)


def make_pipe(site: Path) -> None:
    os.mkfifo(site / "my_ops" / "pipe")


def nest(site: Path) -> None:
    (site / "my_ops" / "/".join("d" * 25)).mkdir(parents=True)


OBJECTS = npy(np.array([{}], object))
REFUSED: dict[str, tuple[Build, str, str]] = {
    "null byte in a text": (packed({"my_ops/a.txt": "a\0b"}), "my_ops/a.txt", "holds null bytes"),
    "objects": (packed({"my_ops/a.npy": OBJECTS}), "my_ops/a.npy", "an array of Python objects"),
    "objects in an archive": (packed({"my_ops/a.npz": npz(a__npy=OBJECTS)}), "my_ops/a.npz", "an array of Python obj"),
    "a pickle in an archive": (
        packed({"my_ops/a.npz": npz(a__pkl=pickle.dumps([]))}),
        "my_ops/a.npz",
        "holds 'a.pkl', which is not an array",
    ),
    "another method": (
        packed({"my_ops/a.npz": npz(zipfile.ZIP_BZIP2, a__npy=npy([1]))}),
        "my_ops/a.npz",
        "packed by a method other than deflate",
    ),
    "an archive that grows": (packed({"my_ops/a.npz": claiming(2**27)}), "my_ops/a.npz", "unpacks to more than 64 MiB"),
    "another format of arrays": (
        packed({"my_ops/a.npy": b"\x93NUMPY\x03\x00" + npy([1])[8:]}),
        "my_ops/a.npy",
        "version (3, 0) of the format",
    ),
    "a build that is a number": (
        project(pyproject=f"build-system = 1\n{PROJECT[PROJECT.index('[project]') :]}"),
        "pyproject.toml",
        "[build-system] is not a table",
    ),
    "a backend that is a number": (
        project(pyproject=f"tool.setuptools = 1\n{PROJECT}"),
        "pyproject.toml",
        "[tool.setuptools] is not a table",
    ),
    "a requirement of the build that is none": (
        project(pyproject=changed_project('["setuptools >>> 1"]', '["setuptools>=77"]')),
        "pyproject.toml",
        "the build asks for setuptools >>> 1, whose code would run",
    ),
    "a setup.cfg that cannot be read": (sdist({"setup.cfg": "[egg_info\n"}), "setup.cfg", "setup.cfg is not allowed"),
    "a package in two places": (
        sdist({f"src/{INIT}": FAIR}),
        f"src/{INIT}",
        "is both in the project's folder and in its src/",
    ),
    "an address that is cut off": (
        installed(put(f"{INFO}/direct_url.json", "[")),
        f"{INFO}/direct_url.json",
        "cannot be read",
    ),
    "an address that is a list": (
        installed(put(f"{INFO}/direct_url.json", "[1]")),
        f"{INFO}/direct_url.json",
        "cannot be read",
    ),
    "an editable install that says no url": (
        installed(put(f"{INFO}/direct_url.json", '{"dir_info": {"editable": true}}')),
        f"{INFO}/direct_url.json",
        "it is of an editable install and says no url",
    ),
    "a pipe": (installed(make_pipe), "my_ops/pipe", "is not a file but a device, pipe or socket"),
    "deep folders on the disk": (installed(nest), f"my_ops/{'/'.join('d' * 20)}", "is more than 20 folders deep"),
    "two files of capabilities": (
        packed(
            {
                "my_ops/augplug-plugin.toml": "augplug-plugin = 1\n",
                "my_ops/a/augplug-plugin.toml": "augplug-plugin = 1\n",
                "my_ops/a/__init__.py": "",
            }
        ),
        "my_ops/a/augplug-plugin.toml",
        "a plugin has one file of capabilities",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_why(name: str, tmp_path: Path) -> None:
    build, file, says = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        artifact = artifact_of(build(tmp_path))

    findings = [*structure.check(artifact).findings, *rules.check(artifact).findings]
    found = [(one.file, one.message) for one in findings if one.severity == "refusal"]
    assert [message for path, message in found if path == file and says in message], found


def large(folder: Path) -> Path:
    """A wheel of 64 MiB and one byte, with holes that take no disk."""
    (folder / "my_ops-1.0-py3-none-any.whl").touch()
    os.truncate(folder / "my_ops-1.0-py3-none-any.whl", 2**26 + 1)
    return folder / "my_ops-1.0-py3-none-any.whl"


def without_project(folder: Path) -> Path:
    made = sdist({"pyproject.toml": PROJECT})(folder)
    with tarfile.open(made, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("my_ops-1.0/my_ops.py"))
    return made


def linked_project(folder: Path) -> Path:
    made = project()(folder)
    (made / "pyproject.toml").rename(folder / "elsewhere.toml")
    (made / "pyproject.toml").symlink_to(folder / "elsewhere.toml")
    return made


UNREAD = {
    "a large wheel": (large, "is larger than 64 MiB: ship less data"),
    "an sdist without a project": (without_project, "has no pyproject.toml, so what it is cannot be read"),
    "a linked project": (linked_project, "is a link or too large: make it a plain file"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_at_all(name: str, tmp_path: Path) -> None:
    build, says = UNREAD[name]
    with pytest.raises(GateError, match=re.escape(says)):
        read(str(build(tmp_path)))


def test_sources_behind_a_link_are_not_read(tmp_path: Path) -> None:
    made = project({f"real/{INIT}": FAIR}, package=False)(tmp_path)
    (made / "src").symlink_to("real")

    artifact = read(str(made))
    assert artifact.files == {}
    assert [path for path, reason in artifact.irregular if reason.startswith("is a link")] == ["src"]


def test_a_plugin_in_a_zip_on_the_path_has_nothing_to_hash(tmp_path: Path) -> None:
    found = next(iter(distributions(name="my-ops", path=[str(packed()(tmp_path))])))

    ((path, reason),) = read_installed(found).irregular
    assert path == ""
    assert reason.startswith("is not installed as plain files (a zip, ")


def test_what_changes_between_looking_and_reading_is_written_down(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    tree = Tree()
    tree.walk(tmp_path, ["gone"])

    assert tree.irregular == [("gone", f"cannot be read: {os.strerror(errno.ENOENT)}")]
    with pytest.raises(OSError, match="it changed while it was read"):
        _read_plain(tmp_path / "pipe", 1)
