"""A second distribution, built from the files in `project/` and installed into an environment of its own."""

import base64
import hashlib
import os
import site
import subprocess
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.installing import SCRIPT

PROJECT = Path(__file__).parent / "project"
Call = Callable[..., subprocess.CompletedProcess[str]]


def wheel(folder: Path) -> Path:
    """Build the project's wheel by hand, as its build backend would: nothing is fetched, nothing must be installed."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    head = [("Metadata-Version", "2.4"), ("Name", project["name"]), ("Version", project["version"])]
    needs = [("Requires-Dist", needed) for needed in project["dependencies"]]
    points = [f"{name} = {module}\n" for name, module in project["entry-points"]["augplug"].items()]
    content = {path.relative_to(PROJECT).as_posix(): path.read_text("utf-8") for path in PROJECT.glob("my_ops/*.py")}
    content[f"{stem}.dist-info/METADATA"] = "".join(f"{name}: {value}\n" for name, value in [*head, *needs])
    content[f"{stem}.dist-info/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{stem}.dist-info/entry_points.txt"] = f"[augplug]\n{''.join(points)}"
    rows = [f"{name},{_digest(text)},{len(text.encode())}\n" for name, text in content.items()]
    content[f"{stem}.dist-info/RECORD"] = f"{''.join(rows)}{stem}.dist-info/RECORD,,\n"
    made = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return made


def _digest(text: str) -> str:
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')}"


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
    install = ["-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([python, *install, wheel(folder)], check=True, capture_output=True)
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
