"""One closure for all of these tests, also when pytest-xdist runs them in several processes."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from augplug.gate import tools
from augplug.gate.findings import StageResult
from augplug.gate.tools.closure import Closure
from tests.gate.building import Files, artifact

Check = Callable[..., StageResult]


@pytest.fixture(scope="session")
def closure(tmp_path_factory: pytest.TempPathFactory) -> Closure:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return tools.prepare(shared / "closures")


@pytest.fixture
def check(closure: Closure) -> Check:
    """Check a distribution of these files."""

    def checked(files: Files, capabilities: Mapping[str, str] | None = None) -> StageResult:
        return tools.check(artifact(files), capabilities or {}, closure=closure)

    return checked


@pytest.fixture
def sentinel(tmp_path: Path) -> Path:
    """What hostile code writes; it is named in that code, since tools get no environment variable of ours."""
    return tmp_path / "sentinel"
