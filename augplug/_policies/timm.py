"""Policies by timm's strings, such as `rand-m9-n2-mstd0.5-inc1`. Source: timm 1.0, auto_augment.py."""

from __future__ import annotations

import re

from augplug._policies.building import levelled, number, some_of
from augplug._policies.grammar import Policy, Value
from augplug._policies.reader import Operations
from augplug.distributions import Distribution, Normal, Uniform
from augplug.errors import SettingsError

OPERATIONS = (
    "AutoContrast",
    "Equalize",
    "Invert",
    "Rotate",
    "Posterize",
    "Solarize",
    "SolarizeAdd",
    "Color",
    "Contrast",
    "Brightness",
    "Sharpness",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
)
"""timm's 15, in its order; there is no Identity among them."""
PREFIX = "rand-"
_PART = re.compile(r"(mstd|mmax|inc|m|n|p)([0-9]+(?:[.][0-9]+)?)")
_DEFAULTS = {"m": 10.0, "n": 2.0, "p": 0.5, "mstd": 0.0, "mmax": 10.0, "inc": 0.0}
_ANY_LEVEL = 100
"""Above this mstd, timm draws the level uniformly from 0 to m."""


def timm(operations: Operations, text: str) -> Policy:
    """Return the policy of a string `rand-` with parts m, n, p, mstd, mmax, inc, each at most once, joined by `-`.

    n of 15 operations with replacement, each at probability p (0.5) and a level that is m, or normal around it with
    mstd, both clipped to 0..mmax (10). `inc1` takes the operations that get stronger with the level. What a scale gives
    too little bits for is kept at one bit, where timm fails. Warps are linear, filled with 128.
    Raises SettingsError.
    """
    given: dict[str, float] = {}
    for part in text.removeprefix(PREFIX).split("-"):
        found = _PART.fullmatch(part)
        if found is None or found[1] in given:
            raise SettingsError(
                f"{part!r} of {text!r} is not taken: a timm string is rand- and m, n, p, mstd, mmax or inc with a "
                "number, each once, joined by -, as in rand-m9-n2-mstd0.5-inc1"
            )
        given[found[1]] = number(float(found[2]), part)
    parts = {**_DEFAULTS, **given}
    level = _level(parts["m"], parts["mstd"], parts["mmax"])
    steps = [levelled(operations, op, level, parts["p"]) for op in OPERATIONS]
    scale = "timm" if parts["inc"] else "timm-inc0"
    defaults: dict[str, Value] = {"interpolation": "linear", "fill": 128, "mask_fill": 0}
    count = int(parts["n"]) if parts["n"].is_integer() else parts["n"]
    name = text.replace(".", "_")
    return Policy(some_of(count, *steps), name, scale, source=f"timm 1.0, {text}", defaults=defaults)


def _level(m: float, std: float, highest: float) -> float | Distribution:
    highest = highest or _DEFAULTS["mmax"]
    if std == 0:
        return min(m, highest)
    if std <= _ANY_LEVEL:
        return Normal(m, std, (0, highest))
    if m > highest:
        raise SettingsError(f"mstd{std:g} draws levels to m, and m{m:g} is above mmax, {highest:g}; lower m")
    return Uniform(0, m)
