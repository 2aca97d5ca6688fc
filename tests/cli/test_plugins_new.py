"""`augplug plugins new`: the files that it writes, and what it refuses to write over."""

import tomllib
from pathlib import Path

import pytest

from augplug.cli import main
from augplug.cli.plugins.kinds import KINDS
from augplug.cli.plugins.new import CI


def new(*arguments: str | Path) -> int:
    return main(["plugins", "new", *map(str, arguments)])


def test_a_project_has_everything_and_python_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new("my-ops", tmp_path / "made") == 0
    assert capsys.readouterr().out == f"{tmp_path / 'made'}\n"
    found = {str(path.relative_to(tmp_path / "made")) for path in (tmp_path / "made").rglob("*") if path.is_file()}
    assert found == {
        ".gitignore",
        ".pre-commit-config.yaml",
        "README.md",
        "my_ops/__init__.py",
        "my_ops/augplug-plugin.toml",
        "my_ops/py.typed",
        "pyproject.toml",
        "tests/test_plugin.py",
        "tox.ini",
    }
    project = tomllib.loads((tmp_path / "made" / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["augplug"] == {"my-ops": "my_ops"}
    assert project["dependencies"] == ["augplug>=1,<2"]
    compile((tmp_path / "made" / "my_ops" / "__init__.py").read_text("utf-8"), "my_ops", "exec")


def test_no_placeholder_is_left(tmp_path: Path) -> None:
    services = [word for name in CI for word in ("--ci", name)]
    assert new("my-ops", tmp_path / "made", *services) == 0
    files = [path for path in (tmp_path / "made").rglob("*") if path.is_file()]
    assert len(files) == 14
    assert not any("$" in path.read_text("utf-8") for path in files)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plugin_of_every_kind_passes_the_gate_and_the_examination(kind: str, tmp_path: Path) -> None:
    """As it stands, with what it declares."""
    assert new("my-own", tmp_path / "made", "--kind", kind) == 0
    assert not any("$" in path.read_text("utf-8") for path in (tmp_path / "made").rglob("*") if path.is_file())
    assert main(["plugins", "check", str(tmp_path / "made"), "--examine"]) == 0


@pytest.mark.parametrize("service", CI.values())
def test_each_ci_file_runs_tox(service: str, tmp_path: Path) -> None:
    services = [word for name in CI for word in ("--ci", name)]
    assert new("my-ops", tmp_path / "made", *services) == 0
    text = (tmp_path / "made" / service).read_text("utf-8")
    assert "pip install tox" in text
    assert text.count("tox") >= 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My_Ops", "small letters, digits and hyphens"),
        ("my--ops", "small letters, digits and hyphens"),
        ("augplug", "is the name of a module that is there already"),
        ("numpy", "is the name of a module that is there already"),
        ("json", "is the name of a module that is there already"),
    ],
)
def test_a_name_that_cannot_be_is_one_line(
    name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(name, tmp_path / "made") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("mine")
    assert new("my-ops", tmp_path) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
