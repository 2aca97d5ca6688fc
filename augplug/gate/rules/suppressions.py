"""`suppressions/...`: a comment that silences a tool names its codes and says why; the approval shows it."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from augplug.gate.findings import Finding, Waiver
from augplug.gate.sources import is_source
from augplug.shown import hidden

TOOLS = {"noqa": "ruff", "type": "mypy", "nosec": "bandit", "pylint": "pylint", "shellcheck": "shellcheck"}
STARTS = re.compile(r"(noqa\b|type:\s*ignore|nosec\b|mypy:|(ruff|flake8)[:=]|.*\bpylint:|shellcheck\s)", re.IGNORECASE)
CODES = r"[A-Z]+[0-9]+(?:[,\s]\s*[A-Z]+[0-9]+)*"
NAMES = r"[a-z][a-z-]+(?:\s*,\s*[a-z][a-z-]+)*"
GOOD = re.compile(
    rf"(?P<noqa>noqa):\s*(?P<a>{CODES})|(?P<type>type):\s*ignore\[(?P<b>{NAMES})\]|(?P<nosec>nosec):?\s+(?P<c>{CODES})"
    rf"|(?P<pylint>pylint):\s*disable(?:-next)?\s*=\s*(?!all\b)(?P<d>{NAMES})|(?P<shellcheck>shellcheck)\s+disable=(?P<e>SC\d+(?:,SC\d+)*)"
)


def check(path: str, content: bytes) -> Iterator[Finding | Waiver]:
    """A waiver for each suppression with codes and a reason, a refusal for each other one."""
    for line, comment in comments(path, content.decode("utf-8-sig")):
        parts = [part.strip() for part in comment.split("#") if part.strip()]
        silencing = [part for part in parts if STARTS.match(part)]
        reason = parts[-1] if parts and parts[-1] not in silencing else ""
        for part in silencing:
            found = GOOD.fullmatch(part)
            if found is None:
                message = f"'{part}' silences more than one named rule, or has no '#' before its reason"
                yield Finding(
                    "suppressions/blanket", path, line, message, "Name the one rule: `# noqa: CODE  # reason`."
                )
            elif not reason or hidden(reason):
                yield Finding(
                    "suppressions/reason",
                    path,
                    line,
                    f"'{part}' says no reason, or one with characters that cannot be seen",
                    "Write the reason behind a second '#'.",
                )
            else:
                kind = "".join(name for name in TOOLS if found[name])  # one of them matched
                codes = "".join(found[name] or "" for name in "abcde")
                yield from (Waiver(path, line, TOOLS[kind], code, reason) for code in re.split(r"[,\s]+", codes))


def comments(path: str, text: str) -> Iterator[tuple[int, str]]:
    """The comments of a Python module by tokens, of a shell script by lines."""
    if is_source(path):
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        yield from ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)
    else:
        yield from ((n, line[line.index("#") :]) for n, line in enumerate(text.splitlines(), 1) if "#" in line)
