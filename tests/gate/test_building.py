"""What a project may say to its build backend is a list; what builds and installs it runs isolated."""

import subprocess
import sys
from pathlib import Path

import pytest

from augplug.gate import structure
from augplug.gate.structure.build import BACKENDS
from tests.gate.building import FAIR, SENTINEL, WRITE_SENTINEL, wheel
from tests.gate.making import PROJECT, artifact_of, project
from tests.plugins.installing import augplug as run

REQUIRES, BACKEND = 'requires = ["setuptools>=77"]', 'build-backend = "setuptools.build_meta"'


def written(more: str = "", *, backend: str = "setuptools.build_meta", requires: str = "", version: str = "") -> str:
    """The project of the fair plugin for a backend, with more tables."""
    name = requires or BACKENDS[backend]
    text = PROJECT.replace(REQUIRES, f'requires = ["{name}"]').replace(BACKEND, f'build-backend = "{backend}"')
    return text.replace('version = "1.0"', version or 'version = "1.0"') + more


DYNAMIC = 'dynamic = ["version"]'
HATCH, PDM, FLIT, POETRY, UV = (
    "hatchling.build",
    "pdm.backend",
    "flit_core.buildapi",
    "poetry.core.masonry.api",
    "uv_build",
)
RUNS = {
    "setuptools: a version by an attribute": written(
        '[tool.setuptools.dynamic]\nversion = {attr = "my_ops.V"}\n', version=DYNAMIC
    ),
    "setuptools: commands": written('[tool.setuptools]\ncmdclass = {build_py = "my_ops.x"}\n'),
    "setuptools: an extension": written(
        '[[tool.setuptools.ext-modules]]\nname = "a"\nsources = []\nextra-compile-args = ["-fplugin=./evil.so"]\n'
    ),
    "setuptools: files elsewhere": written('[tool.setuptools]\ndata-files = {"/etc" = ["a"]}\n'),
    "setuptools: a key that nobody knows": written("[tool.setuptools]\nnew-key = 1\n"),
    "setuptools: a compiler": written('[tool.distutils.build_ext]\ncompiler = "evil"\n'),
    "hatchling: a version by code": written(
        '[tool.hatch.version]\nsource = "code"\npath = "my_ops/v.py"\n', backend=HATCH, version=DYNAMIC
    ),
    "hatchling: a hook": written("[tool.hatch.build.hooks.custom]\n", backend=HATCH),
    "hatchling: a hook of a target": written(
        '[tool.hatch.build.targets.wheel.hooks.custom]\npath = "my_ops/x.py"\n', backend=HATCH
    ),
    "hatchling: files from outside": written(
        '[tool.hatch.build.targets.wheel.force-include]\n"../secret" = "my_ops/s"\n', backend=HATCH
    ),
    "hatchling: metadata": written("[tool.hatch.metadata.hooks.custom]\n", backend=HATCH),
    "pdm: a version by a call": written(
        '[tool.pdm.version]\nsource = "call"\ngetter = "my_ops:v"\n', backend=PDM, version=DYNAMIC
    ),
    "pdm: a version by scm": written('[tool.pdm.version]\nsource = "scm"\n', backend=PDM, version=DYNAMIC),
    "pdm: setuptools": written("[tool.pdm.build]\nrun-setuptools = true\n", backend=PDM),
    "pdm: a hook": written('[tool.pdm.build]\ncustom-hook = "my_ops/x.py"\n', backend=PDM),
    "poetry: a script": written('[tool.poetry.build]\nscript = "my_ops/x.py"\n', backend=POETRY),
    "flit: a version by an import": written(backend=FLIT, version=DYNAMIC),
    "uv: data elsewhere": written('[tool.uv.build-backend.data]\nscripts = "bin"\n', backend=UV),
    "requires: an extra": written(requires="setuptools[core]"),
    "requires: an address": written(requires="setuptools @ https://example.org/a.whl"),
    "requires: scm": written(requires="setuptools-scm"),
    "requires: no text": PROJECT.replace(REQUIRES, "requires = [[1]]"),
    "a backend of nobody": PROJECT.replace(BACKEND, 'build-backend = ["setuptools"]'),
}
FAIR_PROJECTS = {
    "setuptools": written(
        '[tool.setuptools.packages.find]\nwhere = ["src"]\n[tool.setuptools.package-data]\nmy_ops = ["*.json"]\n'
    ),
    "setuptools, a version in a file": written(
        '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n', version=DYNAMIC
    ),
    "hatchling": written(
        '[tool.hatch.version]\npath = "my_ops/__init__.py"\n[tool.hatch.envs.test]\nscripts = {a = "pytest"}\n',
        backend=HATCH,
        version=DYNAMIC,
    ),
    "flit": written('[tool.flit.module]\nname = "my_ops"\n', backend=FLIT),
    "pdm": written("[tool.pdm]\ndistribution = true\n[tool.pdm.build]\nincludes = ['my_ops']\n", backend=PDM),
    "poetry": written('[tool.poetry]\npackages = [{include = "my_ops"}]\n', backend=POETRY),
    "uv": written('[tool.uv.build-backend]\nmodule-root = ""\n', backend=UV),
    "other tools": written("[tool.ruff]\nline-length = 100\n[tool.pytest.ini_options]\nminversion = '8'\n"),
}


