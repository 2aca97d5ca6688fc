"""What shows itself, short in a terminal and with pictures in a notebook: the one door from below to `augplug.report`.

Policies, plans and augmenters stand below the modules that draw pictures; here, and nowhere else, they ask upwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Value = TypeVar("Value")


class Shown:
    """Base of everything that has a short `repr` and a picture in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        """At most 200 characters on one line."""
        text: str = _cards().text_of(self)
        return text

    def _repr_html_(self) -> str:
        """HTML for a notebook: complete in itself, readable on light and on dark ground."""
        html: str = _cards().html_of(self)
        return html


class Catalogue(Shown, Mapping[str, Value]):
    """Things of a `kind` by name; read-only."""

    __slots__ = ("_things", "kind")

    def __init__(self, kind: str, things: Mapping[str, Value]) -> None:
        """Take what is in it, such as `operations`, and the things by name."""
        self.kind = kind
        self._things = things

    def __getitem__(self, name: str) -> Value:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)


def sheet_of(augment: Any, image: Any, rows: int, columns: int) -> Picture:
    """Return a contact sheet of what an Augmenter does to an image, or to a photograph if it is None."""
    sheet: Picture = _cards().sheet_of(augment, image, rows, columns)
    return sheet


def _cards() -> ModuleType:
    from augplug.report import cards  # pylint: disable=cyclic-import  # asked upwards, and only when somebody looks

    return cards
