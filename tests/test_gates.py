"""The gates agree with each other: pins, environments and the commands that the README promises."""

import configparser
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
INSTALL = 'pip install ".[all]" && augplug demo'
TEST = "pip install tox && tox"


def read(name: str) -> str:
    """The text of a file of the repository."""
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


@pytest.fixture(scope="module")
def hooks() -> list[dict[str, Any]]:
    settings = yaml.safe_load(read(".pre-commit-config.yaml"))
    assert [repository["repo"] for repository in settings["repos"]] == ["local"]
    found: list[dict[str, Any]] = settings["repos"][0]["hooks"]
    return found


@pytest.fixture(scope="module")
def tox() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(read("tox.ini"))
    return parser


def group(project: dict[str, Any], name: str) -> list[str]:
    """The requirements of a dependency group, those of the groups it includes too."""
    pins: list[str] = []
    for row in project["dependency-groups"][name]:
        pins += [row] if isinstance(row, str) else group(project, row["include-group"])
    return pins


def test_every_tool_is_pinned_exactly_and_once(project: dict[str, Any]) -> None:
    rows = [row for rows in project["dependency-groups"].values() for row in rows if isinstance(row, str)]
    names = [canonicalize_name(Requirement(row).name) for row in rows]
    assert all([one.operator for one in Requirement(row).specifier] == ["=="] for row in rows)
    assert len(names) == len(set(names))


def test_tests_run_with_pins_of_everything_a_user_installs(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    users = [*project["project"]["dependencies"], *extras["opencv"], *extras["gate"]]
    pins = {canonicalize_name(pin.name): pin for pin in map(Requirement, group(project, "test"))}
    for wanted in map(Requirement, users):
        version = next(iter(pins[canonicalize_name(wanted.name)].specifier)).version
        assert version in wanted.specifier


def test_hooks_use_the_pins_of_the_lint_group(project: dict[str, Any], hooks: list[dict[str, Any]]) -> None:
    for hook in hooks:
        assert hook["language"] == "python"
        assert sorted(hook["additional_dependencies"]) == sorted(group(project, "lint"))


def test_hooks_run_what_tox_runs(tox: configparser.ConfigParser, hooks: list[dict[str, Any]]) -> None:
    entries = {hook["entry"].replace(" --force-exclude", "") for hook in hooks}
    commands = {line.removesuffix(" --check") for line in tox["testenv:lint"]["commands"].strip().splitlines()}
    assert entries == {line for line in commands if not line.startswith("#")}


def test_tox_has_its_environments(tox: configparser.ConfigParser) -> None:
    listed = [name.strip() for name in tox["tox"]["env_list"].split(",")]
    assert listed[:6] == ["lint", "types", "tests", "oldest", "latest", "mutants"]
    assert listed[6:] == ["services", "plugins", "trackers", "kubeflow", "phones", "torch", "tutorial", "fresh", "docs"]
    on_demand = ["bench", "fast", "heavy", "mutants-heavy", "supply"]
    assert all(tox.has_section(f"testenv:{name}") for name in [*listed, *on_demand])


def test_every_plugin_is_built_and_tested_with_our_licence(tox: configparser.ConfigParser) -> None:
    trackers = dict.fromkeys(
        (
            "augplug-dask",
            "augplug-mlflow",
            "augplug-prometheus",
            "augplug-sagemaker",
            "augplug-serve",
            "augplug-tensorboard",
        ),
        tox["testenv:trackers"]["commands"],
    )
    environments = {"augplug-kfp": "kubeflow", "augplug-phones": "phones", "augplug-torch": "torch"}
    alone = {name: tox[f"testenv:{environment}"]["commands"] for name, environment in environments.items()}
    commands = {**trackers, **alone}
    common = tox["testenv:plugins"]["commands"]
    folders = [path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml")]
    assert folders
    assert f"pytest -n 2 {' '.join(f'--ignore=plugins/{name}' for name in commands)} plugins " in common
    for folder in folders:
        installed = commands.get(folder.name, common)
        assert f"augplug plugins install plugins/{folder.name}\n" in installed
        assert installed is common or re.search(f"pytest .*plugins/{folder.name} ", installed)
        assert (folder / "LICENSE").read_text("utf-8") == read("LICENSE")


def test_what_is_locked_is_what_is_pinned(project: dict[str, Any]) -> None:
    """Every distribution has its hashes; the bill of materials and the table of licences name the same versions."""
    rows = [row for row in read("locked/requirements.txt").split("\n") if row and not row.startswith(" ")]
    locked = {canonicalize_name(one.name): one for one in map(Requirement, (row.rstrip("\\ ") for row in rows))}
    pins = [Requirement(row) for name in ("build", "runtime", "gate") for row in group(project, name)]
    assert read("locked/requirements.txt").count("\n    --hash=sha256:") >= len(rows)
    assert all(row.endswith("\\") for row in rows)
    assert {str(locked[canonicalize_name(pin.name)].specifier) for pin in pins} == {str(pin.specifier) for pin in pins}

    here = {name: str(one.specifier)[2:] for name, one in locked.items() if one.marker is None or one.marker.evaluate()}
    components = json.loads(read("locked/sbom.cdx.json"))["components"]
    assert {canonicalize_name(one["name"]): one["version"] for one in components} == here
    table, _, more = read("locked/licences.md").partition("\n## What the first-party")
    listed = [[cell.strip() for cell in row.split("|")[1:4]] for row in table.splitlines() if row.startswith("| ")][1:]
    assert {canonicalize_name(name): version for name, version, _ in listed} == here
    assert [name for name, _, licence in listed if licence.upper() in ("", "UNKNOWN")] == []
    heavy = ("plugins", "trackers", "kubeflow", "phones", "executorch", "augplug-torch", "recipes")
    named = {(canonicalize_name(row.split("|")[1].strip()), row.split("|")[2].strip()) for row in more.splitlines()[4:]}
    pinned = [Requirement(row) for name in heavy for row in group(project, name)]
    assert {str(pin) for pin in pinned if (canonicalize_name(pin.name), str(pin.specifier)[2:]) not in named} == set()


def test_the_python_that_is_required_is_the_one_that_is_named(project: dict[str, Any]) -> None:
    versions = [row for row in project["project"]["classifiers"] if ":: Python :: " in row]
    assert project["project"]["requires-python"] == ">=3.11"
    assert versions == [f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)]


@pytest.mark.parametrize("command", [INSTALL, TEST])
def test_the_readme_gives_the_command(command: str) -> None:
    assert command in [line.strip() for line in read("README.md").splitlines()]


def test_the_gates_type_the_readmes_commands(tox: configparser.ConfigParser) -> None:
    fresh = tox["testenv:fresh"]["commands"].strip().splitlines()
    install, demo = INSTALL.split(" && ")
    assert install in fresh
    assert any(line.startswith(demo) for line in fresh)
    assert TEST in read(".ci/run")


def test_ci_can_be_run() -> None:
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