def said(tmp_path: Path, text: str) -> set[str]:
    found = structure.check(artifact_of(project(pyproject=text)(tmp_path))).findings
    return {finding.message for finding in found if finding.rule == "structure/build-code"}


@pytest.mark.parametrize("name", RUNS)
def test_a_build_that_runs_code_is_refused(name: str, tmp_path: Path) -> None:
    assert said(tmp_path, RUNS[name])


@pytest.mark.parametrize("name", FAIR_PROJECTS)
def test_a_build_that_only_copies_passes(name: str, tmp_path: Path) -> None:
    assert said(tmp_path, FAIR_PROJECTS[name]) == set()


NAMES = ("pip/__init__.py", "pip/__main__.py", "setuptools.py")
EARLY = ("pip.py", "sitecustomize.py", "augplug.py", "encodings.py")
"""What the process of this test would run itself where PYTHONPATH has the folder."""


@pytest.mark.parametrize("path_variable", [False, True])
def test_what_lies_in_the_folder_of_the_call_is_not_run(tmp_path: Path, path_variable: bool) -> None:
    """`plugins install` on what is clean, up to pip, which finds nothing to install there and says so."""
    folder = tmp_path / "call"
    folder.mkdir()
    for name in NAMES if path_variable else (*NAMES, *EARLY):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(WRITE_SENTINEL)
    script = (
        "import sys; sys.path[:] = [p for p in sys.path if p not in ('', sys.argv[1])]\n"
        "from augplug.cli.plugins.install import _pip\nfrom augplug.errors import RunError\n"
        "import os; os.chdir(sys.argv[1])\n"
        "_pip('--version')\n"
        "try:\n    _pip('install', '--no-index', 'no-such-distribution-here')\nexcept RunError:\n    print('said')\n"
    )
    variables = {SENTINEL: str(tmp_path / "sentinel"), **({"PYTHONPATH": str(folder)} if path_variable else {})}
    root = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {root!r})\n{script}", str(folder)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "said\n", ended.stderr
    assert not (tmp_path / "sentinel").exists()


def test_checking_in_such_a_folder_runs_nothing_of_it(tmp_path: Path) -> None:
    made = wheel(tmp_path, {"my_ops/__init__.py": FAIR, "my_ops/py.typed": ""})
    for name in ("mypy.py", "ruff.py", "pylint.py", "bandit.py", "pip.py"):
        (tmp_path / name).write_text(WRITE_SENTINEL)
    ended = run(tmp_path, "plugins", "check", str(made), **{SENTINEL: str(tmp_path / "sentinel")})
    assert ended.returncode == 0, ended.stdout
    assert not (tmp_path / "sentinel").exists()
