"""A path of which nobody can tell what is there: too long a name here, since root may enter any folder.

Up to Python 3.13 pathlib raises then, which was a traceback; from 3.14 on it says that nothing is there.
"""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from augplug.disk import kind_of, kind_or
from augplug.errors import DataError, SettingsError
from augplug.project import projects
from tests.cli.conftest import Run, write_image

LONG = "x" * 300
REASON = os.strerror(errno.ENAMETOOLONG)
COMMANDS = {
    "policy": ("policies", "show", f"{LONG}.json"),
    "policy to add": ("policies", "add", f"{LONG}.json"),
    "image": ("preview", "randaugment", f"{LONG}.png"),
    "explained image": ("explain", "randaugment", f"{LONG}.png", "--index", "1"),
    "folder": ("data", "describe", LONG),
    "archive": ("data", "describe", f"{LONG}.npz"),
    "images of a search": ("search", "strengths", LONG),
    "run to resume": ("search", "--resume", LONG),
    "run to report": ("report", LONG),
    "runs to compare": ("compare", LONG),
    "plan": ("replay", f"{LONG}.json", "a.png", "-o", "b.png"),
    "target of apply": ("apply", "randaugment", ".", f"{LONG}/out"),
    "folder of a new plugin": ("plugins", "new", "my-ops", LONG),
    "plugin": ("plugins", "check", LONG),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_path_that_cannot_be_looked_at_is_one_line(run: Run, tmp_path: Path, what: str) -> None:
    write_image(tmp_path / "a.png")
    ended = run(*COMMANDS[what])
    assert ended.status == 2
    line = ended.err.splitlines()[-1]
    assert line.startswith("augplug: ")
    assert REASON in line or "does not exist. See: " in line  # click's words, which asks itself


def test_what_is_at_a_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "to nothing").symlink_to("none")
    os.mkfifo(tmp_path / "pipe")
    names = ("", "file", "link", "pipe", "loop", "to nothing", "none", "file/inside", "\0")
    kinds = [kind_of(tmp_path / name) for name in names]
    assert kinds == ["folder", "file", "file", "other", *["nothing"] * 5]
    with pytest.raises(OSError, match=REASON):
        kind_of(tmp_path / LONG)
    with pytest.raises(DataError, match=rf"^{LONG} cannot be looked at \({REASON}\); give a path that may be read$"):
        kind_or(DataError, Path(LONG))


def test_a_project_that_cannot_be_looked_at_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may set the gate's mode."""
    looked = Path.stat

    def stat(path: Path, **how: Any) -> os.stat_result:
        if path.name == "pyproject.toml":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return looked(path, **how)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(SettingsError, match=r"pyproject\.toml cannot be looked at \(Permission denied\)"):
        projects()
