"""Plain HTTP and SageMaker's contract: the bytes of `augplug apply`."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import augplug
from augplug.cli import main
from plugins.tests.served import Served, served


@pytest.fixture(scope="module")
def applied(png: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What `augplug apply` writes."""
    folder = tmp_path_factory.mktemp("applied")
    (folder / "in").mkdir()
    (folder / "in" / "noise.png").write_bytes(png)
    assert main(["apply", "hand-made", str(folder / "in"), str(folder / "out"), "--seed", "5"]) == 0
    return (folder / "out" / "noise.png").read_bytes()


def test_a_posted_image_comes_back_as_apply_writes_it(server: Served, png: bytes, applied: bytes) -> None:
    found = server.ask("/apply?index=0", png)
    assert (found.status, found.body, found.headers["content-type"]) == (200, applied, "image/png")
    custom = server.ask("/invocations", png, X_Amzn_SageMaker_Custom_Attributes="index=0,epoch=0")
    assert (custom.status, custom.body, custom.headers["content-type"]) == (200, applied, "image/png")


def test_a_format_is_chosen_in_the_query_or_by_accept(server: Served, png: bytes) -> None:
    first = server.ask("/apply?index=0&format=jpeg&quality=60", png)
    second = server.ask(
        "/invocations", png, Accept="image/jpeg", X_Amzn_SageMaker_Custom_Attributes="index=0, quality=60"
    )
    assert first.body == second.body
    assert first.headers["content-type"] == second.headers["content-type"] == "image/jpeg"


def test_the_plan_comes_with_the_image_as_json(server: Served, png: bytes, applied: bytes) -> None:
    for found in (
        server.ask("/apply?index=0&plan=1", png),
        server.ask("/invocations", png, Accept="application/json", X_Amzn_SageMaker_Custom_Attributes="index=0"),
    ):
        document = json.loads(found.body)
        assert b64decode(document["image"]) == applied
        assert document["media"] == "image/png"
        plan = augplug.load_plan(json.dumps(document["plan"]))
        image = augplug.decode_image(png)
        assert augplug.encode_image(augplug.replay(plan, image.image), image)[0] == applied


def test_without_an_index_no_draw_comes_twice(server: Served, png: bytes) -> None:
    assert len({server.ask("/apply", png).body for _ in range(6)}) > 1
    named = [server.ask("/apply?key=a%2Fb.jpg", png).body for _ in range(3)]
    assert named[0] == named[1] == named[2]


def test_health_and_ping_answer_and_metrics_count(server: Served, png: bytes) -> None:
    assert (server.ask("/ping").status, server.ask("/health").body) == (200, b"ok\n")
    before = server.metric("requests_total")
    server.ask("/apply", png)
    server.ask("/nothing")
    assert server.metric("requests_total") == before + 3  # the metrics themselves are the third
    families = {family.name for family in text_string_to_metric_families(server.ask("/metrics").body.decode())}
    assert {"augplug_serve_requests", "augplug_serve_request_seconds", "augplug_serve_running"} <= families


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("/apply", b"", 400, "the body is empty"),
        ("/apply", b"no image", 400, "the image is not an image that Pillow reads here"),
        ("/apply?index=x", b"-", 400, "index is a whole number in 0"),
        ("/apply?index=99999999999999999999", b"-", 400, "index is a whole number"),
        ("/apply?index=1&index=2", b"-", 400, "the parameter 'index' is given twice"),
        ("/apply?index=1&key=a", b"-", 400, "an index or a key, not both"),
        ("/apply?key=", b"-", 400, "key is a text of 1 to 1024 characters"),
        ("/apply?indx=1", b"-", 400, "the parameter 'indx' is not one of index"),
        ("/apply?quality=101", b"-", 400, "quality is a whole number in 0..100"),
        ("/apply?plan=2", b"-", 400, "plan is a whole number in 0..1"),
        ("/apply", None, 405, "/apply takes POST"),
        ("/ping", b"-", 405, "/ping takes GET"),
        ("/elsewhere", None, 404, "there is nothing at '/elsewhere'"),
        ("/v2/models/hand-made/config", None, 404, "there is nothing at"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    server: Served, path: str, body: bytes | None, status: int, message: str
) -> None:
    found = server.ask(path, body)
    assert found.status == status
    assert message in json.loads(found.body)["error"]
    assert found.headers["content-type"] == "application/json"


def test_an_unknown_format_is_a_sentence_too(server: Served, png: bytes) -> None:
    found = server.ask("/apply?format=pgn", png)
    assert found.status == 400
    assert "there is no format 'pgn' to write (did you mean 'PNG'?)" in json.loads(found.body)["error"]


def test_only_the_protocols_that_were_named_are_there(tmp_path: Path, png: bytes) -> None:
    with served(tmp_path, "--protocol", "sagemaker", "--max-pixels", "700") as running:
        assert running.ask("/ping").status == 200
        assert running.ask("/apply", png).status == running.ask("/v2").status == 404
        assert b"more than the limit of 700 pixels" in running.ask("/invocations", png).body
