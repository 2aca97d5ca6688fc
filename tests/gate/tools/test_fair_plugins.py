"""Whole plugins that look as if they did harm, and do none, pass every stage."""

from pathlib import Path

import pytest

from augplug.gate import rules, structure, tools
from augplug.gate.reading import read
from augplug.gate.tools.closure import Closure
from tests.gate.building import wheel
from tests.gate.fair_plugins import FAIR_PLUGINS


def test_there_are_enough_of_them() -> None:
    assert len(FAIR_PLUGINS) >= 10


@pytest.mark.parametrize("name", FAIR_PLUGINS)
def test_a_fair_plugin_passes_every_stage(name: str, closure: Closure, tmp_path: Path) -> None:
    artifact = read(str(wheel(tmp_path, FAIR_PLUGINS[name])))
    ruled = rules.check(artifact)
    results = (structure.check(artifact), ruled, tools.check(artifact, ruled.capabilities, closure=closure))
    refusals = [found for result in results for found in result.findings if found.severity == "refusal"]
    assert refusals == []
