"""Lock what `pip install ".[all]"` brings, and say what that is: `python tools/lock.py [--check]`.

Writes into `locked/`, from the pins in pyproject.toml: `requirements.txt`, every distribution with the SHA-256 of its
files (uv); `sbom.cdx.json`, a software bill of materials (CycloneDX); `licences.md`, licences as the distributions'
metadata have them (pip-licenses). The last two are read from an environment that was installed by the first, with
hashes required. With `--check` nothing is written, and the exit status is 1 if a file is stale.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "locked"
GROUPS = ("build", "runtime", "gate")
MORE = (("plugins",), ("trackers",), ("kubeflow",), ("phones", "executorch", "torch"), ("augplug-torch", "recipes"))
"""Groups of pyproject.toml whose licences are listed too, an environment each: of plugins and of tests."""
HEAD = """# Licences

Made by `python tools/lock.py` with pip-licenses, from the metadata of what is installed; Linux, Python 3.11. augplug
contains none of it. pylint and astroid, which are under the GPL and the LGPL, run as programs of their own.
UNKNOWN: the metadata does not say.
"""
Row: TypeAlias = tuple[str, str, str]


def call(*line: str | Path, **variables: str) -> str:
    """Run a program of this environment in the repository; return what it prints. Raises SystemExit if it fails."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(part) for part in line]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": beside, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def environment(folder: Path, *requirements: str | Path) -> Path:
    """Make a virtual environment of these requirements; return its Python."""
    call("uv", "venv", "--quiet", "--python", sys.executable, folder)
    call("uv", "pip", "install", "--quiet", *requirements, VIRTUAL_ENV=str(folder))
    return folder / "bin" / "python"


def licences(python: Path) -> list[Row]:
    """Return name, version and licence of all that an environment holds; of a whole text its first line."""
    found = json.loads(call("pip-licenses", f"--python={python}", "--from=mixed", "--with-system", "--format=json"))
    return [(one["Name"], one["Version"], one["License"].strip().partition("\n")[0]) for one in found]


def table(rows: Iterable[Row]) -> str:
    """Return rows as a table, each once, in the order of names."""
    ordered = sorted(set(rows), key=lambda row: (row[0].lower(), row))
    return "| Name | Version | License |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in ordered)


def write(target: Path, kept: Path, *, more: bool) -> None:
    """Write all files into `target`; versions that `kept` locks stay where the pins allow it."""
    lock = target / "requirements.txt"
    if target != kept and (kept / lock.name).exists():
        shutil.copy(kept / lock.name, lock)  # uv prefers the versions of the file that it writes
    groups = [f"--group={name}" for name in GROUPS]
    how = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")
    call("uv", "pip", "compile", *groups, *how, "-o", lock)
    with tempfile.TemporaryDirectory() as made:
        python = environment(Path(made, "all"), "--require-hashes", "-r", lock)
        bom = ("--output-reproducible", "--pyproject", "pyproject.toml", "--mc-type", "library")
        call("cyclonedx-py", "environment", *bom, "-o", target / "sbom.cdx.json", python)
        tables = [f'{HEAD}\n## `pip install ".[all]"`, and what builds augplug\n\n{table(licences(python))}']
        if more:
            found: list[Row] = []
            for names in MORE:
                folder = Path(made, "-".join(names))
                found += licences(environment(folder, *(f"--group={name}" for name in names)))
                shutil.rmtree(folder)  # with torch it takes gigabytes
            tables.append(f"\n## What the first-party plugins and the tests need\n\n{table(found)}")
    (target / "licences.md").write_text("".join(tables), encoding="utf-8")


def stale(made: Path, kept: Path) -> list[str]:
    """Return the names of files that differ; of the licences only what `made` has is compared."""
    names = ("requirements.txt", "sbom.cdx.json", "licences.md")
    pairs = {name: ((made / name).read_text("utf-8"), (kept / name).read_text("utf-8")) for name in names}
    return [name for name, (now, before) in pairs.items() if before != now and not before.startswith(f"{now}\n##")]


def main(arguments: Sequence[str]) -> int:
    """Write or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; say which files are stale")
    given = parser.parse_args(arguments)
    kept = ROOT / FOLDER
    if not given.check:
        kept.mkdir(exist_ok=True)
        write(kept, kept, more=True)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), kept, more=False)
        found = stale(Path(folder), kept)
    print(
        "\n".join(f"{FOLDER}/{name} is stale: run python tools/lock.py" for name in found) or "locked: nothing is stale"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
