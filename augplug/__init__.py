"""augplug: find, apply and extend image augmentation policies. Every public name, each loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augplug.api import (
        Augmenter,
        backends,
        blend,
        evaluators,
        executors,
        load_plan,
        load_policy,
        observers,
        one_of,
        operations,
        plugins,
        policies,
        policy,
        register_policy,
        replay,
        search,
        searches,
        sequence,
        some_of,
        step,
    )
    from augplug.data.sampler import EpochSampler
    from augplug.data.sets import Labelled
    from augplug.effects import (
        Blend,
        ColorMix,
        Effect,
        Field,
        Filter,
        Mix,
        Noise,
        Opaque,
        Paint,
        Region,
        Share,
        Tone,
        ToneFrom,
        Warp,
    )
    from augplug.errors import AugplugError
    from augplug.ops.base import Operation, operation, parameter
    from augplug.plan import Plan
    from augplug.registry import hookimpl
    from augplug.types import Canvas, Counts, Fill, Image, Interpolation, Matrix, Points, Values

__version__ = "0.1.0"

_HOMES = {
    "augplug.api": (
        "Augmenter backends blend evaluators executors load_plan load_policy observers one_of operations plugins policies "
        "policy register_policy replay search searches sequence some_of step"
    ),
    "augplug._backends.base": "Backend Kernel",
    "augplug._evaluators.base": "Evaluator",
    "augplug._executors.base": "Executor",
    "augplug._policies.grammar": "Policy",
    "augplug._search.base": "Proposal Result SearchAlgorithm",
    "augplug.data.sampler": "EpochSampler",
    "augplug.data.sets": "Labelled",
    "augplug.effects": (
        "Blend ColorMix Effect Field Filter Mix Noise Opaque Paint Region Share Tone ToneFrom Warp"
    ),
    "augplug.errors": (
        "AugplugError DataError ImageError OperationError PlanError PluginError PolicyError RunError SettingsError TargetError"
    ),
    "augplug.ops.base": "Operation operation parameter",
    "augplug.plan": "Plan",
    "augplug.registry": "hookimpl",
    "augplug.rng": "Beta Choice Distribution Integers Key LogUniform Normal Sign Uniform",
    "augplug.types": "Canvas Counts Fill Image Interpolation Matrix Points Values",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'augplug' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
