"""What each file other than Python source holds: text and plain data are fine; what can be run or unpickled is not."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from numpy.lib import format as npy

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding
from augplug.gate.reading.installed import CACHE
from augplug.gate.reading.tree import MAX_FILE, MAX_TOTAL
from augplug.gate.structure.layout import COMPILED

TEXT = frozenset({".json", ".toml", ".csv", ".tsv", ".txt", ".md", ".rst", ".pyi", ".sh", ".cff", ".svg", ""})
"""Texts; a shell script is read by shellcheck in stage 3. Without an ending only the names below."""
NAMES = frozenset({"LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS", "README", "CHANGELOG", "py.typed"})
IMAGES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
ELSEWHERE = COMPILED | {".py", ".pth", ".start"}
"""Endings that another check reads or refuses."""
SPELLED = frozenset({".py", ".pyi", ".sh"})
"""Endings that make a file be run or read by a tool, so that they are spelled in small letters."""
MAX_HEADER = 10_000
"""Characters of the header of an array."""


def check_content(artifact: Artifact) -> Iterator[Finding]:
    """Yield the files that are neither source nor data which can do nothing."""
    for path, content in artifact.files.items():
        name = PurePosixPath(path)
        if name.suffix.lower() in SPELLED and name.suffix not in SPELLED:
            message = f"{name.name} ends in {name.suffix}: some disks and tools take that for {name.suffix.lower()}"
            yield Finding("structure/kind", path, 0, message, f"Rename it to end in {name.suffix.lower()}.")
        if name.suffix.lower() in ELSEWHERE or CACHE in name.parts:
            continue
        if problem := _problem(name, content):
            yield Finding(
                "structure/kind",
                path,
                0,
                f"{name.name} {problem}",
                "Ship data as JSON, TOML, CSV, text, PNG, JPEG, or .npy and .npz arrays of numbers.",
            )


def _problem(name: PurePosixPath, content: bytes) -> str | None:
    suffix = name.suffix.lower()
    if name.name in NAMES or suffix in TEXT - {""}:
        return _text_problem(suffix, content)
    if suffix in IMAGES:
        return None if content.startswith(IMAGES[suffix]) else f"is no {suffix[1:].upper()} image"
    try:
        if suffix == ".npy":
            return _array_problem(content)
        if suffix == ".npz":
            return _arrays_problem(content)
    except Exception as error:  # noqa: BLE001  # whatever numpy and zipfile raise for bytes that are no array
        return f"is not an array that can be read without pickle: {type(error).__name__}: {error}"
    return "is of a kind that may hold code or cannot be read: executables, archives, pickles, models, bytecode ..."


def _text_problem(suffix: str, content: bytes) -> str | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return "is not text in UTF-8, whatever its name says"
    if "\0" in text:
        return "holds null bytes, so it is not text"
    if text.startswith("#!") and suffix != ".sh":
        return "is a script (it begins with `#!`)"
    return None


def _arrays_problem(content: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_TOTAL:
            return f"unpacks to more than {MAX_TOTAL // 2**20} MiB"
        for member in members:
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return "is packed by a method other than deflate"
            if not member.filename.endswith(".npy"):
                return f"holds {member.filename!r}, which is not an array"
            with archive.open(member) as file:
                if problem := _array_problem(file.read(MAX_FILE)):
                    return problem
    return None


def _array_problem(content: bytes) -> str | None:
    file = io.BytesIO(content)
    version = npy.read_magic(file)
    if version == (1, 0):
        _, _, dtype = npy.read_array_header_1_0(file, max_header_size=MAX_HEADER)
    elif version == (2, 0):
        _, _, dtype = npy.read_array_header_2_0(file, max_header_size=MAX_HEADER)
    else:
        raise struct.error(f"version {version} of the format")
    return "is an array of Python objects, which are a pickle" if dtype.hasobject else None
