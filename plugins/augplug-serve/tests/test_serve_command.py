"""The command's options, and the plugin by augplug's own examination."""

import json
from pathlib import Path

import augplug_serve
import pytest
from augplug_serve.server import is_loopback

import augplug
from augplug.cli import main
from augplug.testing import examine
from plugins.tests.served import served

test_augplug_serve = examine(augplug_serve)
TOKEN = "0123456789abcdef0123"


def test_other_machines_need_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0", "--port", "0"]) == 2
    assert "other machines reach 0.0.0.0: give --token-file FILE or AUGPLUG_SERVE_TOKEN" in capsys.readouterr().err
    assert is_loopback("127.0.0.1")
    assert is_loopback("localhost")
    assert not is_loopback("0.0.0.0")


@pytest.mark.parametrize("text", ["short", "with a space in it", "fourteen-und-dreißig"])
def test_a_token_that_is_none_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "token"
    file.write_text(text, "utf-8")
    assert main(["serve", "--port", "0", "--token-file", str(file)]) == 2
    assert "token" in capsys.readouterr().err
    assert main(["serve", "--port", "0", "--token-file", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_token_of_a_file_is_asked_for(tmp_path: Path, png: bytes) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", "utf-8")
    with served(tmp_path, "--token-file", str(file), "--policy", "autoaugment-cifar10") as running:
        assert running.line.startswith("serving autoaugment-cifar10 at http://127.0.0.1:")
        assert running.ask("/apply", png).status == 401
        assert running.ask("/apply?index=1", png, Authorization=f"Bearer {TOKEN}").status == 200


def test_policies_that_mix_and_addresses_that_are_none_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mixing = augplug.Policy(augplug.step("MixUp"), "mixing")
    path = tmp_path / "mixing.json"
    path.write_text(json.dumps(mixing.to_json()), "utf-8")
    assert main(["serve", "--policy", str(path), "--port", "0"]) == 2
    assert "mixing mixes images, and a request has one" in capsys.readouterr().err
    assert main(["serve", "--host", "no such host", "--port", "0"]) == 2
    assert "--host 'no such host' is not an address here" in capsys.readouterr().err
    with served(tmp_path) as running:
        assert main(["serve", "--port", str(running.port)]) == 2
        assert f"127.0.0.1:{running.port} cannot be listened at (Address already in use)" in capsys.readouterr().err
