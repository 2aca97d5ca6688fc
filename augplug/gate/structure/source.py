"""Whether Python source is what it seems to be to a reader, and to every tool that comes after."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator

from augplug.gate.artifact import Artifact
from augplug.gate.findings import Finding
from augplug.gate.sources import is_source, too_large

MAX_DEPTH = 100
"""Syntax inside syntax; what people write stays below 30."""
COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
HEAVY = frozenset(
    {"albumentations", "cv2", "jax", "keras", "kornia", "matplotlib", "numba", "optuna", "pandas", "scipy", "skimage"}
    | {"sklearn", "tensorflow", "torch", "torchvision", "transformers"}
)
"""Libraries that take longer to import than augplug."""


def check_source(artifact: Artifact) -> Iterator[Finding]:
    """Yield what is wrong with the Python files, as bytes, as text and as syntax."""
    large = too_large(artifact.files)
    for path, reason in large.items():
        remedy = "Split it into modules, break long lines, and put tables of numbers into data files."
        yield Finding("structure/size", path, 0, reason, remedy)
    for path, content in artifact.files.items():
        if is_source(path) and path not in large:
            yield from _check_file(path, content)


def _check_file(path: str, content: bytes) -> Iterator[Finding]:
    if problem := _encoding_problem(content):
        yield Finding("structure/encoding", path, 1, problem, "Save the file as UTF-8, and drop the coding comment.")
        return
    text = content.decode("utf-8-sig")
    yield from _hidden(path, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is for the linters of stage 3
            tree = ast.parse(text, path)
        yield from _identifiers(path, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        at = getattr(error, "lineno", None) or 0
        remedy = "Make it valid source of the Python that augplug runs on, and nest it less."
        yield Finding("structure/syntax", path, at, f"does not parse: {type(error).__name__} {error}", remedy)
        return
    if _too_deep(tree):
        remedy = "Nest it less: a reader, and the tools of the gate, get lost."
        yield Finding("structure/syntax", path, 0, f"syntax more than {MAX_DEPTH} levels deep", remedy)
    yield from _heavy(path, tree)


def _encoding_problem(content: bytes) -> str | None:
    for line in content.removeprefix(b"\xef\xbb\xbf").splitlines()[:2]:
        if (found := COOKIE.match(line)) and found[1].lower().replace(b"_", b"-") not in (b"utf-8", b"utf8"):
            return (
                f"the coding comment says {found[1].decode('ascii', 'replace')}: tools and readers may see other code"
            )
    if b"\0" in content:
        return "null bytes"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8: byte {error.start}"
    return None


def _hidden(path: str, text: str) -> Iterator[Finding]:
    """Characters without a shape: bidirectional controls, zero-width ones and the like (Trojan Source, 2021)."""
    for number, line in enumerate(text.split("\n"), 1):
        hidden = {
            char for char in line if unicodedata.category(char) in ("Cf", "Cc", "Zl", "Zp") and char not in "\t\r\f"
        }
        if hidden or "\r" in line.removesuffix("\r"):
            codes = ", ".join(f"U+{ord(char):04X}" for char in sorted(hidden)) or "a carriage return inside a line"
            remedy = "Write such a character as an escape in a string."
            yield Finding("structure/hidden", path, number, f"characters that cannot be seen: {codes}", remedy)


def _identifiers(path: str, text: str) -> Iterator[Finding]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and not token.string.isascii():
            message = f"the name {token.string!r} holds letters outside ASCII, which can look like others"
            yield Finding("structure/identifier", path, token.start[0], message, "Spell names in ASCII letters.")


def _too_deep(tree: ast.AST) -> bool:
    level, depth = [tree], 0
    while level and depth <= MAX_DEPTH:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return bool(level)


def _heavy(path: str, tree: ast.Module) -> Iterator[Finding]:
    """Imports that every start of augplug would pay for: those outside functions, but for type checkers."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            heavy = sorted({name.partition(".")[0] for name in names} & HEAVY)
            if heavy and not getattr(node, "level", 0):
                message = f"{', '.join(heavy)} is imported with this module, so at every start that loads it"
                remedy = "Import it inside the function that uses it."
                yield Finding("structure/import-cost", path, node.lineno, message, remedy, "advice")
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not _typing_only(node):
            waiting.extend(ast.iter_child_nodes(node))


def _typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
