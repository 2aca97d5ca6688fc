"""What `search` and `demo` share: the search itself, what is said meanwhile, and what is said at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from augplug import api
from augplug._search.resuming import recorded_request
from augplug.cli.output import point, say
from augplug.cli.progress import progress
from augplug.cli.reporting import write_report
from augplug.data.loading import load
from augplug.data.sets import Labelled
from augplug.disk import kind_or
from augplug.errors import SettingsError, StoppedError
from augplug.report.standing import called


def run_search(name: str, data: Labelled, out: Path, resuming: str, **options: Any) -> None:
    """Search, write the report, and print the result. `resuming` is the command that goes on after Ctrl-C."""
    observe = tuple(options.pop("observe", ()))
    with Watcher() as watcher:
        try:
            # The report is written before observers are told of the end, so that a tracker can take it along.
            report = partial(write_report, data=data)
            found = api.search(name, data, out=out, observe=(*observe, watcher.see), finish=report, **options)
        except KeyboardInterrupt:
            raise StoppedError(f"stopped; nothing that was done is lost. Go on with: {resuming}") from None
    result, page, sheet = found.result, found.folder / "report.html", found.folder / "report.png"
    lines = (
        result["verdict"],
        f"policy  {found.folder / 'policy.json'}   {_decided(result)}".rstrip(),
        f"report  {page}   (open it in a browser: what to do, and how sure it is)",
        f"sheet   {sheet}   (what the policy does to images)",
    )
    point("\n".join(lines))


def resume_run(run: Path, resuming: str, *, data: Path | None, trials: int | None, **options: Any) -> None:
    """Go on with a search by its folder: all that is not given is what it was begun with."""
    request = recorded_request(run)
    source = dict(request["source"] or {})
    if data is None and not source:
        raise SettingsError(f"the journal of {run} does not say where its images lie; give them with --data")
    path = data or Path(source["data"])
    if kind_or(SettingsError, path) == "nothing":
        raise SettingsError(f"the images of {run} lay at {path}, where nothing is now; give them with --data")
    reading: dict[str, Any] = {name: value for name, value in source.items() if name != "data"}
    options["began"] = time.monotonic()
    images = load(path, **reading, note=say)
    given = {**request, "trials": trials or request["trials"]}
    run_search(given.pop("algorithm"), images, run, resuming, resume=True, **given, **options)


def _decided(result: Mapping[str, Any]) -> str:
    if (kept := result["kept_baseline"]) is not None:
        return f"({called(kept)}, which is kept)"
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
        self._fixed: dict[str, float] = {}
        self._settings: Mapping[str, Any] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Take the bar away."""
        self._stack.close()

    def see(self, record: Mapping[str, Any]) -> None:
        """Take one record."""
        kind = record["kind"]
        if kind == "evaluation" and self._show is not None:
            self._done += 1
            self._show(self._done)
        elif kind == "baseline":
            self._fixed[record["name"]] = record["reward"]
        elif kind == "configuration":
            self._begin(record)
        elif kind == "estimate":
            self._estimate(record)
        else:
            told = _told(record, self._settings)
            if told:
                say(told)

    def _begin(self, record: Mapping[str, Any]) -> None:
        data, settings = record["data"], record["settings"]
        self._settings = settings
        counts = [count for count in (settings["trials"], record["size"]) if count is not None]
        long = f"{min(counts)} policies" if counts else f"policies for {settings['minutes']:g} minutes"
        for warning in record["warnings"]:
            say(f"warning: {warning}")
        parts = f"{data['train']} to train on, {data['valid']} to choose by, {data['test']} to test on"
        say(f"images: {parts}; {long}")

    def _estimate(self, record: Mapping[str, Any]) -> None:
        if "none" in self._fixed:  # a resumed run tells only what is new
            best = max(self._fixed, key=lambda name: self._fixed[name])
            rewards = f"without augmentation {self._fixed['none']:.4f}, the best {called(best)} {self._fixed[best]:.4f}"
            say(f"rewards of {len(self._fixed)} fixed policies: {rewards}")
        if record["left"] is None:
            say(f"this will take {lasting(record['seconds'])}")
            return
        say(f"this will take {lasting(record['seconds'])} ({record['left']} evaluations)")
        self._done = record["evaluations"] - record["left"]
        self._show = self._stack.enter_context(progress("searching", record["evaluations"]))


def _told(record: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """What there is to say of a record, if anything. A resumed run's settings are not told again, and unknown."""
    kind = record["kind"]
    if kind == "trial" and record["error"]:
        return f"trial {record['number']} failed: {_one_line(record['error'])}"
    if kind == "death":
        return f"a worker ended in an evaluation ({record['reason']}); it is run again"
    if kind == "cut" and settings and any(record[name] != settings[name] for name in ("race_cells", "subsets")):
        return (
            f"time is short: the race ends in {record['race_cells']} cells, and policies are compared on "
            f"{record['subsets']} other training subsets"
        )
    if kind == "subset" and not record["go"]:
        return f"time is short: policies are compared on {record['number']} other training subsets"
    if kind == "found":
        kept = record["baseline"]
        found = f"found: {record['name']}" if kept is None else f"{called(kept)} is kept"
        return f"{found}; now it is compared on the test images"
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def lasting(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} seconds"
    return f"about {round(seconds / 60)} minutes" if seconds < 5400 else f"about {seconds / 3600:.1f} hours"
