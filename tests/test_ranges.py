"""Settings as they are declared: what a field takes, in words and in fact."""

from dataclasses import make_dataclass
from typing import Any

import pytest

import augplug
from augplug.errors import SettingsError


def owner_of(*, texts: bool) -> Any:
    """A settings class; its annotations are types, or texts as `from __future__ import annotations` leaves them."""
    fields = (
        (int, "int", "count", augplug.setting(3, low=1, high=1000, doc="How many.")),
        (float | None, "float | None", "rate", augplug.setting(None, low=0, doc="How fast.")),
        (str, "str", "kind", augplug.setting("a", choices=("a", "bc"), doc="Which.")),
        (bool, "bool", "sure", augplug.setting(default=False, doc="Whether.")),
        (tuple[int, ...], "tuple[int, ...]", "sizes", augplug.setting((1, 2), low=1, high=9, doc="Sizes.")),
        (str, "str", "name", augplug.setting("", doc="What it is called.")),
        (Any, "Any", "free", augplug.setting(None, doc="Anything.")),
        (int, "int", "undeclared", 5),
    )
    return make_dataclass("Mine", [(name, text if texts else kind, default) for kind, text, name, default in fields])


Mine, Texts = (owner_of(texts=texts) for texts in (False, True))


@pytest.mark.parametrize("owner", [Mine, Texts])
@pytest.mark.parametrize(
    ("field", "good", "wrong", "message"),
    [
        ("count", (1, 1000), (0, 1001, 2.0, True, "3", None), "x: count is a whole number in 1..1000, not "),
        (
            "rate",
            (0, 2.5, 10**9, None),
            (-1, True, "1", float("nan")),
            "x: rate is a number of at least 0 or none, not ",
        ),
        ("kind", ("a", "bc"), ("b", 3, None), r"x has no kind "),
        ("sure", (True, False), (0, 1, "true", None), "x: sure is true or false, not "),
        ("sizes", ((), (1, 9), [3]), ((0,), (1, 10), (2.0,), (True,)), r"x: sizes are whole numbers in 1..9, not "),
        ("name", ("", "any"), (), ""),
        ("free", (3, "x"), (), ""),
        ("undeclared", (-3, "x"), (), ""),
    ],
)
def test_a_field_takes_what_it_declares(
    owner: Any, field: str, good: tuple[Any, ...], wrong: tuple[Any, ...], message: str
) -> None:
    for value in good:
        augplug.check_ranges("x", owner(**{field: value}))
    for value in wrong:
        with pytest.raises(SettingsError, match=f"{message}.*{str(value)[:3].strip('(').strip('[')}"):
            augplug.check_ranges("x", owner(**{field: value}))


def test_a_wrong_choice_says_what_there_is() -> None:
    with pytest.raises(SettingsError, match=r"x has no kind 'b' \(did you mean 'bc'\?\)"):
        augplug.check_ranges("x", Mine(kind="b"))


def test_ranges_may_stand_beside_the_class() -> None:
    """As before `setting`: by name; None is taken where it is the default."""
    augplug.check_ranges("x", Mine(undeclared=4), {"undeclared": (4, 6), "rate": (1, 2)})

    with pytest.raises(SettingsError, match=r"x: undeclared is a whole number in 4\.\.6, not 7"):
        augplug.check_ranges("x", Mine(undeclared=7), {"undeclared": (4, 6)})
