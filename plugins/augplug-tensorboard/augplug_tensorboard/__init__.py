"""The observer `tensorboard` for augplug: searches in TensorBoard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import augplug


def make() -> Callable[[Mapping[str, Any]], None]:
    """Return a new observer."""
    from augplug_tensorboard.events import TensorBoard  # tensorboardX and protobuf are not needed to augment

    return TensorBoard()


@augplug.hookimpl
def augplug_observers() -> Mapping[str, Callable[[], Callable[[Mapping[str, Any]], None]]]:
    """The observer, under the name that `--observe` takes."""
    return {"tensorboard": make}
