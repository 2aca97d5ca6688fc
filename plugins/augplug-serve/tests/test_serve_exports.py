"""A policy as a file with one function, and behind LitServe: the bytes of `augplug apply`, in other processes."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64decode, b64encode
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from augplug_serve.exporting import HandlerFile, LitServe

import augplug
from augplug.cli import main
from plugins.tests.served import MAIN, NOISE

SPEC = augplug.InputSpec(24, 31, 3)
CALL = "import sys, handler; sys.stdout.buffer.write(handler.apply(sys.stdin.buffer.read(), **eval(sys.argv[1])))"


def call(folder: Path, content: bytes, **draw: int) -> bytes:
    """What the handler in a folder returns, imported by a new interpreter that knows nothing of us."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CALL, repr(draw)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},  # it stands in the folder
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_an_approved_plugin_finds_its_templates_and_pages(tmp_path: Path) -> None:
    """An approved plugin is loaded from the bytes that were hashed, where importlib.resources finds nothing."""
    command = [sys.executable, "-W", "ignore", "-c", MAIN, "export", "handler", "hand-made", "-o", "made.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert (tmp_path / "made.py").is_file()


@pytest.mark.parametrize("policy", ["hand-made", "autoaugment-imagenet", "randaugment:n=2,m=9"])
def test_the_function_returns_what_apply_writes(policy: str, tmp_path: Path, png: bytes) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "noise.png").write_bytes(png)
    assert main(["apply", policy, str(tmp_path / "in"), str(tmp_path / "out"), "--seed", "3"]) == 0
    assert main(["export", "handler", policy, "-o", str(tmp_path / "handler.py"), "--set", "seed=3"]) == 0

    assert call(tmp_path, png, index=0) == (tmp_path / "out" / "noise.png").read_bytes()
    assert augplug.decode_image(call(tmp_path, png)).pixels.shape == NOISE.shape
    manifest = json.loads((tmp_path / "handler.py.manifest.json").read_text("utf-8"))
    assert (manifest["format"], manifest["source"]) == ("handler", "policy")


def test_the_function_of_a_draw_makes_that_draw(tmp_path: Path, png: bytes) -> None:
    options = ["--index", "6", "--seed", "3", "--size", "24x31"]
    assert main(["export", "handler", "autoaugment-svhn", "-o", str(tmp_path / "handler.py"), *options]) == 0
    expected = augplug.Augmenter("autoaugment-svhn", seed=3, backend="reference")(NOISE, index=6)
    assert call(tmp_path, png) == augplug.encode_image(expected)[0]


def test_what_is_no_image_raises_augplugs_error(tmp_path: Path, png: bytes) -> None:
    made = HandlerFile(max_pixels=700).export(augplug.policy("hand-made"), SPEC)["handler.py"]
    (tmp_path / "handler.py").write_bytes(made)
    loaded = importlib.util.spec_from_file_location("small_handler", tmp_path / "handler.py")
    assert loaded is not None
    assert loaded.loader is not None
    module: Any = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(module)
    for content, message in ((b"no image", "not an image"), (png, "more than the limit of 700 pixels")):
        with pytest.raises(augplug.DataError, match=message):
            module.apply(content)


def test_what_mixes_and_settings_that_are_none_are_refused() -> None:
    mixing = augplug.Policy(augplug.step("MixUp"))
    with pytest.raises(augplug.ExportError, match="this mixes images"):
        HandlerFile().export(mixing, SPEC)
    partner = augplug.Augmenter(mixing, backend="reference").plan(SPEC.blank(), index=0, partner=SPEC.blank())
    with pytest.raises(augplug.ExportError, match="this mixes images"):
        LitServe().export(partner, SPEC)
    for wrong in ({"seed": -1}, {"seed": 2**64}, {"max_pixels": 0}, {"seed": True}, {"sede": 1}):
        with pytest.raises(augplug.SettingsError, match=next(iter(wrong))):
            HandlerFile(**wrong)


def test_names_of_strangers_end_no_docstring() -> None:
    plan = augplug.Augmenter("hand-made", backend="reference").plan(SPEC.blank(), index=0)
    document = {**json.loads(plan.to_json()), "policy": "a\"\"\"\nimport os; os.abort()  # \\''' $source"}
    text = HandlerFile().text(augplug.load_plan(json.dumps(document)))
    compile(text, "handler.py", "exec")
    assert text.count("import os; os.abort()") == 0 or "import os" not in [line.strip() for line in text.splitlines()]
    assert [line for line in text.splitlines() if line.startswith("import")] == ["import augplug"]


def test_a_litserve_project_is_three_files_that_are_python() -> None:
    made = LitServe(seed=4).export(augplug.policy("hand-made"), SPEC)
    assert sorted(made) == ["handler.py", "requirements.txt", "server.py"]
    for name in ("handler.py", "server.py"):
        compile(made[name], name, "exec")
    assert b"litserve>=" in made["requirements.txt"]
    assert made["handler.py"] == HandlerFile(seed=4).export(augplug.policy("hand-made"), SPEC)["handler.py"]


LITSERVE = os.environ.get("AUGPLUG_LITSERVE_PYTHON", "")
"""A Python with LitServe and augplug, in an environment of its own: LitServe brings a framework of 18 packages."""


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which(LITSERVE) is None, reason="AUGPLUG_LITSERVE_PYTHON names a Python with litserve")
def test_litserve_returns_what_apply_writes(tmp_path: Path, png: bytes) -> None:
    assert main(["export", "litserve", "hand-made", "-o", str(tmp_path / "project"), "--set", "seed=3"]) == 0
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    plain = {
        name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"
    }  # handler.py stands in the folder
    environment = {**plain, "PORT": str(port)}
    expected = augplug.encode_image(augplug.Augmenter("hand-made", seed=3)(NOISE, index=5))[0]
    with subprocess.Popen(
        [LITSERVE, "server.py"], cwd=tmp_path / "project", env=environment, start_new_session=True
    ) as process:
        try:
            body = {"image": b64encode(png).decode(), "index": 5}
            status, found = predict(process, port, body)
            assert (status, b64decode(found["image"])) == (200, expected)
            assert predict(process, port, {"image": "?"})[0] == 400
            assert predict(process, port, {"image": b64encode(b"no image").decode()})[0] == 400
            assert predict(process, port, {**body, "indx": 5})[0] == 400
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its workers too, which outlive it otherwise


def predict(process: Any, port: int, body: dict[str, Any]) -> tuple[int, Any]:
    """The answer of LitServe; it takes seconds to start."""
    content = json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", content, {"Content-Type": "application/json"})
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 503:  # it starts
                with error:
                    return error.code, json.load(error)
        except OSError:
            pass  # it does not listen yet
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError("LitServe did not start")
