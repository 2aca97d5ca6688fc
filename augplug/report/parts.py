"""What pages are made of: the document around them, figures, pictures, tables and numbers."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from augplug.report.markup import Safe, joined, tag
from augplug.report.style import STYLE


def document(title: str, parts: Iterable[Safe]) -> str:
    """Return a whole HTML page that needs nothing else."""
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Safe(STYLE)),
    )
    body = tag("body", tag("h1", title), *parts)
    return "<!DOCTYPE html>\n" + tag("html", tag("head", *head), body, lang="en") + "\n"


def warnings(texts: Iterable[str]) -> list[Safe]:
    """Return a paragraph for each warning."""
    return [tag("p", f"Warning: {text}.", class_="warning") for text in texts]


def figure(title: str, picture: Safe, caption: str) -> Safe:
    """Return a heading, a picture and what is to be seen on it."""
    return joined(tag("h2", title), tag("figure", picture, tag("figcaption", caption)))


def image(png: bytes, text: str) -> Safe:
    """Return the picture of a PNG file; `text` says what is on it."""
    return tag("img", src=f"data:image/png;base64,{base64.b64encode(png).decode()}", alt=text)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Safe:
    """Return a table."""
    first = tag("tr", *(tag("th", name) for name in head))
    return tag("table", first, *(tag("tr", *(tag("td", cell) for cell in row)) for row in rows))


def percent(score: float) -> str:
    """Return an accuracy in [0, 1] as `87.55 %`, with a space that does not break."""
    return f"{100 * score:.2f}\N{NO-BREAK SPACE}%"


def points(difference: float) -> str:
    """Return a difference of accuracies as `+1.81 points`, with a space that does not break."""
    return f"{100 * difference:+.2f}\N{NO-BREAK SPACE}points"
