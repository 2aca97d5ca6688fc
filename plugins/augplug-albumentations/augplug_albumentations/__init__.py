"""Albumentations' transforms as operations of augplug, and augplug's policies as a transform of Albumentations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import augplug
from augplug_albumentations import calling

if TYPE_CHECKING:
    from augplug_albumentations.compose import AugplugTransform

__all__ = ["AugplugTransform"]


@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    """The operations: A and the transform's name."""
    from augplug_albumentations import operations  # whoever only asks for AugplugTransform does not need 96 classes

    return operations.every()


def __getattr__(name: str) -> Any:
    """Return AugplugTransform when it is first asked for: its base class costs the second that Albumentations takes."""
    if name != "AugplugTransform":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    calling.library()  # the first import of Albumentations, which keeps it off the network
    from augplug_albumentations.compose import AugplugTransform

    return AugplugTransform
