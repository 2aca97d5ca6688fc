"""A space of one's own, with an operation of the plugin page, searched from the command line; spaces that are wrong."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.docs.test_plugin_page import block
from tests.plugins.installing import UNCHECKED, augplug, environment, install

SPACE = {
    "name": "flat colours",
    "operations": ["my-ops:Posterish", "Rotate"],
    "levels": 4,
    "probabilities": 3,
    "sub_policies": 2,
}
SETTINGS = (
    "study.batch=3",
    "algorithm.batch=3",
    "joined=2",
    "finalists=2",
    "race_cells=2",
    "significance=1",
    "copies=2",
    "train=12",
    "subsets=1",
)
USE = """
import augplug, numpy
image = numpy.arange(48, dtype=numpy.uint8).reshape(4, 4, 3)
augment = augplug.Augmenter("proposed.json", seed=1)
plans = [augment.plan(image, index=index) for index in range(200)]
print(sum(item.address == "my-ops:Posterish" for plan in plans for item in plan.items))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the plugin, images of three kinds of stripes, and the space."""
    made = tmp_path_factory.mktemp("space") / "site"
    install(made, "my-ops", block())
    labels = np.arange(90) % 3
    images = np.random.default_rng(0).integers(0, 120, (90, 10, 10), dtype=np.uint8)
    images[np.arange(90), labels * 3, :] += 100
    np.savez(made / "stripes.npz", x=images, y=labels)
    (made / "mine.json").write_text(json.dumps(SPACE))
    return made


def search(site: Path, space: str, out: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run a small search of a space, with two workers."""
    settings = [word for setting in (f"space={space}", *SETTINGS) for word in ("--set", setting)]
    options = ("--out", out, "--trials", "6", "--seeds", "1", "--workers", "2")
    return augplug(site, "search", "autoaugment", "stripes.npz", *options, *settings, *more)


@pytest.fixture(scope="module")
def run(site: Path) -> Path:
    """The folder of the finished search."""
    ended = search(site, "mine.json", "run")
    assert ended.returncode == 0, ended.stderr
    return site / "run"


def records(run: Path, kind: str) -> list[dict[str, Any]]:
    """The records of a kind in the journal."""
    lines = (run / "journal.jsonl").read_text("utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == kind]


def named(policy: object) -> Iterator[str]:
    """The operations that a policy's document names, each time it does."""
    if isinstance(policy, dict):
        yield from [policy["op"]] if "op" in policy else []
        policy = list(policy.values())
    if isinstance(policy, list):
        for part in policy:
            yield from named(part)


def test_trials_are_rows_of_the_space_and_none_failed(run: Path) -> None:
    trials = records(run, "trial")
    assert [trial["error"] for trial in trials] == [""] * 6
    sizes = [2, 3, 4] * 4
    for trial in trials:
        assert len(trial["decisions"]) == len(sizes)
        assert all(0 <= chosen < size for chosen, size in zip(trial["decisions"], sizes, strict=True))
        expected = [("my-ops:Posterish", "Rotate")[number] for number in trial["decisions"][::3]]
        assert list(named(trial["policy"])) == expected


def test_the_result_holds_the_space_and_no_path(site: Path, run: Path) -> None:
    result = json.loads((run / "result.json").read_text("utf-8"))
    space = result["settings"]["algorithm_settings"]["space"]
    assert {name: space[name] for name in SPACE} == SPACE
    assert (space["length"], space["scale"]) == (2, "autoaugment")
    for name in ("result.json", "policy.json"):
        text = (run / name).read_text("utf-8")
        assert "mine.json" not in text
        assert str(site.parent) not in text


@pytest.fixture(scope="module")
def proposed(site: Path, run: Path) -> None:
    """A policy that was tried, with the plugin's operation: on so few images the race may keep a fixed one."""
    tried = [trial["policy"] for trial in records(run, "trial")]
    policy = next(one for one in tried if set(named(one)) == {"my-ops:Posterish", "Rotate"})
    (site / "proposed.json").write_text(json.dumps(policy))


@pytest.mark.usefixtures("proposed")
def test_a_policy_of_the_plugins_operation_is_applied(site: Path) -> None:
    (site / "photos").mkdir()
    Image.fromarray(np.full((8, 8, 3), 200, np.uint8)).save(site / "photos" / "one.png")
    ended = augplug(site, "apply", "proposed.json", "photos", "augmented", "--copies", "3")
    assert ended.returncode == 0, ended.stderr
    assert len(list((site / "augmented").glob("*.png"))) == 3


@pytest.mark.usefixtures("proposed")
def test_an_augmenter_draws_the_plugins_operation(site: Path) -> None:
    command = [sys.executable, "-c", USE]
    ended = subprocess.run(command, env=environment(site), cwd=site, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 0


def test_a_run_is_resumed_from_the_space_alone_not_from_its_place(site: Path, run: Path) -> None:
    shutil.copytree(run, site / "again")
    (site / "again" / "policy.json").unlink()
    (site / "moved.json").write_text(json.dumps(SPACE, indent=4))
    ended = search(site, "moved.json", "again", "--resume")
    assert ended.returncode == 0, ended.stderr
    assert (site / "again" / "policy.json").read_bytes() == (run / "policy.json").read_bytes()
    (site / "moved.json").write_text(json.dumps({**SPACE, "levels": 5}))
    ended = search(site, "moved.json", "again", "--resume")
    assert ended.returncode == 2
    assert "was started with settings.algorithm_settings.space.levels = 4, not 5" in ended.stderr


WRONG: dict[str, tuple[object, str]] = {
    "unknown operation": ({"operations": ["my-ops:Posterich", "Rotate"]}, "did you mean 'my-ops:Posterish'?"),
    "unknown key": ({**SPACE, "level": 4}, "did you mean 'levels'?"),
    "more than a level": ({"operations": ["RandomResizedCrop"]}, "height"),
    "no table": ([1], "table"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_space_that_is_wrong_is_one_line(site: Path, case: str) -> None:
    content, message = WRONG[case]
    (site / "wrong.json").write_text(json.dumps(content))
    out = case.replace(" ", "-")
    ended = search(site, "wrong.json", out)
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = (line for line in ended.stderr.splitlines() if UNCHECKED not in line)
    assert line.startswith("augplug: ")
    assert message in line
    assert not (site / out).exists()


@pytest.mark.parametrize(
    ("space", "message"),
    [("missing.json", "there is no search space 'missing.json'"), ("geometri", "did you mean 'geometry'?")],
)
def test_a_space_that_is_not_there_is_one_line(site: Path, space: str, message: str) -> None:
    ended = search(site, space, "never")
    assert ended.returncode == 2
    (line,) = (line for line in ended.stderr.splitlines() if UNCHECKED not in line)
    assert message in line


def test_without_the_plugin_the_space_is_refused(site: Path) -> None:
    elsewhere = site.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("stripes.npz", "mine.json"):
        shutil.copy(site / name, elsewhere)
    ended = search(elsewhere, "mine.json", "never")
    assert ended.returncode == 2
    (line,) = (line for line in ended.stderr.splitlines() if UNCHECKED not in line)
    assert "there is no operation 'my-ops:Posterish'" in line
