"""A second distribution, built from the files in `project/` and installed into an environment of its own."""

import os
import site
import subprocess
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gate.building import wheel
from tests.plugins.installing import SCRIPT

PROJECT = Path(__file__).parent / "project"
Call = Callable[..., subprocess.CompletedProcess[str]]


def packed(folder: Path) -> Path:
    """The project's wheel, built by hand as its build backend would: nothing is fetched, nothing must be installed."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    files = {path.relative_to(PROJECT).as_posix(): path.read_text("utf-8") for path in PROJECT.glob("my_ops/*.py")}
    points = "".join(f"{name} = {module}\n" for name, module in project["entry-points"]["augplug"].items())
    return wheel(
        folder,
        files,
        name=project["name"],
        version=project["version"],
        points=f"[augplug]\n{points}",
        requires=tuple(project["dependencies"]),
    )


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has my-ops, and sees everything that this one has."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # addsitedir, because an augplug that is installed to be edited is found by a .pth file there.
    outer = [f"site.addsitedir({path!r})" for path in site.getsitepackages()]
    (packages / "outer.pth").write_text(f"import site; {'; '.join(outer)}\n")
    # The newer setuptools of the outer environment is to build what tests install.
    subprocess.run(
        [python, "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools"], check=True, capture_output=True
    )
    install = ["-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([python, *install, packed(folder)], check=True, capture_output=True)
    return python


@pytest.fixture
def augplug(environment: Path, tmp_path: Path) -> Call:
    """A function that runs that environment's command line, in a folder of its own."""

    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [environment, "-c", SCRIPT, *arguments],
            cwd=tmp_path,
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return call
