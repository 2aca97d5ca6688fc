"""Each kind of mistake: refused at its place, with words that say what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from augplug._policies.documents import BYTES, DEPTH, VALUES, shorten, shown
from augplug._policies.grammar import Node
from augplug._policies.reader import address_of, load_policy_file, loads_json, loads_toml, read_node, read_policy
from augplug.errors import OperationError, PolicyError
from tests.policies.conftest import OPERATIONS
from tests.strategies import Operations

ROTATE = {"op": "Rotate", "degrees": 30}

# policy -> (pointer below /policy, a word of the message)
NODES: list[tuple[object, str, str]] = [
    (3, "", "table"),
    ([ROTATE], "", "table"),
    ({}, "", "known: blend, one_of, op, policy, sequence, some_of"),
    ({"p": 1}, "", "no word of the grammar"),
    ({"sequense": [ROTATE]}, "/sequense", "did you mean 'sequence'"),
    ({"op": "Rotate", "one_of": [ROTATE]}, "/one_of", "op and one_of"),
    ({"op": 3}, "/op", "string"),
    ({"op": "Rotat", "degrees": 3}, "/op", "did you mean 'Rotate'"),
    ({"op": "augplug:Rotat"}, "/op", "did you mean 'augplug:Rotate'"),
    ({"op": "os:system"}, "/op", "no operation"),
    ({**ROTATE, "degree": 3}, "/degree", "did you mean 'degrees'"),
    ({**ROTATE, "P": 0.5}, "/P", "no field 'P'"),
    ({**ROTATE, "a/b~c": 0.5}, "/a~1b~0c", "no field"),
    ({**ROTATE, "p": 1.5}, "/p", "0..1"),
    ({**ROTATE, "p": -0.1}, "/p", "0..1"),
    ({**ROTATE, "p": True}, "/p", "not true"),
    ({**ROTATE, "p": "0.5"}, "/p", "number"),
    ({**ROTATE, "p": {"uniform": [0, 1]}}, "/p", "number"),
    ({"op": "Rotate"}, "", "needs degrees or a level"),
    ({**ROTATE, "level": 3}, "", "give one"),
    ({"op": "Rotate", "level": 10}, "/level", "0..9"),
    ({"op": "Rotate", "level": -1}, "/level", "0..9"),
    ({"op": "Rotate", "level": {"integers": [0, 10]}}, "/level", "0..9"),
    ({"op": "Rotate", "level": {"sign": 1}}, "/level", "0..9"),
    ({"op": "Rotate", "level": "3"}, "/level", "number"),
    ({"op": "Invert", "level": 10}, "/level", "0..9"),
    ({"op": "Rotate", "degrees": 361}, "/degrees", "-360..360"),
    ({"op": "Rotate", "degrees": "30"}, "/degrees", "'30'"),
    ({"op": "Rotate", "degrees": [30]}, "/degrees", "(30,)"),
    ({"op": "Rotate", "degrees": False}, "/degrees", "not false"),
    ({"op": "Rotate", "degrees": {"uniform": [0, 361]}}, "/degrees", "-360..360"),
    ({"op": "Posterize", "bits": 2.5}, "/bits", "whole"),
    ({"op": "Posterize", "bits": {"uniform": [1, 8]}}, "/bits", "whole"),
    ({"op": "Posterize", "bits": {"choice": [1, 2.5, 8]}}, "/bits", "whole"),
    ({**ROTATE, "interpolation": "lanczos"}, "/interpolation", "nearest, linear"),
    ({**ROTATE, "interpolation": 3}, "/interpolation", "nearest, linear"),
    ({**ROTATE, "interpolation": {"choice": [1, 2]}}, "/interpolation", "nearest, linear"),
    ({**ROTATE, "fill": []}, "/fill", "at least one"),
    ({**ROTATE, "fill": [0, 256]}, "/fill", "0..255"),
    ({**ROTATE, "fill": [0, "x"]}, "/fill/1", "number"),
    ({**ROTATE, "fill": [[0]]}, "/fill/0", "number"),
    ({"op": "Rotate", "degrees": {}}, "/degrees", "unknown distribution"),
    ({"op": "Rotate", "degrees": {"unifrom": [0, 1]}}, "/degrees/unifrom", "did you mean 'uniform'"),
    ({"op": "Rotate", "degrees": {"uniform": [0, 1], "clip": [0, 1]}}, "/degrees/clip", "unknown key 'clip'"),
    ({"op": "Rotate", "degrees": {"uniform": [0, 1], "sign": 1}}, "/degrees/sign", "unknown key"),
    ({"op": "Rotate", "degrees": {"uniform": [0]}}, "/degrees/uniform", "two numbers"),
    ({"op": "Rotate", "degrees": {"uniform": 3}}, "/degrees/uniform", "list"),
    ({"op": "Rotate", "degrees": {"uniform": [1, 0]}}, "/degrees/uniform", "low <= high"),
    ({"op": "Rotate", "degrees": {"uniform": [0, "1"]}}, "/degrees/uniform/1", "number"),
    ({"op": "Rotate", "degrees": {"integers": [0, 1.5]}}, "/degrees/integers", "two integers"),
    ({"op": "Rotate", "degrees": {"choice": []}}, "/degrees/choice", "at least one"),
    ({"op": "Rotate", "degrees": {"choice": [1, 2], "weights": [1]}}, "/degrees/weights", "2 weights"),
    ({"op": "Rotate", "degrees": {"choice": [1], "weights": [-1]}}, "/degrees/weights", "negative"),
    ({"op": "Rotate", "degrees": {"normal": [0, 1]}}, "/degrees", "clip"),
    ({"op": "Rotate", "degrees": {"normal": [0, -1], "clip": [0, 1]}}, "/degrees/normal", "std"),
    ({"op": "Rotate", "degrees": {"normal": [0, 1], "clip": [1, 0]}}, "/degrees/clip", "low <= high"),
    ({"op": "Rotate", "degrees": {"log_uniform": [0, 1]}}, "/degrees/log_uniform", "positive"),
    ({"op": "Rotate", "degrees": {"beta": [0, 1]}}, "/degrees/beta", "positive"),
    ({"op": "Rotate", "degrees": {"sign": [1]}}, "/degrees/sign", "number"),
    ({"op": "Rotate", "degrees": {"key": 1}}, "/degrees/key", "unknown distribution"),
    ({"sequence": ROTATE}, "/sequence", "list"),
    ({"sequence": [ROTATE, 3]}, "/sequence/1", "table"),
    ({"sequence": [ROTATE], "p": 0.5}, "/p", "unknown key 'p'"),
    ({"one_of": []}, "/one_of", "at least one"),
    ({"one_of": [ROTATE], "weight": [1]}, "/weight", "did you mean 'weights'"),
    ({"one_of": [ROTATE, ROTATE], "weights": [0, 0]}, "/weights", "not all zero"),
    ({"one_of": [ROTATE], "weights": 1}, "/weights", "list"),
    ({"one_of": [{"sequence": [ROTATE, {"op": "X"}]}]}, "/one_of/0/sequence/1/op", "no operation"),
    ({"some_of": [], "n": 0}, "/some_of", "at least one"),
    ({"some_of": [ROTATE]}, "", 'needs "n"'),
    ({"some_of": [ROTATE], "n": 1.0}, "/n", "whole"),
    ({"some_of": [ROTATE], "n": 1.5}, "/n", "whole"),
    ({"some_of": [ROTATE], "n": True}, "/n", "number"),
    ({"some_of": [ROTATE], "n": -1}, "/n", "0..100"),
    ({"some_of": [ROTATE], "n": 101}, "/n", "0..100"),
    ({"some_of": [ROTATE], "n": {"uniform": [0, 2]}}, "/n", "whole"),
    ({"some_of": [ROTATE], "n": {"integers": [1, 2]}, "replacement": False}, "/n", "0..1"),
    ({"some_of": [ROTATE, ROTATE], "n": 2, "replacement": False, "weights": [1, 0]}, "/n", "0..1"),
    ({"some_of": [ROTATE], "n": 1, "replacement": 1}, "/replacement", "true or false"),
    ({"some_of": [ROTATE], "n": 1, "weights": [1, 1]}, "/weights", "1 weights"),
    ({"blend": []}, "/blend", "at least one"),
    ({"blend": [ROTATE], "alpha": 0}, "/alpha", "positive numbers"),
    ({"blend": [ROTATE], "alpha": [1]}, "/alpha", "number"),
    ({**ROTATE, "degrees": None}, "/degrees", "null"),
    ({**ROTATE, "degrees": 2**53 + 1}, "/degrees", "2**53"),
    ({**ROTATE, "degrees": -(10**400)}, "/degrees", "2**53"),
    ({"op": "Identity", "odd": "x" * 5000}, "/odd", "4,096"),
    ({"op": "\ud800"}, "/op", "surrogate"),
    ({"op": "Identity", "\ud800": 1}, "", "not a key"),
    ({"op": "Identity", "a\nb": 1}, "", "not a key"),
    ({"op": "Identity", "k" * 101: 1}, "", "not a key"),
]


@pytest.mark.parametrize(("node", "pointer", "words"), NODES, ids=[str(number) for number in range(len(NODES))])
def test_a_wrong_node(node: object, pointer: str, words: str) -> None:
    document = {"augplug_policy": 1, "policy": node}
    refused_at(f"/policy{pointer}", words, read_policy, document)
    refused_at(f"/policy{pointer}", words, loads_json, json.dumps(document))
    refused_at(f"/plan/0{pointer}", words, node_of_plan, node)


def node_of_plan(node: object, operations: Operations) -> Node:
    return read_node(node, operations, scale="autoaugment", pointer="/plan/0")


# document beside the policy -> (pointer, a word of the message)
TOPS: list[tuple[dict[str, object], str, str]] = [
    ({"augplug_policy": 3}, "/augplug_policy", "made by a newer augplug"),
    ({"augplug_policy": 3, "new": 1}, "/augplug_policy", "upgrade"),
    ({"augplug_policy": 0}, "/augplug_policy", "no format 0"),
    ({"augplug_policy": 1.0}, "/augplug_policy", "whole"),
    ({"augplug_policy": True}, "/augplug_policy", "whole"),
    ({"augplug_policy": "1"}, "/augplug_policy", "whole"),
    ({"polcy": 1}, "/polcy", "did you mean 'policy'"),
    ({"name": "My policy"}, "/name", "a-z"),
    ({"name": ""}, "/name", "a-z"),
    ({"name": "a" * 65}, "/name", "64"),
    ({"name": "../up"}, "/name", "a-z"),
    ({"name": 3}, "/name", "string"),
    ({"scale": "autoaugmnet"}, "/scale", "did you mean 'autoaugment'"),
    ({"scale": ["autoaugment"]}, "/scale", "string"),
    ({"fuse": "exakt"}, "/fuse", "did you mean 'exact'"),
    ({"source": 3}, "/source", "string"),
    ({"source": "\udfff"}, "/source", "surrogate"),
    ({"defaults": []}, "/defaults", "table"),
    ({"defaults": {"fil": 0}}, "/defaults/fil", "did you mean 'fill'"),
    ({"defaults": {"fill": 256}}, "/defaults/fill", "0..255"),
    ({"defaults": {"fill": "red"}}, "/defaults/fill", "'red'"),
    ({"defaults": {"interpolation": "area"}}, "/defaults/interpolation", "for Rotate"),
    ({"defaults": {"interpolation": "lanczos"}}, "/defaults/interpolation", "nearest"),
    ({"defaults": {"mask_fill": [1]}}, "/defaults/mask_fill", "number"),
]


@pytest.mark.parametrize(("changes", "pointer", "words"), TOPS, ids=[str(number) for number in range(len(TOPS))])
def test_a_wrong_document(changes: dict[str, object], pointer: str, words: str) -> None:
    document = {"augplug_policy": 1, "policy": ROTATE, **changes}
    refused_at(pointer, words, read_policy, document)
    refused_at(pointer, words, loads_json, json.dumps(document))


def test_defaults_are_checked_where_no_step_has_them() -> None:
    document = {"augplug_policy": 1, "policy": {"op": "Invert"}, "defaults": {"interpolation": "lanczos"}}
    refused_at("/defaults/interpolation", "nearest", read_policy, document)


@pytest.mark.parametrize("document", [ROTATE, {"one_of": [ROTATE]}, {"sequence": []}])
def test_a_node_alone_is_no_file(document: object) -> None:
    refused_at("", 'put it into {"augplug_policy": 1, "policy": ...}', read_policy, document)


def test_one_draw_has_an_end() -> None:
    most = {"some_of": [{"some_of": [ROTATE, {"sequence": []}], "n": {"integers": [0, 100]}}], "n": 10}
    read_policy({"augplug_policy": 1, "policy": most}, OPERATIONS)
    tree = {"sequence": [{"one_of": [ROTATE, most]}, {"blend": [ROTATE]}]}
    refused_at("/policy", "more than 1,000 steps", read_policy, {"augplug_policy": 1, "policy": tree})


def test_what_is_no_policy_at_all() -> None:
    refused_at("", "table", read_policy, [])
    refused_at("", "no policy file", read_policy, {"name": "x"})
    refused_at("", '"policy" is missing', read_policy, {"augplug_policy": 1})
    refused_at("/policy", "tuple", read_policy, {"augplug_policy": 1, "policy": ()})
    refused_at("/policy", "3 is not a key", read_policy, {"augplug_policy": 1, "policy": {3: 3}})


TEXTS: list[tuple[bytes, str | None, str]] = [
    (b"", "", "line 1, column 1"),
    (b'{"augplug_policy": 1,', "", "not JSON"),
    (b'{"augplug_policy": 1}}', "", "not JSON"),
    (b"\xef\xbb\xbf{}", "", "BOM"),
    ('{"augplug_policy": 1}'.encode("utf-16"), "", "not UTF-8"),
    (b'{"augplug_policy": 1, "name": "\xff"}', "", "0xff at offset 31"),
    (b'{"augplug_policy": NaN}', "/augplug_policy", "finite"),
    (b'{"augplug_policy": -Infinity}', "/augplug_policy", "finite"),
    (b'{"augplug_policy": 1, "policy": {"op": "Rotate", "degrees": 1e400}}', "/policy/degrees", "finite"),
    (
        b'{"augplug_policy": 1, "policy": {"op": "Rotate", "degrees": ' + b"9" * 5000 + b"}}",
        "/policy/degrees",
        "finite",
    ),
    (b'{"augplug_policy": 1, "augplug_policy": 1}', "/augplug_policy", "twice"),
    (b'{"augplug_policy": 1, "policy": {"one_of": [{"op": "X", "o\\u0070": "Y"}]}}', "/policy/one_of/0/op", "twice"),
    (b'{"a/b": 1, "a/b": 1}', "/a~1b", "twice"),
    (b'{"\\n": {"\\n": 1, "\\n": 2}}', "", "not a key"),
    (b'{"name": "\\ud800"}', "/name", "surrogate"),
    (b"[" * 100_000, "", "deeper"),
    (b'{"augplug_policy": 1, "policy": ' + b'{"sequence": [' * 40 + b"]}" * 40 + b"}", None, "deeper"),
    (b'{"augplug_policy": 1, "policy": ' + b'{"sequence": [' * 25 + b"]}" * 25 + b"}", "/policy", "deeper than 24"),
    (b'{"a": [' + b"1," * VALUES + b"1]}", "/a", "50,000 values"),
    (b" " * (BYTES + 1), "", "bytes"),
]


@pytest.mark.parametrize(("text", "pointer", "words"), TEXTS, ids=[str(number) for number in range(len(TEXTS))])
def test_a_wrong_text(text: bytes, pointer: str | None, words: str) -> None:
    if pointer is None:  # too deep for the reader, not for the parser: the place is as deep as may be
        pointer = "/policy" + "/sequence/0" * ((DEPTH - 2) // 2)
    refused_at(pointer, words, loads_json, text)


TOMLS: list[tuple[str, str, str]] = [
    ("augplug_policy = 1\naugplug_policy = 1", "", "not TOML: Cannot overwrite"),
    ("augplug_policy = 1\n[policy]\n[policy]", "", "line 3"),
    ("augplug_policy = nan", "/augplug_policy", "finite"),
    ("augplug_policy = 1e400", "/augplug_policy", "finite"),
    (f"augplug_policy = 0x{'f' * 9000}", "/augplug_policy", "36000 bits"),
    (f"augplug_policy = {'9' * 5000}", "", "not TOML"),
    ("augplug_policy = 1\nname = 1979-05-27", "/name", "date"),
    ("augplug_policy = 1\npolicy = " + "[" * 5000, "", "deeper"),
    ("augplug_policy = 1\npolicy = " + "{a = " * 5000, "", "deeper"),
    ("augplug_policy = 1\n" + "a." * 2000 + "b = 1", "", "deeper"),
    ("augplug_policy = 1\n" + '"a" . ' * 100 + "b = 1", "", "line 2"),
    ("augplug_policy = 1\nname = '''\n" + "'", "", "not TOML"),
    ("augplug_policy = 3", "/augplug_policy", "newer"),
    ("op = 'Invert'", "", "a node of the grammar alone"),
    ("augplug_policy = 1\n[policy]\nop = 'Rotate'\ndegrees.uniform = [1, 0]", "/policy/degrees/uniform", "low <= high"),
]


@pytest.mark.parametrize(("text", "pointer", "words"), TOMLS, ids=[str(number) for number in range(len(TOMLS))])
def test_a_wrong_toml(text: str, pointer: str, words: str) -> None:
    refused_at(pointer, words, loads_toml, text)


def test_brackets_in_strings_and_comments_are_no_nesting() -> None:
    lines = ['a = "' + "[" * 300 + '\\"["', "b = '" + "{" * 300 + "'", "# " + "[" * 300]
    lines += [
        'c = """' + '["\\"""' * 100 + '"""',
        "d = '''" + "['" * 200 + "'''",
        "e = [0.5, 0.5, " + "0.25, " * 100 + "]",
    ]
    refused_at("", "no policy file", loads_toml, "\n".join(lines))
    refused_at("", "no policy file", loads_json, json.dumps({"a": "[{" * 300 + '"' + "\\" + "[" * 300}))


def test_a_cycle_is_too_deep() -> None:
    document: dict[str, Any] = {"augplug_policy": 1}
    document["policy"] = document
    with pytest.raises(PolicyError, match="deeper"):
        read_policy(document, OPERATIONS)


def test_what_multiplies_is_too_much() -> None:
    many: Any = [1] * 100
    for _ in range(2):
        many = [many] * 100
    refused_at("/policy", "values", read_policy, {"augplug_policy": 1, "policy": many}, prefix=True)


def test_files(tmp_path: Path) -> None:
    text = json.dumps({"augplug_policy": 1, "policy": ROTATE})
    (tmp_path / "good.json").write_text(text)
    (tmp_path / "GOOD.TOML").write_text("augplug_policy = 1\npolicy = {op = 'Rotate', degrees = 30}")
    good = loads_json(text, OPERATIONS)
    assert load_policy_file(tmp_path / "good.json", OPERATIONS) == good
    assert load_policy_file(str(tmp_path / "GOOD.TOML"), OPERATIONS) == good
    (tmp_path / "bad.json").write_text(text.replace("30", "400"))
    refused_at("/policy/degrees", "bad.json", load_policy_file, tmp_path / "bad.json")
    (tmp_path / "large.json").write_bytes(b" " * (BYTES + 1))
    refused_at("", "at most 1,048,576 bytes [file", load_policy_file, tmp_path / "large.json")
    (tmp_path / "good.yaml").write_text(text)
    refused_at("", ".json or .toml", load_policy_file, tmp_path / "good.yaml")
    refused_at("", "no such file", load_policy_file, tmp_path / "none.json")
    (tmp_path / "folder.json").mkdir()
    refused_at("", "no such file", load_policy_file, tmp_path / "folder.json")
    refused_at("", "file", load_policy_file, "a\0b.json")
    refused_at("", "too long", load_policy_file, tmp_path / f"{'x' * 300}.json")


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text("{}")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    refused_at("", "Permission denied", load_policy_file, tmp_path / "mine.json")


def test_messages_are_one_short_line() -> None:
    assert shorten("one\n  two\ttwo") == "one two two"
    assert shorten("x" * 1000) == "x" * 297 + "..."
    assert shown({"a": 1}) == "a table of 1"
    assert shown(True) == "true"
    assert shown("\ud800\n") == r"'\ud800\n'"
    assert len(shown("x" * 1000)) == 80


def test_addresses() -> None:
    assert address_of(OPERATIONS, "Rotate") == "augplug:Rotate"
    assert address_of(OPERATIONS, "other-plugin:Odd") == "other-plugin:Odd"
    assert address_of(OPERATIONS, "Odd") == "other-plugin:Odd"
    another = {"another:Odd": OPERATIONS["Rotate"], **OPERATIONS}
    assert address_of(another, "Odd") == "other-plugin:Odd"
    with pytest.raises(OperationError, match="did you mean 'Rotate'"):
        address_of(OPERATIONS, "Rotat")
    with pytest.raises(OperationError, match="no full address"):
        address_of({"Rotate": OPERATIONS["Rotate"]}, "Rotate")


def refused_at(pointer: str, words: str, read: Any, document: Any, *, prefix: bool = False) -> None:
    with pytest.raises(PolicyError) as caught:
        read(document, OPERATIONS)
    found = caught.value.pointer[: len(pointer)] if prefix else caught.value.pointer
    assert found == pointer, caught.value
    assert words in caught.value.problem
    assert str(caught.value).isprintable()
