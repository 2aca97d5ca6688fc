"""`augplug plugins new NAME`."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

import click

import augplug
from augplug.cli.output import point, say, write
from augplug.cli.plugins.kinds import KINDS, Kind
from augplug.disk import kind_or
from augplug.errors import SettingsError
from augplug.gate.structure.layout import HOST

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PLACES = {
    "pyproject.toml": "pyproject.toml",
    "augplug-plugin.toml": "{module}/augplug-plugin.toml",
    "py.typed": "{module}/py.typed",
    "test_plugin.py": "tests/test_plugin.py",
    "tox.ini": "tox.ini",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
}
"""Template: the file that it becomes, beside the module's own."""
CI = {
    "github": ".github/workflows/tox.yml",
    "gitlab": ".gitlab-ci.yml",
    "jenkins": "Jenkinsfile",
    "circleci": ".circleci/config.yml",
    "travis": ".travis.yml",
}


@click.command()
@click.argument("name")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default="operations", show_default=True, help="What the plugin provides."
)
@click.option(
    "--ci", multiple=True, type=click.Choice(list(CI)), help="Also write the file of this CI; may be repeated."
)
def command(name: str, folder: Path | None, kind: str, ci: tuple[str, ...]) -> None:
    """Write a plugin project NAME into FOLDER (by default NAME) that passes its own tox and the gate as it stands."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"a plugin's name is small letters, digits and hyphens, such as my-ops, not {name!r}")
    module = name.replace("-", "_")
    if module in HOST or module in sys.stdlib_module_names:
        raise SettingsError(
            f"{module} is the name of a module that is there already; choose another, such as my-{name}"
        )
    place = Path(name) if folder is None else folder
    there = kind_or(SettingsError, place)
    if there in ("file", "other") or (there == "folder" and any(place.iterdir())):
        raise SettingsError(f"{place} exists and is not empty; give another folder: augplug plugins new {name} FOLDER")
    values = _values(name, module, KINDS[kind])
    made = {KINDS[kind].template: "{module}/__init__.py", **PLACES, **{f"ci/{service}": CI[service] for service in ci}}
    for template, target in made.items():
        _write(place / target.format(module=module), template, values)
    say(f"wrote {place}; next: cd {place} && tox")
    point(place)


def _values(name: str, module: str, kind: Kind) -> dict[str, str]:
    """Return what stands for each $name of the templates."""
    major = int(augplug.__version__.partition(".")[0])
    class_name = "".join(part.capitalize() for part in name.split("-"))
    values = {
        "name": name,
        "module": module,
        "operation": f"{class_name}Round",
        "function": f"{module}_policy",
        "exporter": f"{class_name}Exporter",
        "command": f"{module}_command",
        "major": str(major),
        "next": str(major + 1),
        "requirement": _requirement(),
        "what": kind.what,
        "dependencies": kind.dependencies,
        "capabilities": kind.capabilities,
    }
    return {**values, "use": Template(kind.use).substitute(values)}


def _write(path: Path, template: str, values: dict[str, str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be made ({error.strerror}); give another folder") from error
    source = files("augplug.cli.plugins") / "template" / f"{template}.txt"
    write(path, Template(source.read_text(encoding="utf-8")).substitute(values))


def _requirement() -> str:
    """How pip finds the augplug that runs here: the folder or wheel it was installed from, else by its name."""
    told = distribution("augplug").read_text("direct_url.json")
    url = json.loads(told)["url"] if told else ""
    if url.startswith("file://") and Path(unquote(urlsplit(url).path)).exists():
        return f"augplug[all] @ {url}"
    return f"augplug[all]>={augplug.__version__},<{int(augplug.__version__.partition('.')[0]) + 1}"
