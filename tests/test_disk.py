"""Files are written through new names that nobody can guess, and never through a link."""

import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from augplug.cli.output import write
from augplug.data.images import save_image
from augplug.disk import create, replace_file, replacing


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that a link points to."""
    made = tmp_path / "secret"
    made.write_text("mine")
    return made


def test_a_planted_temporary_name_is_not_written_through(tmp_path: Path, secret: Path) -> None:
    target = tmp_path / "ledger.json"
    (tmp_path / ".ledger.json.new").symlink_to(secret)
    replace_file(target, b"new")
    assert (secret.read_text(), target.read_bytes()) == ("mine", b"new")


@pytest.mark.parametrize("durable", [True, False])
def test_a_link_in_the_place_of_the_file_is_replaced(tmp_path: Path, secret: Path, durable: bool) -> None:
    target = tmp_path / "report.html"
    target.symlink_to(secret)
    replace_file(target, b"new", durable=durable)
    assert secret.read_text() == "mine"
    assert not target.is_symlink()
    assert target.read_bytes() == b"new"


def test_commands_and_images_are_written_so(tmp_path: Path, secret: Path) -> None:
    for name in ("page.html", "a.png"):
        (tmp_path / name).symlink_to(secret)
    write(tmp_path / "page.html", "text")
    save_image(tmp_path / "a.png", np.zeros((2, 2, 3), np.uint8))
    assert secret.read_text() == "mine"


def test_a_new_file_is_made_exclusively(tmp_path: Path, secret: Path) -> None:
    for there in (secret, tmp_path / "link", tmp_path / "dangling"):
        if there is not secret:
            there.symlink_to(secret if there.name == "link" else tmp_path / "nothing")
        with pytest.raises(FileExistsError):
            create(there)


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def fail() -> None:
        with replacing(tmp_path / "a") as file:
            file.write(b"half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_a_file_that_cannot_even_be_made_is_the_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not that of the missing new file, which is cleared away."""

    def full(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("augplug.disk.os.open", full)
    with pytest.raises(OSError, match="No space left on device"):
        replace_file(tmp_path / "a", b"new")


def test_a_new_name_survives_a_power_cut_unless_the_caller_needs_it_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("augplug.disk.sync_folder", synced.append)

    with replacing(tmp_path / "a") as file:
        file.write(b"new")
    assert synced == [tmp_path]

    with replacing(tmp_path / "b", durable=False) as file:
        file.write(b"new")
    assert synced == [tmp_path]


def test_permissions_stay_and_devices_are_written_to(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.write_text("old")
    private.chmod(0o600)
    replace_file(private, b"new")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    replace_file(Path(os.devnull), b"gone", durable=False)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
