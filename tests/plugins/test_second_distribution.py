"""A second distribution adds an operation and a search, and both are used on the command line."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.plugins.conftest import Call

POLICY = {"augplug_policy": 1, "policy": {"op": "my-ops:Ink", "p": 1, "cut": 100}}


def photograph(path: Path, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Random pixels, written to a file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (10, 12, 3), dtype=np.uint8)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture
def policy(tmp_path: Path) -> str:
    (tmp_path / "ink.json").write_text(json.dumps(POLICY))
    return "ink.json"


def test_the_plugin_is_listed_with_what_it_provides(augplug: Call) -> None:
    ended = augplug("plugins", "list", "--json")
    (warning,) = ended.stderr.splitlines()
    assert "my-ops 1.2.3 never passed the gate" in warning
    (row,) = [row for row in json.loads(ended.stdout) if row["distribution"] == "my-ops"]
    assert (row["state"], row["version"]) == ("loaded", "1.2.3")
    assert {kind: names for kind, names in row["provides"].items() if names} == {
        "operations": ["Ink"],
        "searches": ["random-ink"],
    }


def test_its_operation_is_listed_and_shown_with_its_provider(augplug: Call) -> None:
    (row,) = [line.split() for line in augplug("ops", "list").stdout.splitlines() if line.startswith("Ink ")]
    assert row[1] == "my-ops"
    assert "my-ops:Ink, version 1" in augplug("ops", "show", "Ink").stdout


def test_a_policy_that_uses_it_is_checked_previewed_and_explained(augplug: Call, policy: str, tmp_path: Path) -> None:
    photograph(tmp_path / "one.png")
    assert augplug("policies", "check", policy).returncode == 0
    ended = augplug("preview", policy, "one.png", "-o", "sheet.png", "--rows", "2", "--columns", "2")
    assert ended.returncode == 0, ended.stderr
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert min(sheet.size) > 20
    assert "Ink(cut=100)" in augplug("explain", policy, "one.png", "--index", "0").stdout


def test_a_policy_that_uses_it_augments_a_folder(augplug: Call, policy: str, tmp_path: Path) -> None:
    pixels = photograph(tmp_path / "photos" / "one.png")
    ended = augplug("apply", policy, "photos", "inked")
    assert ended.returncode == 0, ended.stderr
    with Image.open(tmp_path / "inked" / "one.png") as inked:
        assert np.array_equal(np.asarray(inked), np.where(pixels < 100, 0, pixels))


def test_a_saved_draw_of_it_is_replayed(augplug: Call, policy: str, tmp_path: Path) -> None:
    pixels = photograph(tmp_path / "one.png")
    plan = augplug("explain", policy, "one.png", "--index", "0", "--json")
    assert plan.returncode == 0, plan.stderr
    (tmp_path / "plan.json").write_text(plan.stdout)
    ended = augplug("replay", "plan.json", "one.png", "-o", "again.png")
    assert ended.returncode == 0, ended.stderr
    with Image.open(tmp_path / "again.png") as again:
        assert np.array_equal(np.asarray(again), np.where(pixels < 100, 0, pixels))


def test_its_search_runs_from_end_to_end(augplug: Call, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    images = rng.integers(0, 120, (90, 10, 10), dtype=np.uint8)
    images[np.arange(90), labels * 3, :] += 100
    np.savez(tmp_path / "stripes.npz", x=images, y=labels)
    quick = [
        word
        for setting in ("count=3", "copies=2", "train=12", "subsets=1", "significance=1")
        for word in ("--set", setting)
    ]
    known = ("--evaluator", "kernel-ridge", "--seeds", "1", "--workers", "2")
    ended = augplug("search", "random-ink", "stripes.npz", "--out", "run", *known, *quick)
    assert ended.returncode == 0, ended.stderr
    result = json.loads((tmp_path / "run" / "result.json").read_text("utf-8"))
    assert result["algorithm"] == "random-ink"
    records = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_text("utf-8").splitlines()]
    trials = [record for record in records if record["kind"] == "trial"]
    assert [trial["error"] for trial in trials] == [""] * 3
    assert len({trial["decisions"][0] for trial in trials}) == 3
    assert (tmp_path / "run" / "policy.json").is_file()  # on so few images the race may keep a fixed policy
    tried = trials[0]["policy"]
    assert tried["policy"]["op"] == "my-ops:Ink"
    (tmp_path / "tried.json").write_text(json.dumps(tried))
    photograph(tmp_path / "photos" / "one.png")
    assert augplug("apply", "tried.json", "photos", "inked").returncode == 0


def test_a_wrong_setting_of_its_search_is_one_line(augplug: Call, tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", x=np.zeros((20, 4, 4), np.uint8), y=np.arange(20) % 2)
    ended = augplug("search", "random-ink", "few.npz", "--set", "count=0")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == "augplug: count is a number in 1..10, not 0"
    assert augplug("search", "random-ink", "few.npz", "--set", "colour=3").returncode == 2
