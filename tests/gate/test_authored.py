"""Plugins as authors write them: nothing is refused but what the page says needs a declaration."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from augplug.gate import rules, structure
from augplug.gate.check import check
from augplug.gate.findings import Finding, StageResult
from augplug.gate.reading import read
from tests.gate.building import artifact, wheel

WRITTEN = tomllib.loads(Path(__file__).with_name("authored.toml").read_text("utf-8"))
AUTHORED, REFUSED = WRITTEN["plugin"], WRITTEN["refused"]


def built(folder: Path, given: dict[str, Any], *, declared: bool = True) -> Path:
    """The wheel of a plugin."""
    capabilities = given.get("declared", "") if declared else ""
    files = {f"my_ops/{path}": text for path, text in given["files"].items()}
    files |= {
        "my_ops/py.typed": "",
        "my_ops/augplug-plugin.toml": f"augplug-plugin = 1\n[capabilities]\n{capabilities}",
    }
    return wheel(folder, files)


def refusals(*results: StageResult) -> list[Finding]:
    return [finding for result in results for finding in result.findings if finding.severity == "refusal"]


def test_there_are_thirty() -> None:
    assert len({given["name"] for given in AUTHORED}) >= 30


@pytest.mark.parametrize("given", AUTHORED, ids=lambda given: str(given["name"]))
def test_structure_and_rules_refuse_nothing(given: dict[str, Any], tmp_path: Path) -> None:
    artifact = read(str(built(tmp_path, given)))
    assert refusals(structure.check(artifact), rules.check(artifact)) == []


@pytest.mark.parametrize("given", [one for one in AUTHORED if "declared" in one], ids=lambda given: str(given["name"]))
def test_what_is_declared_is_needed(given: dict[str, Any], tmp_path: Path) -> None:
    found = refusals(rules.check(read(str(built(tmp_path, given, declared=False)))))
    assert {finding.rule.partition("/")[0] for finding in found} == {"allow"}


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: str(given["name"]))
def test_what_the_page_says_is_refused_is(given: dict[str, Any]) -> None:
    declared = 'augplug-plugin = 1\n[capabilities]\nfiles = "reads a table"\n'
    files = {"my_ops/__init__.py": given["source"], "my_ops/augplug-plugin.toml": declared}
    assert given["rule"] in {finding.rule for finding in refusals(rules.check(artifact(files)))}


@pytest.mark.heavy
@pytest.mark.parametrize("given", AUTHORED, ids=lambda given: str(given["name"]))
def test_every_stage_is_content(given: dict[str, Any], tmp_path: Path) -> None:
    verdict = check(read(str(built(tmp_path, given))), cached=False)
    assert [finding for finding in verdict.findings if finding.severity == "refusal"] == []
