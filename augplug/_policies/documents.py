"""Text to data, strictly: what Python's parsers let through and a policy file must not hold is refused here.

`json` takes the last of two equal keys, reads 1e400 as infinity and NaN as a number, and, like `tomllib`, runs out of
stack on deep nesting. So size and depth are checked before parsing, and every value of the tree after it. Every
refusal is a `PolicyError` with the place as a JSON pointer (RFC 6901); text that is neither JSON nor TOML has the
pointer of the whole document, and the line and column in the message.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from augplug.disk import kind_of
from augplug.errors import OperationError, PolicyError, SettingsError, suggest

BYTES = 1 << 20
DEPTH = 64
VALUES = 50_000
LARGEST = 2**53
"""Beyond it floats skip integers; also, the difference of two numbers below it is finite."""
TEXT = 4096
KEY = 100
_SHOWN = 80

# An unterminated string takes the rest of the text, so that the scan is linear; the parser then refuses it.
_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[][{}]', re.DOTALL)
_TOML_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\\?\Z)'
    r"|'''.*?(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\.)*+(?:"|\\?\Z|\n)'
    r"|'[^'\n]*+(?:'|\Z|\n)"
    r"|\#[^\n]*+|[][{}.,=\n]",
    re.DOTALL,
)


def parse_json(text: bytes | str) -> object:
    """Return the JSON document `text` as checked data; raise PolicyError."""
    decoded = _decoded(text)
    _check_nesting(_JSON_TOKEN, decoded)
    try:
        document = json.loads(decoded, object_pairs_hook=_table, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise PolicyError(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:  # the caller's own stack is nearly full
        raise PolicyError("nested too deep to read from here") from None
    check_document(document)
    return document


def parse_toml(text: bytes | str) -> object:
    """Return the TOML document `text` as checked data; raise PolicyError."""
    decoded = _decoded(text)
    _check_nesting(_TOML_TOKEN, decoded)
    try:
        document = tomllib.loads(decoded)
    except RecursionError:  # the caller's own stack is nearly full
        raise PolicyError("nested too deep to read from here") from None
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        raise PolicyError(f"not TOML: {shorten(str(error))}") from None
    check_document(document)
    return document


def contents(path: Path) -> bytes:
    """Return the bytes of a file, up to one more than a document may have. Raises PolicyError."""
    try:
        if kind_of(path) == "file":  # a pipe would be waited for, a folder is not a file
            with path.open("rb") as file:
                return file.read(BYTES + 1)  # one more than the reader takes, so that it says so
    except OSError as error:
        raise PolicyError(f"cannot be opened: {error.strerror}") from None
    raise PolicyError("there is no such file")


def check_document(document: object, pointer: str = "") -> None:
    """Refuse data that no policy file holds: other types than JSON's, numbers and sizes out of bounds, odd keys."""
    waiting = [(document, pointer, 1)]
    seen = 1
    while waiting:
        value, place, depth = waiting.pop()
        problem = _problem(value)
        if isinstance(value, _Repeated):
            place = below(place, value.key) if _is_key(value.key) else place
        if problem:
            raise PolicyError(problem, place)
        children = list(_children(value, place))
        seen += len(children)
        if children and depth >= DEPTH:
            raise PolicyError(f"nested deeper than {DEPTH} levels", place)
        if seen > VALUES:
            raise PolicyError(f"more than {VALUES:,} values in one document", place)
        waiting += [(child, where, depth + 1) for child, where in reversed(children)]


def below(pointer: str, key: str | int) -> str:
    """Return the JSON pointer of what stands under `key`."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def shorten(text: str, most: int = 300) -> str:
    """Return at most `most` characters of a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."


def shown(value: object) -> str:
    """Return a value for a message: as in the file, and short."""
    if isinstance(value, dict | list):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 128:  # int -> str is quadratic, and refused from 4,300 digits on
        return f"an integer of {value.bit_length()} bits"
    return shorten(ascii(value), _SHOWN)


