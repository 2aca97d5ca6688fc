"""Weaker or stronger operations: what `policy.scaled(0.5)` makes of a node. It is below the grammar, which calls it."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from augplug.distributions import Distribution, LogUniform, Normal, Sign, Uniform
from augplug.errors import SettingsError
from augplug.ops.levels import SCALES, Row

if TYPE_CHECKING:
    from augplug._policies.grammar import Step, Value

UNCHANGED: Mapping[str, Mapping[str, float]] = {
    "Affine": {"degrees": 0, "scale": 1, "shear_x": 0, "shear_y": 0, "x": 0, "y": 0},
    "ElasticTransform": {"amplitude": 0, "amplitude_fraction": 0, "alpha": 0},
    "Gamma": {"gamma": 1},
    "GaussianBlur": {"sigma": 0},
    "GaussianNoise": {"std": 0},
    "GridDistortion": {"amplitude": 0},
    "HueShift": {"degrees": 0},
    "OpticalDistortion": {"k": 0},
    "Perspective": {"distortion": 0},
    "Saturation": {"factor": 1},
    "Scale": {"factor": 1},
    "Sharpen": {"strength": 0},
    "TranslateX": {"pixels": 0},
    "TranslateY": {"pixels": 0},
}
"""The value of a field that changes nothing. A field that a level drives is not here: it has its weakest value."""
_NEAR = 0.05
"""Part of a scale's range: within it, its level 0 changes nothing or hardly anything (Solarize above 255 of 255)."""
_DIGITS = 12
"""Digits that are kept, so that half of 0.9 to 1.1 is 0.95 to 1.05."""


def scaled(node: Any, scale: str, factor: object) -> Any:
    """Return a node of the grammar with each range around the value that changes nothing narrower by `factor`.

    Raises SettingsError for what is not a factor.
    """
    if isinstance(factor, bool) or not isinstance(factor, numbers.Real) or not 0 < float(factor) < math.inf:
        raise SettingsError(f"scaled takes a number above 0, such as 0.5 for half the strength, not {factor!r}")
    return _node(node, scale, float(factor))


def _node(node: Any, scale: str, factor: float) -> Any:
    if hasattr(node, "operation"):
        return _step(node, scale, factor)
    if hasattr(node, "policy"):
        inner = node.policy
        return replace(node, policy=replace(inner, node=_node(inner.node, inner.scale, factor)))
    return replace(node, children=tuple(_node(child, scale, factor) for child in node.children))


def _step(step: Step, scale: str, factor: float) -> Step:
    about = step.operation.about
    own = step.address == f"augplug:{about.name}"
    at = dict(UNCHANGED.get(about.name, {}) if own else {})
    if about.level_field is not None:
        level = about.parameters[about.level_field].level
        assert level is not None  # noqa: S101  # the field was found by its level
        at[about.level_field] = level[0]
    fields = tuple((name, _value(value, at[name], factor) if name in at else value) for name, value in step.fields)
    row = SCALES[scale].row(step.address, step.operation)
    return replace(step, fields=fields, level=_level(step.level, row, at, factor))


def _level(
    level: float | Distribution | None, row: Row | None, at: Mapping[str, float], factor: float
) -> float | Distribution | None:
    """A level counts from 0, which in some scales is as far from the image as the strongest one: then it is kept."""
    if level is None or row is None or abs(row.weakest - at[row.field]) > _NEAR * abs(row.strongest - row.weakest):
        return level
    if isinstance(level, Distribution):
        scaled_level = _value(level, 0.0, factor)
        return scaled_level if isinstance(scaled_level, Distribution) else level
    return round(level * factor, _DIGITS)


def _value(value: Value, at: float, factor: float) -> Value:
    """A distribution around `at`, narrower or wider; what is not a range around it stays."""
    if isinstance(value, Sign) and at == 0:
        return Sign(_moved(value.value, at, factor))
    if not isinstance(value, Distribution) or not value.bounds[0] <= at <= value.bounds[1]:
        return value
    if isinstance(value, Uniform):
        return Uniform(_moved(value.low, at, factor), _moved(value.high, at, factor))
    if isinstance(value, Normal):
        low, high = (_moved(bound, at, factor) for bound in value.clip)
        return Normal(_moved(value.mean, at, factor), round(value.std * factor, _DIGITS), (low, high))
    if isinstance(value, LogUniform):  # around 1, for its logarithm is uniform
        return LogUniform(float(f"{value.low**factor:.{_DIGITS}g}"), float(f"{value.high**factor:.{_DIGITS}g}"))
    return value


def _moved(value: float, at: float, factor: float) -> float:
    return round(at + factor * (value - at), _DIGITS)
