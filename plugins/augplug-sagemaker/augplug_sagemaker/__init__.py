"""Searches of augplug as training jobs of Amazon SageMaker, and their policies behind its endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import augplug

if TYPE_CHECKING:
    import click


@augplug.hookimpl
def augplug_commands() -> Mapping[str, click.Command]:
    """The commands of this plugin."""
    from augplug_sagemaker import commands  # click is not needed to augment

    return {"sagemaker": commands.group()}
