"""Observers of a search: each hears every record in its order, and none can change, stop or hold the search.

An observer is called with each new record. Two methods are optional: `begin(folder, records)` is called before the
first of them, with the run's folder and the records that its journal held when the search was started or resumed;
`end(finished=True)` after the last, when `policy.json` and `result.json` are there; `finished=False` if the search was
stopped.
"""

from __future__ import annotations

import copy
import queue
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from augplug._executors.running import error_text
from augplug._search.journal import Record

Observer: TypeAlias = Callable[[Record], None]

BOUND = 10_000
"""Records that wait for a slow observer; then the search waits."""
PATIENCE = 60.0
"""Seconds that an observer may take for one record."""
HURRY = 2.0
"""Seconds that observers have for all that is left if the search was stopped."""
TICK = 0.05


class Audience:
    """Tells observers of records: each in a thread of its own, with a copy of the record."""

    def __init__(self, observers: Sequence[Observer], folder: Path, records: Sequence[Record] = ()) -> None:
        """Take the observers, the run's folder, and the records that the journal holds so far."""
        held = tuple(records)
        self._listeners = [_Listener(observer, folder, held) for observer in observers]

    def tell(self, record: Record) -> None:
        """Hand a record to every observer that is left."""
        for listener in self._listeners:
            listener.tell(record)

    def close(self, *, stopped: bool = False) -> None:
        """Wait until everybody has heard everything; if the search was `stopped`, only for a moment."""
        end = time.monotonic() + HURRY if stopped else None
        for listener in self._listeners:
            listener.close(end)


class _Listener:
    """One observer, its thread, and the records that wait for it. A broken one is dropped with one warning."""

    def __init__(self, observer: Observer, folder: Path, held: Sequence[Record]) -> None:
        self._observer = observer
        self._folder, self._held = folder, held
        self._calls: queue.Queue[Callable[[], object] | None] = queue.Queue(BOUND)
        self._thread: threading.Thread | None = None
        self._busy_since: float | None = None
        self._error = ""
        self._dropped = False

    def tell(self, record: Record) -> None:
        self._start()
        self._put(partial(self._observer, copy.deepcopy(record)))

    def close(self, end: float | None) -> None:
        """Wait for the thread, not longer than until `end` of the monotonic clock."""
        if end is None:
            self._start()  # also if a resume wrote nothing: a tracker may still lack records
        if self._thread is None:
            return
        self._put(partial(self._end, finished=end is None), end)
        self._put(None, end)
        while self._thread.is_alive() and not self._broken(end):
            self._thread.join(TICK)
        self._broken(end)

    def _start(self) -> None:
        if self._thread is not None or self._dropped:
            return
        thread = threading.Thread(target=self._listen, daemon=True)  # one that hangs must not hold the process
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            self._drop(error_text(error))
        else:
            self._thread = thread
            self._put(self._begin)

    def _begin(self) -> None:
        begin = getattr(self._observer, "begin", None)
        if begin is not None:
            begin(self._folder, copy.deepcopy(list(self._held)))
        self._held = ()

    def _end(self, *, finished: bool) -> None:
        end = getattr(self._observer, "end", None)
        if end is not None:
            end(finished=finished)

    def _listen(self) -> None:
        while (call := self._calls.get()) is not None:
            self._busy_since = time.monotonic()
            try:
                call()
            except BaseException as error:  # noqa: BLE001  # an observer may raise anything; it is dropped then
                self._error = error_text(error)
                return
            self._busy_since = None

    def _put(self, call: Callable[[], object] | None, end: float | None = None) -> None:
        while not self._broken(end):
            try:
                self._calls.put(call, timeout=TICK)
            except queue.Full:
                continue
            return

    def _broken(self, end: float | None) -> bool:
        """True if the observer is dropped, now or before."""
        if self._dropped:
            return True
        since, now = self._busy_since, time.monotonic()
        if self._error:
            self._drop(self._error)
        elif since is not None and now - since > PATIENCE:
            self._drop(f"it took more than {PATIENCE:g} seconds for one record")
        elif end is not None and now > end and self._thread is not None and self._thread.is_alive():
            self._drop("it was not done when the search was stopped")
        return self._dropped

    def _drop(self, reason: str) -> None:
        self._dropped = True
        kind = self._observer if hasattr(self._observer, "__qualname__") else type(self._observer)
        warnings.warn(
            f"augplug: the observer {kind.__module__}.{kind.__qualname__} is dropped, and the search goes on without "
            f"it: {' '.join(reason.split())}",
            stacklevel=2,
        )
