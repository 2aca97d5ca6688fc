"""The three published AutoAugment policies: data in `published/`, read by the reader of every policy file."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from augplug._policies.grammar import Policy
from augplug._policies.reader import Operations, loads_json

PUBLISHED = ("autoaugment-cifar10", "autoaugment-svhn", "autoaugment-imagenet")


def published(name: str, operations: Operations, *, interpolation: str = "nearest", fill: float = 0) -> Policy:
    """Return the policy that AutoAugment (arXiv 1805.09501) found for a data set: one of 25 pairs of operations.

    `name` is one of `PUBLISHED`. Raises SettingsError for an interpolation or a fill that no operation takes.
    """
    text = files("augplug._policies").joinpath("published", f"{name}.json").read_bytes()
    found = loads_json(text, operations)
    return replace(found, defaults={**found.defaults, "interpolation": interpolation, "fill": fill})
