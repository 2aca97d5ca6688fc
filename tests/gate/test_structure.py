"""Stage 1 refuses each hostile distribution by the rule that is meant for it, and no fair one."""

import re
from pathlib import Path

import pytest

from augplug.errors import GateError
from augplug.gate import rules, structure
from augplug.gate.findings import refused
from augplug.gate.structure import check
from tests.gate.fair import PLAIN
from tests.gate.hostile import HOSTILE
from tests.gate.making import Build, Case, artifact_of, packed


@pytest.mark.parametrize("case", [case for case in HOSTILE if case.rule], ids=lambda case: f"{case.letter}-{case.name}")
def test_a_hostile_distribution_is_refused_by_the_rule_for_it(case: Case, tmp_path: Path) -> None:
    """The rule fires as a refusal, at the file, with a remedy in one sentence; nothing ran."""
    result = check(artifact_of(case.build(tmp_path)))
    found = [finding for finding in result.findings if finding.rule == case.rule and finding.severity == "refusal"]
    assert found, result.findings
    assert not case.file or case.file in {finding.file for finding in found}
    assert all(finding.remedy.endswith(".") and finding.message for finding in found)


def test_every_rule_has_a_hostile_distribution() -> None:
    """A rule that nothing shows to fire may have stopped to; those of advice alone are shown below."""
    sources = Path(structure.__file__).parent.glob("*.py")
    rules = {rule for source in sources for rule in re.findall(r'"(structure/[a-z-]+)"', source.read_text("utf-8"))}
    assert rules - {case.rule for case in HOSTILE} == {"structure/import-cost"}


@pytest.mark.parametrize("case", [case for case in HOSTILE if not case.rule], ids=lambda case: case.name)
def test_a_documented_miss_is_one(case: Case, tmp_path: Path) -> None:
    """When it is refused one day, its line in the table is wrong."""
    assert case.why
    assert not refused(check(artifact_of(case.build(tmp_path))).findings)


@pytest.mark.parametrize("build", PLAIN.values(), ids=PLAIN)
def test_a_fair_distribution_is_not_refused(build: Build, tmp_path: Path) -> None:
    """And every file of it is covered."""
    artifact = artifact_of(build(tmp_path))
    result = check(artifact)
    assert not [finding for finding in result.findings if finding.severity == "refusal"]
    assert result.covered == set(artifact.files) != set()
    assert [found for found in rules.check(artifact).findings if found.rule == "allow/unreadable"] == []


@pytest.mark.parametrize("library", ["torch", "scipy.ndimage", "cv2"])
@pytest.mark.parametrize(
    ("source", "fires"),
    [
        ("import {0}\n", True),
        ("try:\n    import {0}\nexcept ImportError:\n    pass\n", True),
        ("class A:\n    import {0}\n", True),
        ("def f():\n    import {0}\n", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {0}\n", False),
    ],
)
def test_an_import_that_every_start_pays_for_is_advice(library: str, source: str, fires: bool, tmp_path: Path) -> None:
    """Only where it runs when the module is loaded."""
    found = check(artifact_of(packed({"my_ops/a.py": source.format(library)})(tmp_path))).findings
    assert [(finding.rule, finding.severity) for finding in found] == [("structure/import-cost", "advice")] * fires


def test_a_window_without_an_upper_bound_is_advice(tmp_path: Path) -> None:
    """It is not a refusal: the plugin may well work."""
    found = check(artifact_of(packed(requires=("augplug>=1",))(tmp_path))).findings
    assert [(finding.rule, finding.severity) for finding in found] == [("structure/window", "advice")]


def test_a_wheel_of_too_many_files_cannot_be_read(tmp_path: Path) -> None:
    """Reading stops at the limit, before the metadata, and says so."""
    with pytest.raises(GateError, match="more than 2,000 files"):
        artifact_of(packed({f"my_ops/{number}.txt": "" for number in range(2_100)})(tmp_path))


def test_a_wheel_with_two_descriptions_cannot_be_read(tmp_path: Path) -> None:
    """Which of the two holds would depend on the installer."""
    with pytest.raises(GateError, match=r"2 \.dist-info folders"):
        artifact_of(packed({"other-1.0.dist-info/METADATA": "Name: other\n"})(tmp_path))
