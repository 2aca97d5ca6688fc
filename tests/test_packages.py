"""What is built of augplug: the same bytes wherever it is built, all files in both, tests that run from the sdist."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILT = ("augplug-*.tar.gz", "augplug-*.whl")


def build(source: Path, out: Path, **environment: str) -> dict[str, str]:
    """Build both kinds as `pip wheel` and an uploader do; return the SHA-256 of each by its name."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    done = subprocess.run(
        command, cwd=source, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower()
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for kind in BUILT for path in out.glob(kind)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel of this checkout."""
    out = tmp_path_factory.mktemp("built")
    assert len(build(ROOT, out)) == 2
    return out


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    (sdist,) = built.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def entries(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")


def test_a_build_is_the_same_under_any_umask_time_and_zone(built: Path, unpacked: Path, tmp_path: Path) -> None:
    expected = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built.iterdir()}
    checkout = shutil.copytree(unpacked, tmp_path / "checkout")
    (checkout / "PKG-INFO").unlink()  # the only file that no checkout has
    modes = {path: path.stat().st_mode for path in entries(checkout)}
    for path, mode in modes.items():  # as a checkout under umask 077 leaves them, another day
        path.chmod(mode & 0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))

    assert build(checkout, tmp_path / "out", TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7") == expected


def test_the_sdist_holds_every_file_of_the_repository(unpacked: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout: git cannot say what belongs to the repository")
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    tracked = {name for name in listed.split("\0") if name and (ROOT / name).exists()}
    packed = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}

    assert tracked - packed == set()
    assert {name for name in packed - tracked if not (ROOT / name).exists()} == {"PKG-INFO"}
    assert (unpacked / ".ci" / "run").stat().st_mode & 0o111


def test_the_wheel_holds_every_file_of_the_package_and_no_other(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "augplug").rglob("*") if path.is_file()}

    assert packed == {name for name in files if not name.endswith(".pyc")}


def test_tests_run_from_the_sdist(unpacked: Path) -> None:
    few = ["tests/test_gates.py", "tests/tools/test_check_sizes.py", "tests/golden/test_formats.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *few]
    # What runs is another copy of every module: measured too, it would halve the coverage.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        command,
        cwd=unpacked,
        env={**plain, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
