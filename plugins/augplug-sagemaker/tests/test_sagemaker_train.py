"""`augplug sagemaker train` on trees like `/opt/ml`, and the request of the page against the model of the service."""

import json
import re
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import augplug_sagemaker
import boto3
import numpy as np
import pytest
from augplug_sagemaker.training import arguments
from augplug_sagemaker.tree import Tree
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

import augplug
from augplug.cli import main
from augplug.testing import examine
from augplug.testing.evaluators import stripes

test_augplug_sagemaker = examine(augplug_sagemaker)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/a"
MAIN = "import sys; from augplug.cli import main; sys.exit(main())"
PAGE = Path(__file__).parents[1] / "README.md"
JOB = {
    "algorithm": "random", "trials": "24", "executor": "inline", "seed": "3", "batch": "2", "finalists": "2",
    "copies": "2", "train": "12", "subsets": "1", "race_cells": "4", "significance": "1",
}  # fmt: skip


def laid_out(root: Path, hyper_parameters: object = None, **hosts: object) -> Tree:
    """Lay out the tree of a job with one channel."""
    (root / "input" / "config").mkdir(parents=True)
    (root / "input" / "data" / "images").mkdir(parents=True)
    for name, content in (
        ("hyperparameters", JOB if hyper_parameters is None else hyper_parameters),
        ("inputdataconfig", {"images": {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}}),
        ("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"], **hosts}),
    ):
        (root / "input" / "config" / f"{name}.json").write_text(json.dumps(content), "utf-8")
    data = stripes(1, 90)
    np.savez(root / "input" / "data" / "images" / "images.npz", x=data.x, y=data.y)
    return Tree(root)


