"""What `search` and `demo` share: the search itself, what is said meanwhile, and what is said at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from augplug import api
from augplug.cli.output import point, say
from augplug.cli.progress import progress
from augplug.cli.reporting import write_report
from augplug.data.sets import Labelled
from augplug.errors import RunError


def run_search(name: str, data: Labelled, out: Path, resuming: str, **options: Any) -> None:
    """Search, write the report, and print the result. `resuming` is the command that goes on after Ctrl-C."""
    observe = tuple(options.pop("observe", ()))
    with Watcher() as watcher:
        try:
            found = api.search(name, data, out=out, observe=(*observe, watcher.see), **options)
        except KeyboardInterrupt:
            raise RunError(f"stopped; nothing that was done is lost. Go on with: {resuming}") from None
    page, sheet = write_report(found.folder, data=data)
    result = found.result
    lines = (
        result["verdict"],
        f"policy  {found.folder / 'policy.json'}   {_decided(result)}",
        f"report  {page}   (open it in a browser)",
        f"sheet   {sheet}   (what the policy does to images)",
    )
    point("\n".join(lines))


def _decided(result: Mapping[str, Any]) -> str:
    if result["algorithm"] == "randaugment" and result["best_decisions"]:
        n, m = result["best_decisions"]
        return f"(RandAugment with n = {n:g}, m = {m:g})"
    return f"(trial {result['best_number']})" if result["best_number"] is not None else ""


class Watcher:
    """Tells what the journal's records say as they come: warnings, how long it will take, and how far it is."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._stack = ExitStack()
        self._show: Callable[[int], None] | None = None
        self._done = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Take the bar away."""
        self._stack.close()

    def see(self, record: Mapping[str, Any]) -> None:
        """Take one record."""
        kind = record["kind"]
        if kind == "configuration":
            self._begin(record)
        elif kind == "baseline":
            how = "without augmentation" if record["policy"] == "none" else f"of the policy {record['policy']}"
            say(f"reward {how}: {record['reward']:.4f}")
        elif kind == "estimate":
            self._estimate(record)
        elif kind == "evaluation" and self._show is not None:
            self._done += 1
            self._show(self._done)
        elif kind == "trial" and record["error"]:
            say(f"trial {record['number']} failed: {record['error']}")

    @staticmethod
    def _begin(record: Mapping[str, Any]) -> None:
        data, settings = record["data"], record["settings"]
        counts = [count for count in (settings["trials"], record["size"]) if count is not None]
        long = f"{min(counts)} policies" if counts else f"policies for {settings['minutes']:g} minutes"
        for warning in record["warnings"]:
            say(f"warning: {warning}")
        parts = f"{data['train']} to train on, {data['valid']} to choose by, {data['test']} to test on"
        say(f"images: {parts}; {long}")

    def _estimate(self, record: Mapping[str, Any]) -> None:
        if record["left"] is None:
            say(f"this will take {lasting(record['seconds'])}")
            return
        say(f"this will take {lasting(record['seconds'])} ({record['left']} evaluations)")
        self._done = record["evaluations"] - record["left"]
        self._show = self._stack.enter_context(progress("searching", record["evaluations"]))


def lasting(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} seconds"
    return f"about {round(seconds / 60)} minutes" if seconds < 5400 else f"about {seconds / 3600:.1f} hours"
