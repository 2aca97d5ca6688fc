"""The playground without a browser: what is refused, what is shown, and the code that makes the same picture."""

import json
import runpy
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augplug
from augplug.cli import main
from plugins.tests.served import NOISE, Reply, Served, served

BOXES = [[2.0, 3, 20, 18]]


class Page:
    """The playground as a client sees it."""

    def __init__(self, server: Served, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.token = server.line.strip().partition("?token=")[2]

    def ask(self, path: str, body: Any = None) -> Reply:
        content = None if body is None else json.dumps(body).encode()
        return self.server.ask(path, content, Authorization=f"Bearer {self.token}")

    def render(self, policy: Any, **draw: int) -> Any:
        found = self.ask("/render", {"policy": policy, **draw})
        assert found.status == 200, found.body
        return json.loads(found.body)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    mask = np.zeros(NOISE.shape[:2], np.uint8)
    mask[3:18, 2:20] = 2
    (folder / "noise.png").write_bytes(augplug.encode_image(NOISE)[0])
    (folder / "large.png").write_bytes(augplug.encode_image(np.repeat(NOISE, 4, axis=1))[0])
    (folder / "masks").mkdir()
    (folder / "masks" / "noise.png").write_bytes(augplug.encode_image(mask)[0])
    (folder / "boxes.json").write_text(json.dumps({"noise.png": BOXES}), "utf-8")
    images = [str(folder / name) for name in ("noise.png", "large.png")]
    options = ["--masks", str(folder / "masks"), "--boxes", str(folder / "boxes.json"), "--size", "64"]
    with served(folder, *images, *options, command="playground") as running:
        yield Page(running, folder)


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css", "/start", "/?token=", "/?token=0123", "/start?x=1"])
def test_nothing_is_shown_without_the_token(page: Page, path: str) -> None:
    assert page.server.ask(path).status in (400, 401)
    assert page.server.ask("/render", b"{}").status == page.server.ask("/policy", b"{}").status == 401


def test_the_page_loads_nothing_from_elsewhere(page: Page) -> None:
    found = page.server.ask(f"/?token={page.token}")
    assert (found.status, found.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = found.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src data:;")
    assert "unsafe" not in policy
    assert found.headers["x-content-type-options"] == "nosniff"
    for path in ("/", "/page.js", "/page.css"):
        text = page.server.ask(f"{path}?token={page.token}").body.decode()
        links = [part for part in text.split('"') if "://" in part]
        assert links in ([], ["http://www.w3.org/2000/svg"])
        assert "style=" not in text
        assert "innerHTML" not in text


def test_it_starts_with_images_policies_and_every_operation(page: Page) -> None:
    found = json.loads(page.ask("/start").body)
    assert found["images"] == [{"name": "noise.png", "own": True}, {"name": "large.png", "own": False}]
    assert found["policy"] == augplug.policy("hand-made").to_json()
    assert {"autoaugment-cifar10", "randaugment"} <= {*found["policies"]}
    assert {*found["operations"]} == {name for name in augplug.operations() if ":" not in name}
    for name, operation in found["operations"].items():
        assert {*operation["parameters"]} == {*augplug.operations()[name].about.parameters}
        for each in operation["parameters"].values():
            assert each["low"] < each["high"] < np.inf
    named = json.loads(page.ask("/policy", {"name": "autoaugment-svhn"}).body)
    assert named == augplug.policy("autoaugment-svhn").to_json()


@pytest.mark.parametrize("name", ["hand-made", "autoaugment-cifar10", "randaugment", "augmix"])
def test_the_picture_is_that_of_python(page: Page, name: str) -> None:
    policy = augplug.policy(name)
    augment = augplug.Augmenter(policy, seed=4)
    for index in range(4):
        found = page.render(policy.to_json(), seed=4, index=index, epoch=1)
        assert np.array_equal(shown(found["after"]), augment(NOISE, index=index, epoch=1))
        if name == "augmix":  # it blends images that moved differently
            assert (found["after"]["mask"], found["after"]["boxes"]) == ("", [])
            assert "has no masks and no boxes" in found["note"]
            continue
        expected = augment(image=NOISE, boxes=augplug.Boxes(np.array(BOXES)), index=index, epoch=1)
        assert np.allclose(found["after"]["boxes"], expected["boxes"].array)
        assert np.array_equal(shown(found["before"]), NOISE)
        assert json.loads(found["json"]) == policy.to_json()
        assert found["plan"] == str(augment.plan(NOISE, index=index, epoch=1))


def shown(side: Any) -> Any:
    return augplug.decode_image(b64decode(side["image"])).pixels


@pytest.mark.parametrize(("image", "policy"), [(0, "autoaugment-imagenet"), (1, "hand-made")])
def test_the_python_makes_that_picture(page: Page, image: int, policy: str, tmp_path: Path) -> None:
    found = page.render(augplug.policy(policy).to_json(), image=image, seed=2, index=3)
    (tmp_path / "code.py").write_text(found["python"], "utf-8")
    made = runpy.run_path(str(tmp_path / "code.py"))["augmented"]
    assert np.array_equal(made, shown(found["after"]))
    assert shown(found["before"]).shape[1] == (31 if image == 0 else 64)


def test_masks_have_colours_and_samples_stand_where_there_are_none(page: Page) -> None:
    for image, boxes in ((0, BOXES), (1, [[16, 3, 48, 9]])):
        before = page.render({"augplug_policy": 1, "policy": {"sequence": []}}, image=image)["before"]
        mask = augplug.decode_image(b64decode(before["mask"])).pixels
        assert before["size"] == [mask.shape[1], mask.shape[0]]
        assert {0, 255} == {*np.unique(mask[..., 3])}
        assert np.allclose(before["boxes"], boxes, atol=1)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"policy": 1}, "policy is a policy as policy.to_json() gives it"),
        ({"policy": {"augplug_policy": 1, "policy": {"op": "Rotat"}}}, "Rotate"),
        ({"policy": {"augplug_policy": 1, "policy": {"op": "MixUp"}}}, "shows single images"),
        ({"policy": {}, "image": 2}, "image is a whole number in 0..1"),
        ({"policy": {}, "seed": -1}, "seed is a whole number"),
        ({"polic": {}}, "an object with the keys policy, image"),
        ([], "an object with the keys"),
    ],
)
def test_what_is_wrong_is_one_sentence(page: Page, body: Any, message: str) -> None:
    found = page.ask("/render", body)
    assert found.status == 400
    assert message in json.loads(found.body)["error"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["none.png"], "none.png cannot be read (No such file or directory)"),
        (["text.png"], "is not an image"),
        (["good.png", "--boxes", "text.png"], "cannot be read"),
        (["good.png", "--boxes", "list.json"], "is not {"),
        (["good.png", "--policy", "hand-mad"], "hand-made"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_shown_is_said_at_once(
    options: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("no image", "utf-8")
    Path("list.json").write_text('{"good.png": [[1, 2, 3]]}', "utf-8")
    Path("good.png").write_bytes(augplug.encode_image(NOISE)[0])
    assert main(["playground", *options]) == 2
    assert message in capsys.readouterr().err
