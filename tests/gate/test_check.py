"""What the stages say becomes a verdict: tiers, coverage, and a cache that is never trusted further than its key."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from augplug.gate import check as checking
from augplug.gate import report, tools
from augplug.gate.artifact import Artifact
from augplug.gate.check import Verdict, check, judge
from augplug.gate.findings import Finding, StageResult, Waiver
from tests.gate.building import FAIR, artifact

Stages = dict[str, StageResult]
REFUSES = Finding("stage/rule", "my_ops.py", 3, "it does what it must not", "do something else")
ADVISES = Finding("stage/advice", "my_ops.py", 0, "it could be better", "make it better", "advice")


@pytest.fixture
def given() -> Artifact:
    return artifact({"my_ops.py": FAIR, "words.json": "{}"})


@pytest.fixture
def calls() -> list[str]:
    """Which stages were run."""
    return []


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, calls: list[str]) -> Stages:
    """The results of the stages, to be changed by the test; every one has read everything and found nothing."""
    everything = frozenset({"my_ops.py", "words.json"})
    made = {name: StageResult(covered=everything) for name in ("structure", "rules", "tools")}

    def stage(name: str) -> Callable[..., StageResult]:
        def run(_artifact: Artifact, *_capabilities: Mapping[str, str]) -> StageResult:
            calls.append(name)
            return made[name]

        return run

    for name in made:
        monkeypatch.setattr(getattr(checking, name), "check", stage(name))
    monkeypatch.setattr(tools, "versions", lambda: {"pylint": "4"})
    monkeypatch.setattr(tools, "rule_digest", lambda: "ab" * 32)
    monkeypatch.setattr(checking, "ingredients", lambda: SimpleNamespace(key="key"))
    monkeypatch.setattr("augplug.gate.cache.user_cache_path", lambda _name: tmp_path)
    return made


def test_nothing_found_is_clean(given: Artifact, stages: Stages) -> None:
    assert stages
    verdict = check(given)
    assert (verdict.tier, verdict.clean, verdict.findings) == ("clean", True, ())
    assert verdict.files == given.digests


@pytest.mark.parametrize(("stage", "tier"), [("structure", "refused"), ("rules", "structure"), ("tools", "structure")])
def test_a_refusal_of_a_stage_lowers_the_tier_and_the_others_still_run(
    stage: str, tier: str, given: Artifact, stages: Stages, calls: list[str]
) -> None:
    stages[stage] = StageResult((REFUSES,), stages[stage].covered)
    verdict = check(given)
    assert (verdict.tier, verdict.clean, verdict.findings) == (tier, False, (REFUSES,))
    assert verdict.stages == {**dict.fromkeys(("structure", "rules", "tools", "coverage"), 0), stage: 1}
    assert calls == ["structure", "rules", "tools"]


def test_advice_refuses_nothing(given: Artifact, stages: Stages) -> None:
    stages["rules"] = StageResult((ADVISES,), stages["rules"].covered)
    assert check(given).tier == "clean"


@pytest.mark.parametrize(
    ("stage", "unread"),
    [("structure", "words.json"), ("structure", "my_ops.py"), ("rules", "my_ops.py"), ("tools", "my_ops.py")],
)
def test_a_file_that_a_stage_did_not_read_is_a_refusal(
    stage: str, unread: str, given: Artifact, stages: Stages
) -> None:
    stages[stage] = StageResult(covered=stages[stage].covered - {unread})
    verdict = check(given)
    assert verdict.tier == "refused"
    (finding,) = verdict.findings
    assert (finding.rule, finding.file) == ("coverage/not-checked", unread)
    assert stage in finding.message


def test_data_is_not_expected_of_the_rules(given: Artifact, stages: Stages) -> None:
    for stage in ("rules", "tools"):
        stages[stage] = StageResult(covered=frozenset({"my_ops.py"}))
    assert check(given).clean


def test_the_same_bytes_are_checked_once(given: Artifact, stages: Stages, calls: list[str]) -> None:
    waiver = Waiver("my_ops.py", 3, "mypy", "misc", "a reason")
    stages["rules"] = StageResult((ADVISES,), stages["rules"].covered, (waiver,), {"files": "reads"})
    first = check(given)
    assert check(given) == first
    assert len(calls) == 3
    assert check(given, cached=False) == first
    assert len(calls) == 6


def test_anything_else_is_checked_again(
    given: Artifact, stages: Stages, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stages
    check(given)
    check(artifact({**{path: data.decode() for path, data in given.files.items()}, "my_ops.py": f"{FAIR}\n"}))
    check(artifact({path: data.decode() for path, data in given.files.items()}, version="1.1"))
    assert len(calls) == 9
    monkeypatch.setattr(tools, "versions", lambda: {"pylint": "5"})
    check(given)
    monkeypatch.setattr(tools, "rule_digest", lambda: "cd" * 32)
    check(given)
    assert len(calls) == 15


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"findings": [], "name": 1}'])
def test_a_damaged_cache_is_no_verdict(
    content: str, given: Artifact, stages: Stages, calls: list[str], tmp_path: Path
) -> None:
    assert stages
    first = check(given)
    (kept,) = (tmp_path / "verdicts").glob("*.json")
    kept.write_text(content)
    assert check(given) == first
    assert len(calls) == 6


def test_the_examination_raises_the_tier_or_says_why_not(given: Artifact, stages: Stages) -> None:
    assert stages
    clean = check(given)
    assert judge(clean, {"passed": 3}, ()).tier == "examined"
    failed = judge(clean, {"passed": 2, "failed": 1}, (REFUSES,))
    assert (failed.tier, failed.findings, failed.stages["examination"]) == ("clean", (REFUSES,), 1)


def test_the_report_says_everything(given: Artifact, stages: Stages) -> None:
    waiver = Waiver("my_ops.py", 7, "mypy", "misc", "a reason")
    stages["rules"] = StageResult((REFUSES,), stages["rules"].covered, (waiver,), {"files": "reads a table"})
    told = report.text(check(given))
    for part in (
        "my_ops.py:3: stage/rule (refusal): it does what it must not",
        "do something else",
        "capability files: reads a table",
        "waiver my_ops.py:7: mypy misc: a reason",
        "refusals by stage: structure 0, rules 1, tools 0, coverage 0",
        "not a proof that the plugin does no harm",
        "my-ops 1.0: STRUCTURE",
    ):
        assert part in told


def test_a_verdict_is_json_that_names_every_file(given: Artifact, stages: Stages) -> None:
    assert stages
    verdict = check(given)
    document = verdict.to_json()
    assert isinstance(verdict, Verdict)
    assert set(document["files"]) == {"my_ops.py", "words.json"}
    assert document["rules"] == "ab" * 32
