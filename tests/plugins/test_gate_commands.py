"""`augplug plugins check`, `approve`, `revoke` and `install`: from a wheel to a plugin that `require` mode loads."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gate.building import FAIR, SENTINEL, WRITE_SENTINEL, wheel
from tests.plugins.conftest import Call
from tests.plugins.installing import augplug as run
from tests.plugins.installing import environment

Ended = subprocess.CompletedProcess[str]
Gate = Callable[..., Ended]
FILES = {"my_ops/__init__.py": FAIR, "my_ops/py.typed": ""}
HOSTILE = {"my_ops/__init__.py": f"{WRITE_SENTINEL}{FAIR}", "my_ops/py.typed": ""}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the copies of the tools are, for all of these tests, also when several processes run them."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that Python imports from."""
    made = tmp_path / "site"
    made.mkdir()
    return made


@pytest.fixture
def gate(site: Path, cache: Path, tmp_path: Path) -> Gate:
    """A function that runs the command line where what is in `site` is installed."""

    def call(*arguments: str | Path) -> Ended:
        more = {"XDG_CACHE_HOME": str(cache), SENTINEL: str(tmp_path / "sentinel")}
        return run(site, *map(str, arguments), **more)

    return call


def state(gate: Gate) -> str:
    """The state of the plugin in `require` mode, and that the exit status says whether it is loaded."""
    ended = gate("--plugins", "require", "plugins", "list", "--json")
    found = str(next(row["state"] for row in json.loads(ended.stdout) if row["distribution"] == "my-ops"))
    assert ended.returncode == (0 if found == "loaded" else 3), ended.stderr
    return found


def test_from_a_wheel_to_an_approved_plugin_and_back(gate: Gate, site: Path, tmp_path: Path) -> None:
    made = wheel(tmp_path, FILES)
    ended = gate("plugins", "check", made)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("my-ops 1.0: CLEAN")
    told = json.loads(gate("plugins", "check", made, "--json", "--sarif", tmp_path / "good.sarif").stdout)
    assert json.loads((tmp_path / "good.sarif").read_text("utf-8"))["runs"][0]["results"] == []
    assert (told["tier"], set(FILES) <= set(told["files"])) == ("clean", True)

    with zipfile.ZipFile(made) as archive:
        archive.extractall(site)
    assert state(gate) == "refused"
    assert gate("plugins", "list").returncode == 0  # nobody asks for approvals here
    ended = gate("plugins", "approve", made)
    assert ended.returncode == 0, ended.stderr
    assert state(gate) == "loaded"
    assert "Posterish" in gate("--plugins", "require", "ops", "list").stdout
    assert gate("ops", "list").stderr == ""

    assert gate("plugins", "revoke", "my-ops").returncode == 0
    assert state(gate) == "refused"
    assert gate("plugins", "revoke", "my-ops").returncode == 2


def test_an_installed_distribution_is_approved_by_its_name(gate: Gate, site: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(tmp_path, FILES)) as archive:
        archive.extractall(site)
    assert versions(site) == {"my-ops": "1.0"}
    ended = gate("plugins", "approve", "my-ops")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert state(gate) == "loaded"
    files = json.loads((site / "config" / "augplug" / "ledger.json").read_text())["approved"]["my-ops"]["files"]
    digest = hashlib.sha256(json.dumps(dict(sorted(files.items()))).encode()).hexdigest()
    assert versions(site) == {"my-ops": f"1.0 sha256:{digest}"}


def versions(site: Path) -> dict[str, str]:
    """What a search that uses the operation writes into its journal."""
    code = "import json; from augplug import api; print(json.dumps(api.registry().versions('operations', 'Posterish')))"
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-c", code],
        env=environment(site),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_what_is_not_clean_is_refused_and_not_approved(gate: Gate, tmp_path: Path) -> None:
    made = wheel(tmp_path, HOSTILE)
    for command in ("check", "approve", "install"):
        ended = gate("plugins", command, made)
        assert ended.returncode == 3, ended.stderr
        assert "my_ops/__init__.py:1: allow/" in ended.stdout
    assert not (tmp_path / "sentinel").exists()
    assert not (tmp_path / "site" / "config" / "augplug" / "ledger.json").exists()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nothing-there", "is neither a path nor an installed distribution"),
        ("broken.whl", "is not a zip archive that can be read"),
        ("notes.txt", "is neither a wheel (.whl) nor an sdist"),
        ("empty", "has no pyproject.toml"),
    ],
)
def test_a_target_that_cannot_be_read_is_one_line(target: str, message: str, gate: Gate, site: Path) -> None:
    (site / "broken.whl").write_text("no zip")
    (site / "notes.txt").write_text("notes")
    (site / "empty").mkdir()
    for command in ("check", "approve"):
        ended = gate("plugins", command, target)
        assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 1)
        assert message in ended.stderr


def test_sources_are_not_approved(gate: Gate, site: Path) -> None:
    assert gate("plugins", "new", "my-ops").returncode == 0
    ended = gate("plugins", "approve", "my-ops")
    assert ended.returncode == 2
    assert "augplug plugins install my-ops builds, approves and installs one wheel" in ended.stderr
    assert (site / "my-ops").is_dir()


@pytest.mark.parametrize("source", ["wheel", "folder"])
def test_install_installs_the_bytes_that_it_approved(
    source: str, environment: Path, augplug: Call, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("AUGPLUG_LEDGER", str(tmp_path / "ledger.json"))
    if source == "folder":
        assert augplug("plugins", "new", "more-ops").returncode == 0
        target: str | Path = "more-ops"
    else:
        target = wheel(tmp_path, {"more_ops/__init__.py": FAIR}, name="more-ops")
    try:
        ended = augplug("plugins", "install", target, "--no-build-isolation")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        rows = json.loads(augplug("--plugins", "require", "plugins", "list", "--json").stdout)
    finally:  # other tests share this environment
        subprocess.run([environment, "-m", "pip", "uninstall", "--quiet", "--yes", "more-ops"], check=False)
    row = next(row for row in rows if row["distribution"] == "more-ops")
    assert (row["state"], row["approved"]) == ("loaded", True), row
    assert row["provides"]["operations"]


def test_the_list_shows_what_a_plugin_declares_to_need(gate: Gate, site: Path, tmp_path: Path) -> None:
    declared = 'augplug-plugin = 1\n[capabilities]\nfiles = "reads a table"\n'
    with zipfile.ZipFile(wheel(tmp_path, {**FILES, "my_ops/augplug-plugin.toml": declared})) as archive:
        archive.extractall(site)
    (site / "my-ops").mkdir()  # a folder of that name is another thing
    for mode in ("open", "require"):
        rows = json.loads(gate("--plugins", mode, "plugins", "list", "--json").stdout)
        assert [row["capabilities"] for row in rows] == [{}, {"files": "reads a table"}]
    assert "files" in gate("plugins", "list").stdout.splitlines()[-1].split()