def train(tree: Tree) -> int:
    return main(["sagemaker", "train", "--root", str(tree.root)])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A job that nothing disturbs."""
    tree = laid_out(tmp_path_factory.mktemp("job") / "ml")
    assert train(tree) == 0
    return tree


def test_the_model_is_what_the_search_found(trained: Tree) -> None:
    names = {"policy.json", "result.json", "report.html", "report.png"}
    assert {path.name for path in trained.model.iterdir()} == names
    assert all((trained.model / name).read_bytes() == (trained.run / name).read_bytes() for name in names)
    assert augplug.load_policy(trained.model / "policy.json").digest
    assert not trained.failure.exists()


def test_a_job_without_a_comparison_has_a_model_and_prints_no_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = laid_out(tmp_path / "ml", {**JOB, "trials": "2", "subsets": "0"})

    assert train(tree) == 0
    assert (tree.model / "policy.json").is_file()
    assert "test_score" not in capsys.readouterr().out
    assert not tree.failure.exists()


def test_a_job_does_what_the_command_line_does(trained: Tree, tmp_path: Path) -> None:
    settings = [f"--set={name}={JOB[name]}" for name in ("batch", "finalists", "copies", "train", "subsets")]
    settings += [f"--set={name}={JOB[name]}" for name in ("race_cells", "significance")]
    options = ["--trials", "24", "--executor", "inline", "--seed", "3", "--out", str(tmp_path / "run")]
    images = trained.root / "input" / "data" / "images" / "images.npz"
    assert main(["search", "random", str(images), *options, *settings]) == 0
    for name in ("policy.json", "result.json"):
        assert (tmp_path / "run" / name).read_bytes() == (trained.model / name).read_bytes()


def test_a_job_that_is_interrupted_goes_on_to_the_same_bytes(trained: Tree, tmp_path: Path) -> None:
    tree = laid_out(tmp_path / "ml")
    journal = tree.run / "journal.jsonl"
    command = [sys.executable, "-W", "ignore", "-c", MAIN, "sagemaker", "train", "--root", str(tree.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not (journal.is_file() and '"kind": "trial"' in journal.read_text("utf-8")):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 1
    assert not (tree.run / "policy.json").exists()
    assert not tree.model.exists()
    assert not tree.failure.exists()

    assert train(tree) == 0
    for name in ("policy.json", "result.json"):
        assert (tree.model / name).read_bytes() == (trained.model / name).read_bytes()


@pytest.mark.parametrize(
    ("wrong", "status", "reason"),
    [
        ({"algorithm": "strenghts"}, 2, "did you mean 'strengths'?"),
        ({"trails": "400"}, 2, "trails"),
        ({"trials": "many"}, 2, "'many' is not a valid integer range"),
        ({"balanced": "yes"}, 2, "the hyper-parameter balanced is true or false, not 'yes'"),
        ({"trials": 400}, 2, "SageMaker passes hyper-parameters as texts, and trials is 400; write it in quotes"),
        ({"algorithm": '"random'}, 2, "the hyper-parameter algorithm begins with a quote and is not JSON"),
        ({**JOB, "significance": "0.0000001"}, 1, "nothing can be chosen"),
    ],
)
def test_a_wrong_job_leaves_its_reason_in_one_line(
    wrong: object, status: int, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = laid_out(tmp_path / "ml", wrong)
    assert train(tree) == status
    said = tree.failure.read_text("utf-8")
    assert reason in said
    assert "\n" not in said
    assert said[:60] in capsys.readouterr().err


def test_trees_that_cannot_be_used(tmp_path: Path) -> None:
    several = laid_out(tmp_path / "several", hosts=["algo-1", "algo-2"])
    assert train(several) == 2
    assert "a search uses one machine, and this job has 2" in several.failure.read_text("utf-8")

    tree = laid_out(tmp_path / "ml")
    (tree.root / "input" / "config" / "inputdataconfig.json").write_text('{"images": {"TrainingInputMode": "Pipe"}}')
    assert train(tree) == 2
    assert "the channel images comes in Pipe mode" in tree.failure.read_text("utf-8")
    (tree.root / "input" / "config" / "inputdataconfig.json").write_text("[")
    assert train(tree) == 2
    assert "inputdataconfig.json is not JSON" in tree.failure.read_text("utf-8")
    (tree.root / "input" / "config" / "inputdataconfig.json").write_text('{"images": {}, "more": {}}')
    assert train(tree) == 2
    assert "there is no folder" in tree.failure.read_text("utf-8")


def test_channels_of_the_parts_are_the_parts(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        (tmp_path / "input" / "data" / part / "cats").mkdir(parents=True)
    assert Tree(tmp_path).data() == tmp_path / "input" / "data"
    (tmp_path / "input" / "data" / "more").mkdir()
    with pytest.raises(augplug.SettingsError, match="the channels more, test, train, valid"):
        Tree(tmp_path).data()
    (tmp_path / "one" / "input" / "data" / "train" / "cats").mkdir(parents=True)
    assert Tree(tmp_path / "one").data() == tmp_path / "one" / "input" / "data" / "train"


def test_texts_of_the_sdk(tmp_path: Path) -> None:
    given = {"algorithm": '"random"', "skip_bad": "true", "balanced": "False", "sagemaker_region": '"eu-west-1"'}
    tree = laid_out(tmp_path, {**given, "space": "strengths"})
    images = str(tmp_path / "input" / "data" / "images" / "images.npz")
    run = ["--out", str(tree.run), "--skip-bad", "--set", "space=strengths"]
    assert arguments(tree) == ["search", "random", images, *run]


def test_the_request_of_the_page_is_one_that_the_service_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    client = boto3.client("sagemaker", region_name="eu-west-1")
    monkeypatch.setattr(boto3, "client", lambda *_given, **_named: client)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "right.py").write_text(code, "utf-8")
    (tmp_path / "wrong.py").write_text(code.replace("RoleArn=", "RollArn="), "utf-8")
    with Stubber(client) as stubber:
        for _ in range(2):
            stubber.add_response("create_training_job", {"TrainingJobArn": ARN})
        runpy.run_path(str(tmp_path / "right.py"))
        with pytest.raises(ParamValidationError, match="RoleArn"):
            runpy.run_path(str(tmp_path / "wrong.py"))
