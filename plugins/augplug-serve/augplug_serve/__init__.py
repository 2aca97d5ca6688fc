"""Policies of augplug behind HTTP, as a function `apply(bytes) -> bytes`, behind LitServe, and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import augplug

if TYPE_CHECKING:
    import click


@augplug.hookimpl
def augplug_exporters() -> Mapping[str, type[augplug.Exporter]]:
    """The exporters of this plugin."""
    from augplug_serve.exporting import HandlerFile, LitServe

    return {"handler": HandlerFile, "litserve": LitServe}


@augplug.hookimpl
def augplug_commands() -> Mapping[str, click.Command]:
    """The commands of this plugin."""
    from augplug_serve import playing, serving  # click is not needed to augment

    return {"playground": playing.command, "serve": serving.command}
