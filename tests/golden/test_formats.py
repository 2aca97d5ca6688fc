"""A file of every kind and format number that augplug ever wrote is read today, and means what it meant.

`formats` holds one of each (`tools/golden_formats.py` wrote them with the augplug of their time); a run of journal
format 1 is in tests/search/journals. None is ever written again.
"""

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest

import augplug
from augplug._search.strengths_space import WHOLE, Draw
from augplug.cli import main
from augplug.gate import ledger
from augplug.report.run import read_run
from tests.golden import recording

FORMATS = Path(__file__).with_name("formats")
EXPECTED: dict[str, str] = json.loads((FORMATS / "expected.json").read_text("utf-8"))


def names(kind: str) -> list[str]:
    return sorted(path.name for path in FORMATS.glob(f"{kind}-*"))


@pytest.mark.parametrize("name", names("policy"))
def test_a_policy_is_read(name: str) -> None:
    policy = augplug.load_policy(FORMATS / name)

    assert policy.digest.hex() == EXPECTED[name]
    assert augplug.load_policy(policy.to_json()) == policy


@pytest.mark.parametrize("name", names("plan"))
def test_a_plan_is_read_and_gives_the_same_pixels(name: str) -> None:
    text = (FORMATS / name).read_text("utf-8")
    plan = augplug.load_plan(text)
    here = replace(plan, versions={"backend": augplug.backends()["reference"]().version()})
    partner = recording.picture(1) if plan.partners else None
    image = augplug.replay(here, recording.picture(), partner)

    assert plan.key == json.loads(text)["key"]
    assert sha256(image.tobytes()).hexdigest() == EXPECTED[name]


def test_plans_of_all_shapes_are_kept() -> None:
    plans: dict[str, dict[str, Any]] = {name: json.loads((FORMATS / name).read_text("utf-8")) for name in names("plan")}

    assert any("chains" in step for plan in plans.values() for step in plan["steps"])
    assert any(plan["partners"] for plan in plans.values())
    assert any("process" in plan["key"] for plan in plans.values())
    assert {step["fields"].get("mask_value") for step in plans["plan-1.json"]["steps"]} >= {-1.0, 2.0}


@pytest.mark.parametrize("name", names("space"))
def test_a_space_is_read(name: str) -> None:
    written = json.loads((FORMATS / name).read_text("utf-8"))
    space = augplug.SearchSpace.read(FORMATS / name)

    assert space.to_json() == written
    assert augplug.searches()["random"](seed=0, space=FORMATS / name).ask(1)[0].policy.scale == written["scale"]


@pytest.mark.parametrize("name", names("strengths"))
def test_a_space_of_strengths_is_read(name: str) -> None:
    """All of it, in every way to draw, makes the policy of that digest."""
    written = json.loads((FORMATS / name).read_text("utf-8"))
    space = augplug.read_space(FORMATS / name)

    assert space.to_json() == written
    strongest = [size - 1 for size in space.sizes]
    assert space.decode(augplug.operations(), strongest, "mine").digest.hex() == EXPECTED[name]
    assert {entry["draw"] for entry in written["entries"]} == {*get_args(Draw)} - {*WHOLE}


@pytest.mark.parametrize("name", names("ledger"))
def test_a_ledger_is_read(name: str) -> None:
    written = json.loads((FORMATS / name).read_text("utf-8"))["approved"]
    approved = ledger.read(FORMATS / name)

    assert approved.keys() == written.keys()
    for distribution, approval in approved.items():
        assert approval.files == written[distribution]["files"]
        assert approval.version == written[distribution]["version"]


def test_a_ledger_with_capabilities_and_expected_failures_is_kept() -> None:
    approved = [approval for name in names("ledger") for approval in ledger.read(FORMATS / name).values()]

    assert any(approval.capabilities for approval in approved)
    assert any(approval.wheel for approval in approved)


@pytest.mark.parametrize("name", names("run"))
def test_a_run_is_read_and_has_a_report(name: str, tmp_path: Path) -> None:
    run = read_run(FORMATS / name)
    shutil.copytree(FORMATS / name, tmp_path / "run")

    assert run.result["augplug_result"] == int(name.removeprefix("run-"))
    assert [trial.reward for trial in run.trials] == run.result["rewards"]
    assert augplug.load_policy(FORMATS / name / "policy.json").to_json() == run.policy
    assert main(["report", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize("kind", ["policy", "plan", "space", "strengths", "ledger", "run"])
def test_every_kind_is_there(kind: str) -> None:
    assert names(kind)
