"""Which mode, ledger and block list hold: the strictest of what is asked for; a project can tighten, never loosen."""

import os
from pathlib import Path

import platformdirs
import pytest

from augplug.errors import SettingsError
from augplug.gate.modes import BLOCK, LEDGER, MODE, Admission, admission, strictest


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project in the current folder, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in (MODE, LEDGER, BLOCK):
        monkeypatch.delenv(name, raising=False)
    write(tmp_path)
    return tmp_path


def write(folder: Path, *lines: str) -> None:
    """The project's table."""
    (folder / "pyproject.toml").write_text("\n".join(["[tool.augplug]", *lines]))


def test_nothing_said_is_open_and_the_users_ledger(here: Path) -> None:
    assert here.is_dir()
    expected = platformdirs.user_config_path("augplug") / "ledger.json"
    assert admission({}) == Admission("open", expected, frozenset())


@pytest.mark.parametrize(
    ("environment", "project", "mode"),
    [
        (None, "require", "require"),
        ("require", None, "require"),
        ("require", "open", "require"),
        ("open", "require", "require"),
        ("require", "off", "off"),
        ("off", "open", "off"),
        ("open", "open", "open"),
    ],
)
def test_the_strictest_mode_holds(here: Path, environment: str | None, project: str | None, mode: str) -> None:
    if project is not None:
        write(here, f'mode = "{project}"')
    assert admission({} if environment is None else {MODE: environment}).mode == mode


def test_the_command_line_tightens_and_never_loosens(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))  # which it changes
    write(here, 'mode = "require"', 'ledger = "team.json"')
    strictest("open")
    assert admission().mode == "require"
    strictest("off")
    assert admission().mode == "off"
    assert admission().ledger == here / "team.json"


def test_a_ledger_is_named_by_the_environment_then_by_the_project(here: Path) -> None:
    write(here, 'ledger = "team.json"')
    assert admission({}).ledger == here / "team.json"
    assert admission({LEDGER: "/elsewhere/mine.json"}).ledger == Path("/elsewhere/mine.json")


def test_a_projects_ledger_does_not_soften_a_mode_of_the_environment(here: Path) -> None:
    write(here, 'ledger = "team.json"')
    assert admission({MODE: "require"}).ledger == platformdirs.user_config_path("augplug") / "ledger.json"
    assert admission({MODE: "require", LEDGER: str(here / "team.json")}).ledger == here / "team.json"


def test_blocked_names_come_from_both(here: Path) -> None:
    write(here, 'block = ["My_Ops"]')
    assert admission({BLOCK: "other, third.one,"}).blocked == {"my-ops", "other", "third-one"}


@pytest.mark.parametrize(
    ("lines", "environment", "message"),
    [
        (['mode = "strict"'], {}, r"mode in \[tool.augplug\] is one of open, require, off, not 'strict'"),
        ([], {MODE: ""}, "AUGPLUG_PLUGINS is one of open, require, off, not ''"),
        (["ledger = 1"], {}, r"ledger in \[tool.augplug\] is the path of a file, not 1"),
        (['block = "my-ops"'], {}, r"block in \[tool.augplug\] is a list of distributions, not 'my-ops'"),
        (["modes = 1"], {}, r"has no key 'modes' \(did you mean 'mode'\?\)"),
    ],
)
def test_a_wrong_setting_is_one_error(here: Path, lines: list[str], environment: dict[str, str], message: str) -> None:
    write(here, *lines)
    with pytest.raises(SettingsError, match=message):
        admission(environment)


def test_a_ledger_among_installed_packages_is_refused(here: Path) -> None:
    inside = Path(pytest.__file__).parent / "ledger.json"
    assert here.is_dir()
    with pytest.raises(SettingsError, match="lies where plugins are installed"):
        admission({LEDGER: str(inside)})
