"""What .pre-commit-hooks.yaml offers, by pre-commit itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from augplug.cli import main
from tests.services.conftest import ROOT, Ended, Tool
from tests.services.test_action import PLANTED

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
GOOD = {"augplug_policy": 1, "name": "good", "policy": {"op": "Invert"}}
WRONG = {"augplug_policy": 1, "name": "wrong", "policy": {"op": "Invert", "p": 2}}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a good plugin and a good policy in it, all staged."""
    folder = tmp_path / "my-ops"
    assert main(["plugins", "new", "my-ops", str(folder)]) == 0
    (folder / "policies").mkdir()
    (folder / "policies" / "good.json").write_text(json.dumps(GOOD), "utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Hooks and their environments are kept in a folder of this test's."""
    return {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}


def verdicts(ended: Ended) -> list[str]:
    """How each hook ended, as pre-commit prints it."""
    return [line.rpartition(".")[2] for line in ended.stdout.splitlines() if line.startswith("augplug p")]


def planted(repository: Path) -> Iterator[tuple[str, list[str]]]:
    """Put in what each hook must find; yield what it was, and how the hooks must end."""
    yield "nothing", ["Passed", "Passed"]
    (repository / "my_ops" / "more.py").write_text(PLANTED, "utf-8")
    git(repository, "add", "--all")
    yield "a plugin that reads the environment", ["Failed", "Passed"]
    (repository / "my_ops" / "more.py").unlink()
    (repository / "policies" / "wrong.json").write_text(json.dumps(WRONG), "utf-8")
    git(repository, "add", "--all")
    yield "a policy with a probability of 2", ["Passed", "Failed"]


def test_the_manifest_is_valid_and_asks_for_the_tools_of_the_gate(tool: Tool) -> None:
    ended = tool("pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
    assert ended.returncode == 0, ended.stdout
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert [hook["id"] for hook in HOOKS] == ["augplug-check", "augplug-policy"]
    assert HOOKS[0]["additional_dependencies"] == extras["gate"]


def test_the_hooks_run_on_what_is_installed_here(repository: Path, environment: dict[str, str], tool: Tool) -> None:
    """As the next one, but for the environment that pre-commit makes."""
    script = "import sys; from augplug.cli import main; sys.exit(main())"
    hooks = [dict(hook, language="unsupported") for hook in HOOKS]
    for hook in hooks:
        hook.pop("additional_dependencies", None)
        hook["entry"] = hook["entry"].replace("augplug", f"{sys.executable} -c '{script}'", 1)
    config = repository / ".pre-commit-config.yaml"
    config.write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}), "utf-8")
    for what, expected in planted(repository):
        git(repository, "add", "--all")
        ended = tool("pre-commit", "run", "--all-files", cwd=repository, env=environment)
        assert verdicts(ended) == expected, (what, ended.stdout, ended.stderr)


@pytest.mark.heavy
def test_try_repo_on_a_good_and_a_planted_plugin(
    repository: Path, environment: dict[str, str], tool: Tool, tmp_path: Path
) -> None:
    """From a clone, as a stranger's repository would: pre-commit makes the environments, from PyPI."""
    clone = tmp_path / "clone"
    git(ROOT, "clone", "--quiet", str(ROOT), str(clone))
    for what, expected in planted(repository):
        ended = tool("pre-commit", "try-repo", clone, "--all-files", cwd=repository, env=environment)
        assert verdicts(ended) == expected, (what, ended.stdout, ended.stderr)
