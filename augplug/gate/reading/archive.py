"""Packed files, read in memory: a zip or a compressed tar becomes a tree; garbage is written down, or is one error."""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

from augplug.errors import GateError
from augplug.gate.reading.tree import MAX_TOTAL, Tree

GARBAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    RuntimeError,  # a password; RecursionError
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
"""What the readers of the standard library raise for bytes that are no archive, found by feeding them such bytes."""


def read_zip(path: Path) -> Tree:
    """Return the files of a zip archive. Raises GateError."""
    tree = Tree()
    try:
        with zipfile.ZipFile(io.BytesIO(_bytes(path))) as archive:
            for info in archive.infolist():
                if tree.full():
                    break
                _take(tree, archive, info)
    except GARBAGE as error:
        raise GateError(f"{path} is not a zip archive that can be read ({_reason(error)}): make it anew") from error
    return tree


def read_tar(path: Path) -> Tree:
    """Return the files of a tar archive that gzip packed. Raises GateError."""
    tree = Tree()
    try:
        # All of it at once, up to a limit: seeking in the stream would unpack a bomb to its end.
        with gzip.open(io.BytesIO(_bytes(path))) as stream:
            content = stream.read(MAX_TOTAL + 1)
        if len(content) > MAX_TOTAL:
            raise GateError(f"{path} unpacks to more than {MAX_TOTAL // 2**20} MiB: ship less data")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            # tarfile has been made to go round in circles by negative sizes: the tree's limit ends that.
            while not tree.full() and (member := archive.next()) is not None:
                _take_member(tree, archive, member)
    except GARBAGE as error:
        raise GateError(f"{path} is not a .tar.gz that can be read ({_reason(error)}): make it anew") from error
    return tree


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_TOTAL + 1)
    if len(content) > MAX_TOTAL:
        raise GateError(f"{path} is larger than {MAX_TOTAL // 2**20} MiB: ship less data")
    return content


def _take(tree: Tree, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    name, mode = info.orig_filename, info.external_attr >> 16
    if name.endswith("/") and not info.file_size:
        return
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        tree.refuse(name, "is a link or device in the archive, no file")
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The other methods unpack without a limit.
        tree.refuse(name, "is packed by a method other than deflate")
    else:
        try:
            tree.add(name, lambda limit: _read_member(archive, info, limit))
        except GARBAGE as error:
            tree.refuse(name, f"cannot be read: {_reason(error)}")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    with archive.open(info) as file:
        return file.read(limit)


def _take_member(tree: Tree, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    if member.isdir():
        tree.add_folder()
    elif not member.isreg() or member.issparse():
        tree.refuse(member.name, "is a link, a device or a sparse file in the archive")
        tree.add_folder()
    else:
        file = archive.extractfile(member)
        if file is not None:
            tree.add(member.name, file.read)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
