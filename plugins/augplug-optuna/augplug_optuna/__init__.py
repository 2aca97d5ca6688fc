"""The search algorithm `optuna` for augplug: TPE over any search space."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import augplug


@augplug.hookimpl
def augplug_searches() -> Mapping[str, Callable[..., augplug.SearchAlgorithm]]:
    """The algorithm, under the name that the command line takes."""
    from augplug_optuna.tpe import TPE  # Optuna costs 0.3 s, and is not needed to augment

    return {"optuna": TPE}
