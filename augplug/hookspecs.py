"""Every way to extend augplug, a sentence each. A hook returns data and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from augplug._backends.base import Backend
from augplug._evaluators.base import Evaluator
from augplug._executors.base import Executor
from augplug._exporters.base import Exporter
from augplug._policies.grammar import Policy
from augplug._search.base import SearchAlgorithm
from augplug.ops.base import Operation

if TYPE_CHECKING:
    import click


class Hooks(Protocol):
    """The hooks. A plugin is a module that implements some of them as functions marked with `augplug.hookimpl`."""

    def augplug_operations(self) -> list[type[Operation]]:
        """Operations: classes made by `augplug.operation`."""

    def augplug_policies(self) -> Mapping[str, Callable[..., Policy]]:
        """Named policies: functions of the mapping of operations, and of keyword arguments that have defaults."""

    def augplug_searches(self) -> Mapping[str, Callable[..., SearchAlgorithm]]:
        """Search algorithms, by the name `augplug search` takes; made with `(operations, seed=..., **settings)`."""

    def augplug_evaluators(self) -> Mapping[str, type[Evaluator]]:
        """Child models, by the name that `--evaluator` takes."""

    def augplug_executors(self) -> Mapping[str, type[Executor]]:
        """Places where trials run, by the name that `--executor` takes."""

    def augplug_backends(self) -> Mapping[str, Callable[[], Backend]]:
        """Renderers of effects, by the name that `backend=` takes."""

    def augplug_observers(self) -> Mapping[str, Callable[[], Callable[[Mapping[str, Any]], None]]]:
        """Watchers of a search, by the name `--observe` takes; called with each journal record once it is on disk.

        One may have `begin(folder, records)`, which is called first, and `end(finished=...)`, which is called last.
        """

    def augplug_exporters(self) -> Mapping[str, type[Exporter]]:
        """Formats of other systems for a policy or a plan, by the name that `augplug export` takes."""

    def augplug_commands(self) -> Mapping[str, click.Command]:
        """Commands, by the name they have after `augplug`; what they need is imported when they run."""
