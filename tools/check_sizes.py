"""Refuse files and functions that have grown too long; run as `python tools/check_sizes.py [root]`.

Limits and exceptions are in pyproject.toml, `[tool.augplug-house]`. A function's code lines leave out its docstring,
comments and blank lines. An exception that is no longer needed is refused too.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that hold code; every line of a string of several lines does."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {n for token in tokens if token.type not in SILENT for n in range(token.start[0], token.end[0] + 1)}


def docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[int]:
    """The numbers of the lines of a function's docstring; none when it has none."""
    if ast.get_docstring(function, clean=False) is None:
        return set()
    first = function.body[0]
    return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with its dotted name, methods and inner functions included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, FUNCTIONS):
            yield prefix + node.name, node
        inner = f"{prefix}{node.name}." if isinstance(node, (*FUNCTIONS, ast.ClassDef)) else prefix
        yield from functions(node, inner)


def too_long(path: str, source: str, limits: dict[str, int]) -> Iterator[tuple[str, str]]:
    """What is too long in one file: (its name for the table of exceptions, the complaint)."""
    length = source.count("\n")
    if length > limits["file"]:
        yield path, f"{path}: {length} lines, at most {limits['file']}: split it by concept"
    if "function" not in limits:
        return
    code = code_lines(source)
    for name, node in functions(ast.parse(source)):
        span = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        count = len((span & code) - docstring_lines(node))
        if count > limits["function"]:
            complaint = f"{path}:{node.lineno}: {name} has {count} lines of code, at most {limits['function']}"
            yield f"{path}::{name}", complaint


def check(root: Path) -> list[str]:
    """Every complaint about the tree at `root`."""
    house = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["augplug-house"]
    exceptions: dict[str, str] = dict(house.get("exceptions", {}))
    complaints = [f"exception {name}: give a reason" for name, reason in exceptions.items() if not reason.strip()]
    for folder, limits in house["limits"].items():
        for file in sorted((root / folder).rglob("*.py")):
            for name, complaint in too_long(file.relative_to(root).as_posix(), file.read_text("utf-8"), limits):
                if exceptions.pop(name, None) is None:
                    complaints.append(complaint)
    return complaints + [f"exception {name}: no longer needed, remove it" for name in exceptions]


def main(arguments: list[str]) -> int:
    """Print the complaints; 1 when there are any."""
    complaints = check(Path(arguments[0] if arguments else "."))
    print("\n".join(complaints) or "sizes: all within limits")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
