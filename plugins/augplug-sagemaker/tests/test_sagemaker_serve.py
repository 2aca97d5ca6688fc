"""`augplug sagemaker serve` answers as SageMaker asks, and the Dockerfile starts these commands."""

import errno
import json
import os
from importlib.metadata import version
from pathlib import Path

import pytest

import augplug
from augplug.cli import main
from plugins.tests.served import NOISE, served


def test_an_endpoint_serves_the_model(tmp_path: Path) -> None:
    policy = augplug.policy("autoaugment-cifar10")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "policy.json").write_text(json.dumps(policy.to_json()), "utf-8")
    png = augplug.encode_image(NOISE)[0]
    options = ["--root", str(tmp_path), "--host", "127.0.0.1"]
    with served(tmp_path, *options, command="sagemaker serve") as running:
        assert running.ask("/ping").status == 200
        answer = running.ask("/invocations", png, X_Amzn_SageMaker_Custom_Attributes="index=3", Accept="image/png")
    assert answer.status == 200
    expected = augplug.Augmenter(policy, seed=0)(NOISE, index=3)
    assert augplug.decode_image(answer.body).pixels.tolist() == expected.tolist()


def test_a_model_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sagemaker", "serve", "--root", str(tmp_path)]) == 2
    assert "the model is what augplug sagemaker train leaves there" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("serve", "--root"), ("init",)])
def test_a_path_that_cannot_be_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert main(["sagemaker", *command, str(tmp_path / ("x" * 300))]) == 2
    assert f"({os.strerror(errno.ENAMETOOLONG)}); give a" in capsys.readouterr().err


def test_a_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    assert main(["sagemaker", "init", str(tmp_path / "file")]) == 2
    assert "file exists, and nothing is overwritten; give another folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_the_dockerfile_starts_these_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sagemaker", "init", str(tmp_path / "image")]) == 0
    lines = (tmp_path / "image" / "Dockerfile").read_text("utf-8").splitlines()
    (entry,) = [line for line in lines if line.startswith("ENTRYPOINT ")]
    assert json.loads(entry.removeprefix("ENTRYPOINT ")) == ["augplug", "sagemaker"]
    assert f'"augplug[opencv]=={version("augplug")}" "augplug-sagemaker[serve]=={version("augplug-sagemaker")}"' in str(
        lines
    )
    assert main(["sagemaker", "init", str(tmp_path / "image")]) == 2
    assert "exists, and nothing is overwritten" in capsys.readouterr().err
