"""The pipeline: compiled twice, read by kfp, and run on this machine by kfp's own runner."""

import json
from pathlib import Path

import augplug_kfp
import numpy as np
import pytest
import yaml
from augplug_kfp.steps import approve, augment
from kfp import components, dsl, local

import augplug
from augplug.cli import main
from augplug.testing import examine
from augplug.testing.evaluators import stripes

test_augplug_kfp = examine(augplug_kfp)
OPTIONS = ["--trials", "8", "--executor", "inline", "--seed", "3"]
OPTIONS += [
    f"--set={setting}"
    for setting in ("batch=2", "finalists=2", "copies=2", "train=12", "subsets=1", "race_cells=4", "significance=1")
]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, data = tmp_path_factory.mktemp("data") / "images.npz", stripes(1, 90)
    np.savez(path, x=data.x, y=data.y)
    return path


def compiled(path: Path) -> bytes:
    assert main(["kfp", "compile", "--image", "registry.example/augplug:1", "-o", str(path)]) == 0
    return path.read_bytes()


def test_it_compiles_to_the_same_bytes(tmp_path: Path) -> None:
    first = compiled(tmp_path / "first.yaml")
    assert compiled(tmp_path / "second.yaml") == first
    assert components.load_component_from_file(str(tmp_path / "first.yaml")).name == "augplug-search"
    described = yaml.safe_load(first)
    executors = described["deploymentSpec"]["executors"]
    assert sorted(executors) == ["exec-approve", "exec-importer", "exec-report", "exec-search"]
    images = {about["container"]["image"] for about in executors.values() if "container" in about}
    assert images == {"registry.example/augplug:1"}
    assert b"pip install" not in first
    assert sorted(described["root"]["inputDefinitions"]["parameters"]) == ["algorithm", "at_least", "data", "options"]


def test_a_run_here_finds_the_policy_of_the_command_line(
    images: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "random", str(images), "--out", str(tmp_path / "run"), *OPTIONS]) == 0
    capfd.readouterr()
    run = ["kfp", "run", str(images), "--algorithm", "random", "--root", str(tmp_path / "root")]
    assert main([*run, "--at-least", "-1", "--", *OPTIONS]) == 0
    approved = Path(capfd.readouterr().out.splitlines()[-1])
    assert approved.read_bytes() == (tmp_path / "run" / "policy.json").read_bytes()
    (page,) = (tmp_path / "root").glob("*/report/page")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.heavy
def test_a_policy_that_gains_too_little_is_not_approved(
    images: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = ["kfp", "run", str(images), "--algorithm", "random", "--root", str(tmp_path / "root")]
    assert main([*run, "--at-least", "1", "--", *OPTIONS]) == 1
    said = capfd.readouterr()
    assert "not approved: the policy gains" in said.out
    assert "approve" in said.err.splitlines()[-1]
    assert not list((tmp_path / "root").glob("*/approve/policy"))


def test_a_policy_that_was_not_compared_is_not_approved(tmp_path: Path) -> None:
    scores = {"test_score": 0.5, "baseline_test_score": None, "gains_mean": None}
    (tmp_path / "result.json").write_text(json.dumps(scores))
    run, policy = (dsl.Artifact(uri=str(tmp_path)), dsl.Artifact(uri=str(tmp_path / "policy")))

    with pytest.raises(augplug.RunError, match="not approved: nothing was compared"):
        approve(run, -1.0, policy)


def test_what_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kfp", "compile", "--image", "i", "-o", str(tmp_path / "pipeline.json")]) == 2
    assert "end its name in .yaml" in capsys.readouterr().err
    assert main(["kfp", "compile", "--image", "i", "-o", str(tmp_path / "no" / "pipeline.yaml")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    (folder / "cats").mkdir(parents=True)
    for number, image in enumerate(np.random.default_rng(3).integers(0, 256, (3, 20, 24, 3), np.uint8)):
        (folder / "cats" / f"{number}.png").write_bytes(augplug.encode_image(image)[0])
    return folder


def test_an_exported_policy_augments_as_the_command_line_does(photographs: Path, tmp_path: Path) -> None:
    """The file is loaded and run by kfp: what it holds is what runs."""
    file = tmp_path / "apply.yaml"
    assert main(["export", "kfp", "hand-made", "-o", str(file), "--set", "image=python"]) == 0
    assert b"pip install" not in file.read_bytes()
    assert (
        main(["apply", "hand-made", str(photographs), str(tmp_path / "expected"), "--copies", "2", "--seed", "4"]) == 0
    )

    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "root"), raise_on_error=True)
    pipeline = components.load_component_from_file(str(file))
    made = Path(pipeline(data=str(photographs), copies=2, seed=4).output.path)

    expected = sorted((tmp_path / "expected").rglob("*.png"))
    assert len(expected) == 6
    for path in expected:
        assert (made / path.relative_to(tmp_path / "expected")).read_bytes() == path.read_bytes(), path


def test_a_policy_may_be_given_to_the_step_by_its_name(photographs: Path, tmp_path: Path) -> None:
    expected, made = tmp_path / "expected", tmp_path / "made"
    assert main(["apply", "flip-crop", str(photographs), str(expected), "--seed", "4"]) == 0

    augment(dsl.Dataset(uri=str(photographs)), "flip-crop", 1, 4, dsl.Dataset(uri=str(made)))

    (names,) = {tuple(sorted(path.name for path in folder.rglob("*.png"))) for folder in (expected, made)}
    assert len(names) == 3
    assert all((made / "cats" / name).read_bytes() == (expected / "cats" / name).read_bytes() for name in names)


def test_an_exported_policy_installs_augplug_where_no_image_holds_it(tmp_path: Path) -> None:
    file = tmp_path / "apply.yaml"
    assert main(["export", "kfp", "randaugment:n=2,m=9", "-o", str(file)]) == 0
    described = yaml.safe_load(file.read_bytes())
    container = described["deploymentSpec"]["executors"]["exec-augment"]["container"]
    assert container["image"] == "python:3.11-slim"
    assert f"augplug[opencv]=={augplug.__version__}" in str(container["command"])
    default = described["root"]["inputDefinitions"]["parameters"]["policy"]["defaultValue"]
    (tmp_path / "policy.json").write_text(default)
    assert augplug.load_policy(tmp_path / "policy.json").digest == augplug.policy("randaugment", n=2, m=9).digest


def test_an_exported_draw_is_done_again_on_every_image(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 256, (20, 24, 3), np.uint8)
    for index in range(40):
        plan = augplug.Augmenter("autoaugment-cifar10", seed=6).plan(image, index=index)
        described = yaml.safe_load(augplug_kfp.Kfp().export(plan, augplug.InputSpec(20, 24, 3))["pipeline.yaml"])
        policy = json.loads(described["root"]["inputDefinitions"]["parameters"]["policy"]["defaultValue"])
        made = augplug.Augmenter(augplug.load_policy(policy), seed=9)(image, index=1)
        np.testing.assert_array_equal(made, augplug.replay(plan, image))


@pytest.mark.parametrize(("policy", "more", "said"), [("mixes", [], "MixUp"), ("blends", ["--index", "3"], "blends")])
def test_what_a_folder_cannot_be_augmented_by_is_refused(
    policy: str, more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policies = {"mixes": augplug.Policy(augplug.step("MixUp"), "mixes"), "blends": augplug.policy("augmix")}
    (tmp_path / "policy.json").write_text(json.dumps(policies[policy].to_json()))
    assert main(["export", "kfp", str(tmp_path / "policy.json"), "-o", str(tmp_path / "apply.yaml"), *more]) == 2
    assert said in capsys.readouterr().err
