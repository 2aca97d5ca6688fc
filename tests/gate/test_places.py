"""The effective mode and ledger, over every combination of the places that may set them; no place loosens another."""

from itertools import product
from pathlib import Path

import platformdirs
import pytest

from augplug.errors import SettingsError
from augplug.gate.modes import BLOCK, COMMAND_LINE, LEDGER, MODE, admission, told
from augplug.project import MODES

ASKED = (None, "open", "require", "off")
TABLE = list(product(ASKED, (None, "require"), (None, "open", "require"), (None, "require"), (None, "require", "off")))
"""The environment, the command line, the user's configuration, the outer and the nearer pyproject.toml."""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders `config/augplug` and `outer/nearer`; the call stands in the nearer."""
    for name in (MODE, LEDGER, BLOCK, COMMAND_LINE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path / "config" / name)
    (tmp_path / "config" / "augplug").mkdir(parents=True)
    (tmp_path / "outer" / "nearer").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "outer" / "nearer")
    return tmp_path


def write(path: Path, mode: str | None, *, head: str = "[tool.augplug]\n") -> None:
    path.write_text(f'{head}ledger = "{path.parent.name}.json"\n' + (f'mode = "{mode}"\n' if mode else ""))


def set_up(root: Path, row: tuple[str | None, ...]) -> dict[str, str]:
    """Write what a row says; return the environment. Each file names a ledger of its own."""
    environment, command, user, outer, nearer = row
    write(root / "config/augplug/config.toml", user, head="")
    write(root / "outer/pyproject.toml", outer)
    write(root / "outer/nearer/pyproject.toml", nearer)
    given = {MODE: environment, COMMAND_LINE: command}
    return {name: value for name, value in given.items() if value is not None}


def expected(root: Path, row: tuple[str | None, ...]) -> tuple[str, Path]:
    """The page's rule, said another way: the first of the places, from the outermost, that asks for the strictest."""
    user = root / "config/augplug/ledger.json"
    files = ("config/augplug/augplug.json", "outer/outer.json", "outer/nearer/nearer.json")
    ledgers = (user, user, *(root / file for file in files))
    asked = {mode for mode in row if mode}
    by = "require" if "require" in asked else "open"
    mode = "off" if "off" in asked else by
    return mode, next((ledger for ledger, said in zip(ledgers, row, strict=True) if said == by), ledgers[2])


def test_the_table_is_large_enough() -> None:
    assert len(TABLE) >= 64


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "-".join(str(mode) for mode in row))
def test_mode_and_ledger(places: Path, row: tuple[str | None, ...]) -> None:
    found = admission(set_up(places, row))
    assert (found.mode, found.ledger) == expected(places, row)
    named = {"config/augplug/augplug.json", "outer/outer.json", "outer/nearer/nearer.json"}
    assert len(found.ignored) == len(named - {str(found.ledger.relative_to(places))})


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "-".join(str(mode) for mode in row))
def test_no_place_loosens_what_the_others_ask_for(places: Path, row: tuple[str | None, ...]) -> None:
    strict = MODES.index(admission(set_up(places, row)).mode)
    for place in range(len(row)):
        without = (*row[:place], None, *row[place + 1 :])
        assert MODES.index(admission(set_up(places, without)).mode) <= strict


def test_the_folder_of_the_call_decides_which_projects_count(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(places, (None, None, None, "open", "require"))
    monkeypatch.chdir(places / "outer")
    assert admission({}).mode == "open"
    monkeypatch.chdir(places)
    assert admission({}).mode == "open"
    assert admission({}).source == "the default"


def test_the_ledger_of_the_environment_comes_before_every_other(places: Path) -> None:
    given = set_up(places, (None, None, "require", "require", "require"))
    found = admission({**given, LEDGER: "/elsewhere/mine.json"})
    assert found.ledger == Path("/elsewhere/mine.json")
    assert found.named == "the environment"


def test_the_command_line_and_the_environment_have_one_rule(places: Path) -> None:
    by_option = admission(set_up(places, (None, "require", None, None, None)))
    by_variable = admission(set_up(places, ("require", None, None, None, None)))
    assert (by_option.mode, by_option.ledger) == (by_variable.mode, by_variable.ledger)
    assert by_option.ledger == places / "config/augplug/ledger.json"


def test_what_holds_is_told_with_the_file_and_the_reason(places: Path) -> None:
    lines = told(admission(set_up(places, (None, None, None, "require", None))))
    assert f"mode require, set by {places / 'outer/pyproject.toml'}" in lines[0]
    assert any(f"{places / 'outer/nearer/nearer.json'}" in line and "is not used" in line for line in lines[1:])


def test_names_are_blocked_by_every_place(places: Path) -> None:
    (places / "config/augplug/config.toml").write_text('block = ["one"]\n')
    (places / "outer/pyproject.toml").write_text('[tool.augplug]\nblock = ["Two"]\n')
    (places / "outer/nearer/pyproject.toml").write_text('[tool.augplug]\nblock = ["three"]\n')
    assert admission({BLOCK: "four"}).blocked == {"one", "two", "three", "four"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode = 1", "config.toml: mode is one of open, require, off, not 1"),
        ("modes = 1", r"config.toml has no key 'modes' \(did you mean 'mode'\?\)"),
        ("[" * 3000, "config.toml cannot be read"),
    ],
)
def test_a_wrong_configuration_is_one_error(places: Path, text: str, message: str) -> None:
    (places / "config/augplug/config.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        admission({})
