"""The one entry point through which everything built in enters, by the same hooks as any plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from augplug._backends.base import Backend
from augplug._evaluators.base import Evaluator
from augplug._executors.base import Executor
from augplug._policies.grammar import Policy
from augplug._policies.named import NAMED
from augplug._search.base import SearchAlgorithm
from augplug.ops import color, crops, distortion, filters, geometry, looking, mixing, regions, sizes, tone
from augplug.ops.base import Operation
from augplug.registry import hookimpl

MODULES = (tone, color, filters, geometry, crops, sizes, looking, distortion, regions, mixing)
"""The modules of operations; every public operation in them is built in."""


def operations_of(module: ModuleType) -> list[type[Operation]]:
    """Return the operations that a module defines; private ones replay saved plans of earlier versions alone."""
    return [
        item
        for name, item in vars(module).items()
        if isinstance(item, type) and issubclass(item, Operation) and item.__module__ == module.__name__
        if not name.startswith("_")
    ]


@hookimpl
def augplug_operations() -> list[type[Operation]]:
    """Every public operation class that a module of MODULES defines."""
    return [item for module in MODULES for item in operations_of(module)]


@hookimpl
def augplug_policies() -> Mapping[str, Callable[..., Policy]]:
    """RandAugment, TrivialAugment and the published policies of AutoAugment."""
    return NAMED


@hookimpl
def augplug_searches() -> Mapping[str, Callable[..., SearchAlgorithm]]:
    """RandAugment's grid, AutoAugment's controller, and random search."""
    from augplug._search.grid import RandAugmentGrid  # searches are not needed to augment
    from augplug._search.magnitude import Magnitude
    from augplug._search.ppo import AutoAugment
    from augplug._search.random import RandomSearch, RandomSubPolicies
    from augplug._search.strengths import Strengths

    return {
        "randaugment": RandAugmentGrid,
        "autoaugment": AutoAugment,
        "random": RandomSearch,
        "random-subpolicies": RandomSubPolicies,
        "strengths": Strengths,
        "magnitude": Magnitude,
    }


@hookimpl
def augplug_evaluators() -> Mapping[str, type[Evaluator]]:
    """Kernel ridge on oriented gradients."""
    from augplug._evaluators.kernel_ridge import KernelRidge  # as for searches

    return {"kernel-ridge": KernelRidge}


@hookimpl
def augplug_executors() -> Mapping[str, type[Executor]]:
    """This process, and processes of this machine."""
    from augplug._executors.inline import Inline  # as for searches
    from augplug._executors.processes import Processes

    return {"inline": Inline, "processes": Processes}


@hookimpl
def augplug_backends() -> Mapping[str, Callable[[], Backend]]:
    """The specification, and the fast one."""
    return {"reference": _reference, "opencv": _opencv}


def _reference() -> Backend:
    from augplug._backends.reference import Reference  # a backend is imported when it is used

    return Reference()


def _opencv() -> Backend:
    from augplug._backends.opencv import OpenCV  # cv2 costs 100 ms

    return OpenCV()
