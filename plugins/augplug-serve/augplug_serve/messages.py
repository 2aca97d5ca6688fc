"""Requests and answers of HTTP as values, and the errors that become answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from augplug_serve.handler import LARGEST, Draw

JSON = "application/json"
MOST_PARAMETERS = 20


class RefusedError(Exception):
    """A request that cannot be answered: the status 4xx or 5xx, and what to do. It becomes `{"error": ...}`."""

    def __init__(self, status: int, message: str, *headers: tuple[str, str]) -> None:
        """Take the status, a sentence for the client, and further headers."""
        super().__init__(message)
        self.status = status
        self.headers = headers


class Request(NamedTuple):
    """One request: names of `headers` are in small letters, `query` is what follows the `?`."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    def parameters(self, known: tuple[str, ...]) -> dict[str, str]:
        """Return what the query says, each name once. Raises RefusedError for names that are not `known`."""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except ValueError as error:
            raise RefusedError(400, f"a query has {MOST_PARAMETERS} parameters at most") from error
        return named(pairs, known)


class Answer(NamedTuple):
    """One answer."""

    body: bytes
    media: str = JSON
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Action: TypeAlias = Callable[[Request], Answer]
"""What a protocol does for a request; it runs in a thread of its own and may take its time."""


class Route(NamedTuple):
    """Which request an action answers: its method, and whether it needs the token. `quick` ones wait in no queue."""

    method: str
    action: Action
    open: bool = False
    quick: bool = True


def answer_json(value: Any, status: int = 200) -> Answer:
    """Return a value as an answer in JSON."""
    return Answer(json.dumps(value).encode(), status=status)


def named(pairs: list[tuple[str, str]], known: tuple[str, ...]) -> dict[str, str]:
    """Return pairs as a dictionary. Raises RefusedError for a name that is not `known`, or given twice."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known or name in found:
            problem = "is given twice" if name in found else f"is not one of {', '.join(known)}"
            raise RefusedError(400, f"the parameter {name[:80]!r} {problem}")
        found[name] = value
    return found


def draw_of(given: Mapping[str, Any]) -> Draw:
    """Return the draw that `index`, `epoch` and `key` name; numbers may be texts. Raises RefusedError."""
    if "index" in given and "key" in given:
        raise RefusedError(400, "a draw has an index or a key, not both")
    key = given.get("key")
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= 1024):
        raise RefusedError(400, "key is a text of 1 to 1024 characters")
    return Draw(whole(given, "index", None), whole(given, "epoch", 0) or 0, key)


def whole(given: Mapping[str, Any], name: str, default: int | None, most: int = LARGEST) -> int | None:
    """Return a whole number in 0..most, given as a number or in digits. Raises RefusedError."""
    value: object = given.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 20:
        value = int(value)
    if value is default:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise RefusedError(400, f"{name} is a whole number in 0..{most}, not {str(value)[:80]!r}")
    return value
