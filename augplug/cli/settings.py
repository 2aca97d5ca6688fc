"""`augplug settings`: every key that `augplug search --set` takes, made from the classes that declare it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from augplug import api
from augplug._search.settings import OF_STUDY, Declared, StudySettings, declared
from augplug.cli.output import as_json, echo, json_option, table
from augplug.errors import SettingsError, suggest

STUDY = "search"


@dataclass(frozen=True)
class Owner:
    """Whose settings they are: of every search, or of a search algorithm or evaluator of that name."""

    name: str
    kind: str
    settings: Mapping[str, Declared]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def command(names: tuple[str, ...], json_: bool) -> None:
    """List the keys of --set: meaning, range and default.

    NAME is "search" (what every search takes), or that of a search algorithm or an evaluator: augplug settings search
    strengths kernel-ridge lists all that augplug search strengths takes. Without a NAME: what there is.
    """
    known = list(_owners())
    for name in names:
        if name not in {owner.name for owner in known}:
            there = {owner.name: None for owner in known}
            raise SettingsError(f"there is no search algorithm or evaluator {name!r}{suggest(name, there)}")
    chosen = [owner for name in dict.fromkeys(names) for owner in known if owner.name == name] if names else known
    if json_:
        echo(as_json([_data(owner) for owner in chosen]))
    elif names:
        echo("\n\n".join(_text(owner) for owner in chosen))
    else:
        rows = [(owner.name, owner.kind, ", ".join(owner.settings) or "-") for owner in chosen]
        echo(table(("NAME", "WHAT IT IS", "KEYS"), rows))


def _owners() -> Iterator[Owner]:
    study = declared(StudySettings)
    yield Owner(STUDY, "every search", {name: study[name] for name in OF_STUDY})
    for name, algorithm in api.searches().items():
        yield Owner(name, "search algorithm", declared(algorithm))
    for name, evaluator in api.evaluators().items():
        yield Owner(name, "evaluator", declared(evaluator))


def _text(owner: Owner) -> str:
    head = f"{owner.name}: {owner.kind}"
    rows = [
        (f"  {key}", _takes(one) or "-", shown_default(one.default), one.setting.doc or "-")
        for key, one in owner.settings.items()
    ]
    return f"{head}\n{table(('  KEY', 'TAKES', 'DEFAULT', 'MEANING'), rows)}" if rows else f"{head}\n  no settings"


def shown_default(value: object) -> str:
    """Return a default as `--set` takes it: `1,2,3`, `none`, `true`."""
    if isinstance(value, tuple):
        return ",".join(shown_default(part) for part in value) or "-"
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or "-"


def _data(owner: Owner) -> dict[str, Any]:
    return {
        "name": owner.name,
        "kind": owner.kind,
        "settings": {
            key: {
                "meaning": one.setting.doc,
                "takes": _takes(one),
                "range": _range(one),
                "choices": list(one.setting.choices),
                "default": one.default,
            }
            for key, one in owner.settings.items()
        },
    }


def _takes(one: Declared) -> str:
    """In words; what is read from a text, such as a space, is annotated as what it becomes."""
    return one.setting.describe(one.type) or ("text" if isinstance(one.default, str) else "")


def _range(one: Declared) -> list[float | None] | None:
    ends = [end if math.isfinite(end) else None for end in (one.setting.low, one.setting.high)]
    return None if ends == [None, None] else ends
