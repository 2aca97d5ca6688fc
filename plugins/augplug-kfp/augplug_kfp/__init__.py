"""augplug in Kubeflow pipelines: search, report, approve the policy; and a policy applied to a folder of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import augplug
from augplug_kfp.exporter import Kfp

if TYPE_CHECKING:
    import click


__all__ = ["Kfp"]


@augplug.hookimpl
def augplug_exporters() -> Mapping[str, type[augplug.Exporter]]:
    """The exporter of this plugin."""
    return {"kfp": Kfp}


@augplug.hookimpl
def augplug_commands() -> Mapping[str, click.Command]:
    """The commands of this plugin."""
    from augplug_kfp import commands  # click is not needed to augment

    return {"kfp": commands.group()}
