"""The options by which a person says something to an approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from augplug.errors import SettingsError
from augplug.gate.approving import Said
from augplug.shown import hidden

Made = TypeVar("Made", bound=Callable[..., Any])


def said_options(function: Made) -> Made:
    """Add `--by`, `--reason` and `--replace`."""
    by = click.option("--by", metavar="NAME", help="Who approves it; kept in the ledger.")
    reason = click.option("--reason", metavar="TEXT", help="Why it is approved; kept in the ledger.")
    replace = click.option("--replace", is_flag=True, help="Take the approvals of its other versions out.")
    return by(reason(replace(function)))


def said(by: str | None, reason: str | None, replace: bool) -> Said:
    """Return what was said. Raises SettingsError for a text that could hide something from a reader of the ledger."""
    for name, text in (("--by", by), ("--reason", reason)):
        if text is not None and (hidden(text) or not text.strip()):
            raise SettingsError(f"{name} is a text of one line, without control or format characters, not {text!r}")
    return Said(by, reason, keep=not replace)
