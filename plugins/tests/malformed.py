"""Requests that are wrong, whole and in any number: each deserves one 4xx."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

Chance: TypeAlias = np.random.Generator
INFER = "/v2/models/hand-made/infer"


def http(path: str, body: bytes, *lines: str, method: str = "POST") -> bytes:
    """A request as it goes over the wire."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def document(**changes: Any) -> dict[str, Any]:
    """A request to infer that is right, but for the changes."""
    tensor = {"name": "image", "datatype": "UINT8", "shape": [2, 2], "data": [1, 2, 3, 4], **changes}
    return {"inputs": [tensor]}


def infer(given: Any, behind: bytes = b"", length: int | str | None = None) -> bytes:
    head = given if isinstance(given, bytes) else json.dumps(given).encode()
    told = () if length is None else (f"Inference-Header-Content-Length: {length}",)
    return http(INFER, head + behind, *told)


def garbage(chance: Chance) -> bytes:
    """Bytes in the place of a request."""
    return bytes(chance.integers(128, 256, chance.integers(1, 400), dtype=np.uint8)) + b"\r\n\r\n"


def damaged_json(chance: Chance) -> bytes:
    """JSON with a byte that no JSON has."""
    head = bytearray(json.dumps(document()).encode())
    head[chance.integers(len(head))] = chance.integers(128, 256)
    return infer(bytes(head))


def cut_json(chance: Chance) -> bytes:
    head = json.dumps(document()).encode()
    return infer(head[: chance.integers(len(head))])


def other_json(chance: Chance) -> bytes:
    """JSON of another kind."""
    choices: tuple[Any, ...] = (
        [],
        1,
        None,
        "inputs",
        True,
        {},
        {"inputs": {}},
        {"inputs": []},
        {"inputs": [1]},
        {"inputs": [{}]},
    )
    return infer(choices[chance.integers(len(choices))])


def deep_json(chance: Chance) -> bytes:
    """JSON in JSON in JSON ..."""
    depth = int(chance.integers(2_000, 200_000))
    return infer(b'{"inputs": ' + b"[" * depth + b"]" * depth + b"}")


def wrong_field(chance: Chance) -> bytes:
    """A tensor with a field that means nothing."""
    values: dict[str, tuple[Any, ...]] = {
        "name": (1, None, "labels", ["image"]),
        "datatype": ("uint8", "INT4", "BYTES", 8, None, [], {}),
        "shape": ([2], [-2, 2], [2.0, 2], "2x2", None, [2, 2, 1, 1, 1], [2**40, 2], [True, 4], [1e99]),
        "data": ([1, 2, 3], [1, 2, 3, 256], [-1, 2, 3, 4], [1.5, 2, 3, 4], ["1"] * 4, [[1], [2, 3]], None, [None] * 4),
        "parameters": ([], {"binary_data_size": 4}, {"shared_memory_region": "x"}, 7),
    }
    field = sorted(values)[chance.integers(len(values))]
    return infer(document(**{field: values[field][chance.integers(len(values[field]))]}))


def wrong_binary(chance: Chance) -> bytes:
    """Binary data that are shorter or longer than what is said of them."""
    size = int(chance.choice([0, 1, 3, 5, 4000, 2**62, -1]))
    told = {"name": "image", "datatype": "UINT8", "shape": [2, 2], "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [told]}).encode()
    return infer(head, b"\1\2\3\4", len(head))


def wrong_bytes(chance: Chance) -> bytes:
    """An element of BYTES that ends before its length, or is not an image."""
    content = bytes(chance.integers(0, 256, chance.integers(0, 40), dtype=np.uint8))
    told = {"name": "file", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(content)}}
    head = json.dumps({"inputs": [told]}).encode()
    return infer(head, content, len(head))


def wrong_length(chance: Chance) -> bytes:
    """A length of the JSON that is none."""
    return infer(document(), b"", ["-1", "x", "1e3", "99999999999999999999999", "", "9", "0x10"][chance.integers(7)])


def wrong_parameter(chance: Chance) -> bytes:
    choices: tuple[Any, ...] = (
        {"index": -1},
        {"index": 2**64},
        {"index": 1.5},
        {"epoch": "x"},
        {"key": 3},
        {"seed": 1},
        {"key": ""},
        [],
    )
    return infer({**document(), "parameters": choices[chance.integers(len(choices))]})


def wrong_output(chance: Chance) -> bytes:
    choices: tuple[Any, ...] = (
        [1], {}, [{"name": "x"}], [{"name": "image", "parameters": {"classification": 3}}], [{"name": "file"}], "image",
    )  # fmt: skip
    return infer({**document(), "outputs": choices[chance.integers(len(choices))]})


def wrong_image(chance: Chance) -> bytes:
    """Bytes that begin as an image, to a path that takes images."""
    magic = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"II*\0", b"BM", b"")
    body = magic[chance.integers(len(magic))] + bytes(chance.integers(0, 256, 60, dtype=np.uint8))
    return http(("/apply", "/invocations", "/apply?plan=1&index=3")[chance.integers(3)], body)


def wrong_query(chance: Chance) -> bytes:
    query = (
        "index=",
        "index=1;2",
        "index=%ff",
        "epoch=-1",
        "x=1",
        "&".join(["index=1"] * 30),
        "plan=yes",
        "quality=1e2",
    )
    return http(f"/apply?{query[chance.integers(len(query))]}", b"x")


def wrong_path(chance: Chance) -> bytes:
    letters = "abcdefghijklmnopqrstuvwxyz/%20..;~"
    path = "/" + "".join(letters[place] for place in chance.integers(len(letters), size=chance.integers(1, 300)))
    return http(path, b"x")


def wrong_method(chance: Chance) -> bytes:
    method = ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")[chance.integers(7)]
    return http("/apply", b"x", method=method)


def too_large(chance: Chance) -> bytes:
    """A body that is said to be larger than any that is taken; it does not come."""
    size = int(chance.integers(2**25 + 1, 2**62))
    return f"POST /apply HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()


def wrong_head(chance: Chance) -> bytes:
    """Heads that HTTP does not know."""
    lines = (
        "Content-Length: -1", "Content-Length: x", "Content-Length: 1\r\nContent-Length: 2", "no colon", "Bad Name: 1",
        "Transfer-Encoding: gzip", "A: \0", "Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: 0",
        "Connection: close\r\nB:" + "x" * 70_000,
    )  # fmt: skip
    return f"POST /apply HTTP/1.1\r\nHost: x\r\n{lines[chance.integers(len(lines))]}\r\n\r\n".encode()


def wrong_chunks(chance: Chance) -> bytes:
    chunks = (b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n\r\n", b"1\r\nab\r\n0\r\n\r\n", b"2\r\nab\r\n0\r\n\r\n")
    head = b"POST /apply HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + chunks[chance.integers(len(chunks))]


KINDS: tuple[Callable[[Chance], bytes], ...] = (
    garbage, damaged_json, cut_json, other_json, deep_json, wrong_field, wrong_binary, wrong_bytes, wrong_length,
    wrong_parameter, wrong_output, wrong_image, wrong_query, wrong_path, wrong_method, too_large, wrong_head,
    wrong_chunks,
)  # fmt: skip


def requests(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield requests of every kind in turn, with the name of the kind."""
    chance = np.random.default_rng(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield kind.__name__, kind(chance)