def brief(value: object) -> str:
    """Return what kind of thing a value is, for a message: `a list`, `the class Rotate`, `a table of 48 names`."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, Mapping):
        return f"a table of {len(value)} names"
    if isinstance(value, str | int | float):
        return shown(value)
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    outside = library not in ("augplug", "builtins")
    return f"an object of {library}.{kind.__name__}" if outside else f"an object of type {kind.__name__}"


@dataclass(frozen=True)
class Place:
    """A value of a checked document, and the JSON pointer of its place."""

    value: object
    pointer: str = ""

    def error(self, problem: str) -> PolicyError:
        """Return the error that says `problem` about this place."""
        return PolicyError(problem, self.pointer)

    def table(self) -> dict[str, Place]:
        """Return what stands under each key of a table (a JSON object)."""
        table = self.value
        if not isinstance(table, dict):
            raise self.error(f"a table (JSON object) is needed here, not {shown(table)}")
        return {key: Place(value, below(self.pointer, key)) for key, value in table.items()}

    def only(self, known: Iterable[str]) -> dict[str, Place]:
        """Return the table, none of whose keys may be unknown."""
        table, names = self.table(), list(known)
        for key, place in table.items():
            if key not in names:
                raise place.error(f"unknown key {shown(key)}{suggest(key, names)}")
        return table

    def items(self) -> list[Place]:
        """Return the members of a list."""
        if not isinstance(self.value, list):
            raise self.error(f"a list is needed here, not {shown(self.value)}")
        return [Place(value, below(self.pointer, index)) for index, value in enumerate(self.value)]

    def number(self) -> float:
        """Return a number as it is: a whole one may be an int. true and false are none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(f"a number is needed here, not {shown(self.value)}")
        return self.value

    def whole(self) -> int:
        """Return a whole number, written as one."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.error(f"a whole number is needed here, not {shown(self.value)}")
        return self.value

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.error(f"a string is needed here, not {shown(self.value)}")
        return self.value

    def truth(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.error(f"true or false is needed here, not {shown(self.value)}")
        return self.value

    @contextmanager
    def to_blame(self) -> Iterator[None]:
        """Turn what the grammar's constructors raise in the block into a PolicyError at this place."""
        try:
            yield
        except (SettingsError, OperationError) as error:
            raise self.error(shorten(str(error))) from None


@dataclass(frozen=True)
class _Repeated:
    """Stands for an object in which `key` is given twice; a parser's hook cannot know the place, the check can."""

    key: str


def _table(pairs: list[tuple[str, object]]) -> object:
    table: dict[str, object] = {}
    for key, value in pairs:
        if key in table:
            return _Repeated(key)
        table[key] = value
    return table


def _whole(digits: str) -> float:
    return int(digits) if len(digits) < 40 else float(digits)  # float is linear; the check then says out of bounds


def _decoded(text: bytes | str) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > BYTES:
        raise PolicyError(f"a policy file has at most {BYTES:,} bytes")
    if isinstance(text, str):
        return text  # a lone surrogate in it is found at its place, or the text is not JSON
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(f"not UTF-8: byte {text[error.start]:#04x} at offset {error.start}") from None


def _check_nesting(token: re.Pattern[str], text: str) -> None:
    opened = dots = 0
    for match in token.finditer(text):
        mark = match.group()
        if mark in {"[", "{"}:
            opened += 1
        elif mark in {"]", "}"}:
            opened -= 1
        dots = dots + 1 if mark == "." else dots if mark[0] in "\"'" else 0
        if opened > 2 * DEPTH or dots > DEPTH:  # twice: what is only a little too deep is refused with its place
            line = text.count("\n", 0, match.start()) + 1
            raise PolicyError(f"nested deeper than {DEPTH} levels (line {line})")


def _children(value: object, place: str) -> Iterator[tuple[object, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            if not _is_key(key):
                raise PolicyError(f"{shown(key)} is not a key: a key is up to {KEY} printable characters", place)
            yield child, below(place, key)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield child, below(place, index)


def _is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) <= KEY and key.isprintable()


def _problem(value: object) -> str:
    if isinstance(value, _Repeated):
        return f"the key {shown(value.key)} is given twice"
    if value is None:  # None of a field, where an operation has such a field
        return ""
    if isinstance(value, str):
        return _text_problem(value)
    if isinstance(value, int | float):
        # Said this way round because no comparison with NaN is true.
        return "" if abs(value) <= LARGEST else f"a number is finite and lies in -2**53..2**53, unlike {shown(value)}"
    if isinstance(value, dict | list):
        return ""
    return f"a {type(value).__name__} is not a value of a policy file: {shown(value)}"


def _text_problem(text: str) -> str:
    if len(text) > TEXT:
        return f"a string has at most {TEXT:,} characters, not {len(text):,}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"half of a surrogate pair is not a text: {shown(text)}"
    return ""
