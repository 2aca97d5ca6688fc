"""Whatever a file or folder holds, reading it gives an artifact or one error that teaches, and never a traceback."""

import gzip
import io
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augplug.errors import GateError
from augplug.gate.reading import read
from augplug.gate.reading.described import describe_info, describe_project
from augplug.gate.reading.record import rows
from augplug.gate.reading.tree import Tree, unsafe
from augplug.gate.structure import check
from tests.gate.making import INFO, INIT, PROJECT, packed, project, sdist, with_entry

FUZZ = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read_or_refuse(path: Path) -> None:
    try:
        artifact = read(str(path))
    except GateError:
        return
    assert check(artifact).covered == set(artifact.files)


@FUZZ
@given(data=st.data(), kind=st.sampled_from(["wheel", "sdist"]))
def test_a_damaged_archive_is_an_artifact_or_an_error(data: st.DataObject, kind: str, tmp_path: Path) -> None:
    """Cut off, or with bytes changed anywhere: also in the tar beneath the compression."""
    path = (packed() if kind == "wheel" else sdist())(tmp_path)
    content = bytearray(path.read_bytes() if kind == "wheel" else gzip.decompress(path.read_bytes()))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    damaged = bytes(content[:cut])
    path.write_bytes(damaged if kind == "wheel" else gzip.compress(damaged, 1))
    _read_or_refuse(path)


@FUZZ
@given(content=st.binary(max_size=300), ending=st.sampled_from([".whl", ".zip", ".tar.gz"]))
def test_garbage_is_an_error(content: bytes, ending: str, tmp_path: Path) -> None:
    """Bytes that never were an archive."""
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    with pytest.raises(GateError, match="x"):
        read(str(path))


@FUZZ
@given(names=st.lists(st.text(min_size=1, max_size=30), max_size=8, unique=True), content=st.binary(max_size=40))
def test_weird_names_are_read_or_written_down(names: list[str], content: bytes, tmp_path: Path) -> None:
    """Every entry is among the files, or irregular."""
    path = packed()(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        for name in names:
            try:
                archive.writestr(zipfile.ZipInfo(f"my_ops/{name}"), content)
            except UnicodeEncodeError:  # half a surrogate: zipfile cannot write it
                return
    artifact = read(str(path))
    seen = {*artifact.files, *(name for name, _ in artifact.irregular)}
    with zipfile.ZipFile(path) as archive:
        listed = {info.orig_filename for info in archive.infolist() if not info.orig_filename.endswith("/")}
    assert {name for name in listed if not name.startswith(INFO)} <= seen
    check(artifact)


@FUZZ
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_texts_that_describe_are_read_or_written_down(content: bytes) -> None:
    """METADATA, entry points, RECORD and pyproject.toml of any bytes."""
    tree = Tree({"x/METADATA": content, "x/entry_points.txt": content})
    described = describe_info(tree, "x")
    assert {path for path, _ in tree.irregular} <= {"x/METADATA", "x/entry_points.txt"}
    assert all(point.group for point in described.entry_points)
    with suppress(ValueError):
        assert all(row.digest is None or len(row.digest) == 64 for row in rows(content))
    with suppress(GateError):
        assert isinstance(describe_project(content, "here").name, str)


@FUZZ
@given(content=st.binary(max_size=120) | st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace")))
def test_a_module_of_any_bytes_is_checked(content: bytes, tmp_path: Path) -> None:
    """Also data of any bytes, whatever the name says."""
    names = ("a.py", "a.npy", "a.npz", "a.json", "a.png", "a.xyz")
    result = check(read(str(packed({f"my_ops/{name}": content for name in names})(tmp_path))))
    assert {f"my_ops/{name}" for name in names} <= result.covered


@pytest.mark.parametrize("path", ["/a", "a//b", "../a", "a/../b", "./a", "a\\b", "C:a", "", "a/", "a\0b", "a\u202eb"])
def test_a_path_that_is_no_plain_name_is_unsafe(path: str) -> None:
    """And a plain one is not."""
    assert unsafe(path)
    assert unsafe("my_ops/data/a.json") is None


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nothing-of-this-name", "plugins list"),
        ("", "name a folder"),
        ("\0", "cannot be read|plugins list"),
        ("../" * 9 + "x", "neither a path"),
    ],
)
def test_a_target_that_is_not_there_is_an_error_that_teaches(target: str, said: str) -> None:
    """What may be named instead."""
    with pytest.raises(GateError, match=said):
        read(target)


def test_a_folder_without_a_project_and_a_file_of_another_kind(tmp_path: Path) -> None:
    """Each says what is missing."""
    with pytest.raises(GateError, match=r"no pyproject\.toml"):
        read(str(tmp_path))
    (tmp_path / "a.exe").write_bytes(b"MZ")
    with pytest.raises(GateError, match="neither a wheel"):
        read(str(tmp_path / "a.exe"))


def test_a_folder_gives_its_package_and_how_it_is_built(tmp_path: Path) -> None:
    """Nothing else is read."""
    artifact = read(str(project({"secret.txt": "x", "my_ops/data.json": "1"})(tmp_path)))
    assert set(artifact.files) == {INIT, "my_ops/data.json"}
    assert artifact.metadata == {"pyproject.toml": PROJECT.encode()}
    assert (artifact.name, artifact.version, artifact.requires) == ("my-ops", "1.0", ("augplug>=1,<2",))


def test_a_damaged_stream_in_a_zip_is_written_down(tmp_path: Path) -> None:
    """The rest of the archive is read all the same."""
    path = with_entry("my_ops/a.csv", b"0,1\n" * 500)(tmp_path)
    content = bytearray(path.read_bytes())
    content[content.index(b"my_ops/a.csv") + len("my_ops/a.csv")] = 0xFF  # no such kind of block
    path.write_bytes(content)
    artifact = read(str(path))
    assert [name for name, _ in artifact.irregular] == ["my_ops/a.csv"]
    assert INIT in artifact.files


def test_a_bomb_in_a_tar_is_unpacked_up_to_a_limit(tmp_path: Path) -> None:
    """A gigabyte of zeros would take a gigabyte."""
    path = tmp_path / "x-1.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(70):
            file.write(bytes(2**20))
    with pytest.raises(GateError, match="unpacks to more than 64 MiB"):
        read(str(path))


def test_an_archive_of_folders_only_ends(tmp_path: Path) -> None:
    """A tar of thousands of entries without bytes is not read to its end."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for _ in range(3000):
            folder = tarfile.TarInfo("x")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
    path = tmp_path / "x-1.tar.gz"
    path.write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(GateError, match="not an sdist"):
        read(str(path))
