"""What type checkers see of the public names: mypy and pyright refuse the uses in wrong.py, and none in right.py."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import augplug

HERE = Path(__file__).parent
PACKAGES = Path(augplug.__file__).parents[1]
RIGHT, WRONG = HERE / "right.py", HERE / "wrong.py"
MARKS: Mapping[str, tuple[int, bool]] = {
    found[1]: (number, found[2] is not None)
    for number, line in enumerate(WRONG.read_text("utf-8").splitlines(), 1)
    if (found := re.search(r"  # error: ([a-z-]+)(  # only pyright)?$", line))
}
"""Name of a wrong use -> its line, and whether only pyright sees it."""
CHECKERS = ("mypy", "pyright")
Lines = Mapping[str, Mapping[int, str]]
"""The first message of each line that is refused, by file name."""


@pytest.fixture(scope="session")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Lines]:
    """What each checker refuses, run on copies as in a user's project: without the settings of this one."""
    folder = tmp_path_factory.mktemp("types")
    for path in (RIGHT, WRONG):
        shutil.copy(path, folder)
    return {"mypy": mypy(folder), **({"pyright": pyright(folder)} if shutil.which("pyright") else {})}


def mypy(folder: Path) -> Lines:
    """Run mypy in its strict mode."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "--output=json"]
    command += [f"--cache-dir={folder}", RIGHT.name, WRONG.name]
    done = run(command, folder, {} if PACKAGES.name == "site-packages" else {"MYPYPATH": str(PACKAGES)})
    errors = [json.loads(line) for line in done.stdout.splitlines()]
    return by_line([(one["file"], one["line"], one["message"]) for one in errors if one["severity"] == "error"])


def pyright(folder: Path) -> Lines:
    """Run pyright in its standard mode."""
    settings = {"include": [RIGHT.name, WRONG.name], "extraPaths": [str(PACKAGES)], "typeCheckingMode": "standard"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = ["pyright", "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    report = json.loads(run(command, folder, {}).stdout)
    assert report["summary"]["filesAnalyzed"] == 2
    errors = [one for one in report["generalDiagnostics"] if one["severity"] == "error"]
    return by_line([(one["file"], one["range"]["start"]["line"] + 1, one["message"]) for one in errors])


def run(command: list[str], folder: Path, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **more}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done


def by_line(errors: list[tuple[str, int, str]]) -> Lines:
    found: dict[str, dict[int, str]] = {RIGHT.name: {}, WRONG.name: {}}
    for file, number, message in errors:
        found[Path(file).name].setdefault(number, message)
    return found


def lines_of(checker: str, path: Path, refused: Mapping[str, Lines]) -> Mapping[int, str]:
    if checker not in refused:
        pytest.skip("pyright is not installed: pip install 'pyright[nodejs]'")
    return refused[checker][path.name]


@pytest.mark.parametrize("checker", CHECKERS)
def test_no_right_use_is_refused(checker: str, refused: Mapping[str, Lines]) -> None:
    assert lines_of(checker, RIGHT, refused) == {}


@pytest.mark.parametrize("checker", CHECKERS)
def test_only_marked_lines_are_refused(checker: str, refused: Mapping[str, Lines]) -> None:
    marked = {number for number, _ in MARKS.values()}
    assert {number: text for number, text in lines_of(checker, WRONG, refused).items() if number not in marked} == {}


def uses() -> list[Any]:
    """Every wrong use with each checker that can see it."""
    made = []
    for checker in CHECKERS:
        for name, (_, only_pyright) in MARKS.items():
            if not (only_pyright and checker == "mypy"):
                made.append(pytest.param(checker, name, id=f"{checker}-{name}"))
    return made


@pytest.mark.parametrize(("checker", "name"), uses())
def test_a_wrong_use_is_refused(checker: str, name: str, refused: Mapping[str, Lines]) -> None:
    assert MARKS[name][0] in lines_of(checker, WRONG, refused)


BY_PLACE = ("positional-seed", "positional-index")
"""Wrong uses that Python itself refuses: too many arguments without a keyword."""


@pytest.mark.parametrize("name", [name for name in MARKS if name not in BY_PLACE])
def test_a_wrong_use_is_one_typed_error_of_one_line(name: str) -> None:
    lines = WRONG.read_text("utf-8").splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(lines[: min(number for number, _ in MARKS.values()) - 1]), names)  # pylint: disable=exec-used  # the lines are ours

    with pytest.raises(augplug.AugplugError) as caught:
        exec(lines[MARKS[name][0] - 1], names)  # pylint: disable=exec-used  # a line of our own file

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_there_are_thirty_of_each() -> None:
    assert len(MARKS) >= 30
    statements = RIGHT.read_text("utf-8").partition("named = ")[2].splitlines()
    assert sum("augplug." in line or "augment" in line for line in statements) >= 30


def test_right_uses_run() -> None:
    names = runpy.run_path(str(RIGHT))

    assert names["again"].tobytes() == names["picture"].tobytes()
