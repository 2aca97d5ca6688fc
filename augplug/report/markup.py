"""HTML and SVG from Python, escaped unless it was made here: no text of a user's becomes markup."""

from __future__ import annotations

import html

from augplug.shown import paragraphs

VOID = ("br", "hr", "img", "meta", "link")


class Safe(str):
    """Text that is markup already, made by `tag` or `joined`."""

    __slots__ = ()


def safe(text: object) -> Safe:
    """Return text as markup that shows it, also what a browser would hide or turn around."""
    return text if isinstance(text, Safe) else Safe(html.escape(paragraphs(text), quote=True))


def joined(*parts: object) -> Safe:
    """Return the parts one after the other, each escaped unless it is markup."""
    return Safe("".join(safe(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Safe:
    """Return an element: `tag("p", "a < b", class_="note")`. In names of attributes `_` stands for `-`."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(paragraphs(_short(value)), quote=True)}"'
        for key, value in attributes.items()
    )
    opened = f"<{name}{given}>"
    return Safe(opened) if name in VOID else Safe(f"{opened}{joined(*children)}</{name}>")


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
