"""Texts of strangers, as they are shown: what cannot be seen, or turns what stands beside it around, is written out.

A terminal obeys control characters, a page bidirectional ones, and a line break in a reason looks like a line of
augplug's own. Names of files and archives, reasons, metadata and texts of exceptions come from plugins.
"""

from __future__ import annotations

import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Of Unicode's categories: control, format, surrogate, private, unassigned, and what separates lines and paragraphs."""


def shown(text: object, keep: str = "") -> str:
    r"""Return a text in one line of characters that can be seen, others written as `\x1b` or `\u202e`.

    Characters of `keep` stay as they are. Letters of all languages, and spaces of any width, are seen.
    """
    given = str(text)
    if given.isprintable():
        return given
    return "".join(_written(char) if _unseen(char) and char not in keep else char for char in given)


def paragraphs(text: object) -> str:
    """Return a text as `shown` does, with its line breaks and tabs."""
    return shown(text, keep="\n\t")


def hidden(text: str) -> bool:
    """Say whether a text holds characters that cannot be seen."""
    return not text.isprintable() and any(map(_unseen, text))


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in UNSEEN


def _written(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
