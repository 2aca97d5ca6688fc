"""A verdict as SARIF; tests/services holds it to the schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from augplug.gate import sarif
from augplug.gate.check import Verdict
from augplug.gate.findings import Finding, Waiver

VERDICT = Verdict(
    name="my-ops",
    version="1.0",
    kind="folder",
    tier="structure",
    findings=(
        Finding("allow/import", "my_ops/a b.py", 3, "os is used\x1b[2J", "Do without it."),
        Finding("structure/licence", "", 0, "there is none", "Add one.", "advice"),
    ),
    waivers=(Waiver("my_ops/a b.py", 7, "ruff", "S101", "an invariant"),),
    capabilities={"files": "reads a table"},
    files={},
    entry_points=(),
    requires=(),
    tools={},
    rules="",
    python="3.11",
    augplug="1.0",
    stages={"structure": 0, "rules": 1},
)


def run(verdict: Verdict, target: str, *, passed: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = sarif.log(verdict, target, passed=passed)["runs"][0]
    return found


def place(result: dict[str, Any]) -> tuple[str, int | None]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical.get("region", {}).get("startLine")


def test_findings_are_results_and_waivers_are_suppressed_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(VERDICT, ".")
    refusal, advice, waived = made["results"]

    assert [one["level"] for one in (refusal, advice, waived)] == ["error", "note", "note"]
    assert [place(one) for one in (refusal, advice, waived)] == [
        ("my_ops/a%20b.py", 3), ("pyproject.toml", None), ("my_ops/a%20b.py", 7)
    ]  # fmt: skip
    assert refusal["message"]["text"] == "os is used\\x1b[2J\nDo without it."
    assert waived["suppressions"] == [{"kind": "inSource", "justification": "an invariant"}]
    assert made["invocations"] == [{"executionSuccessful": True, "exitCode": 3}]
    rules = [rule["id"] for rule in made["tool"]["driver"]["rules"]]
    assert [rules[one["ruleIndex"]] for one in made["results"]] == [one["ruleId"] for one in made["results"]]


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("folder", "plugins/my-ops", "plugins/my-ops/pyproject.toml"),
        ("folder", "/elsewhere/my-ops", "pyproject.toml"),
        ("wheel", "dist/my_ops-1.0-py3-none-any.whl", "my_ops-1.0-py3-none-any.whl"),
        ("installed", "my-ops", "my-ops"),
    ],
)
def test_paths_are_those_of_the_repository_where_there_is_one(
    kind: Any, target: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(replace(VERDICT, kind=kind), target)
    assert place(made["results"][1])[0] == expected


def test_a_name_that_is_no_text_is_a_path_all_the_same() -> None:
    """Archives hold names of any bytes."""
    odd = replace(VERDICT, findings=(Finding("structure/name", "my_ops/\udcff.py", 0, "odd", "Rename it."),))
    assert place(run(odd, "x.whl")["results"][0])[0].endswith("my_ops/%FF.py")


def test_a_clean_verdict_says_so() -> None:
    clean = replace(VERDICT, tier="clean", findings=(), waivers=())
    made = run(clean, ".", passed=True)
    assert (made["results"], made["invocations"][0]["exitCode"]) == ([], 0)
    assert made["properties"]["capabilities"] == {"files": "reads a table"}
