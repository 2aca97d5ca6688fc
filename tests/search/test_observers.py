"""Observers that do what they must not: none changes, stops or holds a search."""

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from augplug._search import observers
from augplug._search.journal import Record, read_journal
from augplug._search.observers import Audience
from tests.search.conftest import Study
from tests.search.test_study import Stop, results, stop_at

SMALL: dict[str, Any] = {"given": {"m": "1,9", "n": "1", "subsets": 1}, "options": {"seeds": 1}}


def spoil(record: Any) -> None:
    """Change everything that a result could be made of."""
    for name in ("reward", "baseline", "found"):
        record[name] = 0.99
    record.get("rewards", []).append(7.0)
    record.clear()


def test_what_an_observer_does_to_a_record_is_its_own(study: Study, tmp_path: Path) -> None:
    seen: list[Record] = []
    expected = study("quiet", **SMALL).result

    result = study("spoiled", observers=[spoil, seen.append], **SMALL).result

    assert result == expected
    assert results(tmp_path / "spoiled") == results(tmp_path / "quiet")
    assert seen == read_journal(tmp_path / "spoiled")


class Broken:
    """Does it when it hears of a record of some kind."""

    def __init__(self, kind: str, action: Callable[[], object]) -> None:
        self._kind, self._action = kind, action
        self.heard: list[str] = []

    def __call__(self, record: Record) -> None:
        self.heard.append(record["kind"])
        if record["kind"] == self._kind:
            self._action()


def fail(error: BaseException) -> Callable[[], object]:
    def action() -> None:
        raise error

    return action


STAGES = ("configuration", "evaluation", "baseline", "estimate", "trial", "found")
RAISED = {
    "raise": (ValueError("not\nme"), "ValueError: not me"),
    "sys.exit": (SystemExit(5), "SystemExit: 5"),
    "interrupt": (KeyboardInterrupt(), "KeyboardInterrupt: "),
    "50 MB": (ValueError("x" * 50_000_000), f"ValueError: {'x' * 1985}..."),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("how", RAISED)
def test_an_observer_that_raises_is_dropped_with_one_warning(
    study: Study, tmp_path: Path, stage: str, how: str
) -> None:
    error, text = RAISED[how]
    broken, seen = Broken(stage, fail(error)), list[Record]()
    with pytest.warns(UserWarning, match="is dropped") as caught:
        result = study(observers=[broken, seen.append], **SMALL).result

    told = [str(warning.message) for warning in caught if "dropped" in str(warning.message)]
    assert told == [
        "augplug: the observer tests.search.test_observers.Broken is dropped, and the search goes on without it: "
        + text.strip()
    ]
    assert broken.heard.count(stage) == 1
    assert broken.heard[-1] == stage
    assert seen == read_journal(tmp_path / "run")
    assert result["trials"] == 2


@pytest.mark.parametrize("stage", STAGES)
def test_an_observer_that_hangs_is_dropped_with_one_warning(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr(observers, "PATIENCE", 0.2)
    release, seen = threading.Event(), list[Record]()
    broken = Broken(stage, release.wait)
    try:
        with pytest.warns(UserWarning, match=r"Broken is dropped.*more than 0\.2 seconds for one record") as caught:
            result = study(observers=[broken, seen.append], **SMALL).result
    finally:
        release.set()

    assert len([one for one in caught if "dropped" in str(one.message)]) == 1
    assert result["trials"] == 2
    assert seen == read_journal(tmp_path / "run")


def test_an_observer_that_hangs_does_not_hold_a_search_that_is_stopped(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observers, "HURRY", 0.1)
    release = threading.Event()
    try:
        with pytest.warns(UserWarning, match="it was not done when the search was stopped"), pytest.raises(Stop):
            study(observers=[stop_at(5), Broken("evaluation", release.wait)], **SMALL)
    finally:
        release.set()


def test_a_slow_observer_hears_everything_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(observers, "BOUND", 2)
    gate, heard = threading.Semaphore(0), list[int]()

    def slow(record: Record) -> None:
        gate.acquire()  # pylint: disable=consider-using-with  # it lets one record through
        heard.append(record["n"])

    audience = Audience([slow], tmp_path)
    teller = threading.Thread(target=list, args=(map(audience.tell, ({"n": n} for n in range(20))),))
    teller.start()
    for _ in range(20):
        gate.release()
    teller.join()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        audience.close()

    assert heard == list(range(20))


def test_an_observer_that_gets_no_thread_is_dropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_thread = fail(RuntimeError("can't start new thread"))
    monkeypatch.setattr(threading.Thread, "start", lambda _thread: no_thread())
    audience = Audience([spoil], tmp_path)
    with pytest.warns(UserWarning, match=r"test_observers\.spoil is dropped.*can't start new thread"):
        audience.tell({"n": 0})
    audience.tell({"n": 1})
    audience.close()


class Tracker:
    """Keeps what it gets, `begin` and `end` included."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def begin(self, folder: Path, records: list[Record]) -> None:
        """Take the run's folder, and the records so far."""
        self.told.append((folder, records))

    def __call__(self, record: Record) -> None:
        self.told.append(record)

    def end(self, *, finished: bool) -> None:
        """Take whether the search came to its end."""
        self.told.append(finished)


def test_a_tracker_is_told_the_folder_what_the_journal_holds_and_the_end(study: Study, tmp_path: Path) -> None:
    """Stopped, resumed, and resumed again with nothing left to do: what one did not hear, the next begins with."""
    first, second, third = Tracker(), Tracker(), Tracker()
    with pytest.raises(Stop):
        study(observers=[first, stop_at(9)], **SMALL)
    held = read_journal(tmp_path / "run")
    study(observers=[second], resume=True, **SMALL)
    study(observers=[third], resume=True, **SMALL)

    records = read_journal(tmp_path / "run")
    assert first.told == [(tmp_path / "run", []), *held[: len(first.told) - 2], False]
    assert second.told == [(tmp_path / "run", held), *records[len(held) :], True]
    assert third.told == [(tmp_path / "run", records), True]


def test_what_a_tracker_does_to_the_records_that_it_begins_with_is_its_own(study: Study, tmp_path: Path) -> None:
    class Spoiler(Tracker):
        def begin(self, folder: Path, records: list[Record]) -> None:
            for record in records:
                spoil(record)

    with pytest.raises(Stop):
        study(observers=[stop_at(9)], **SMALL)
    study(observers=[Spoiler()], resume=True, **SMALL)
    study("quiet", **SMALL)

    assert results(tmp_path / "run") == results(tmp_path / "quiet")


@pytest.mark.parametrize("place", ["begin", "end"])
def test_a_tracker_that_raises_when_it_begins_or_ends_is_dropped(study: Study, place: str) -> None:
    tracker = Tracker()
    setattr(tracker, place, lambda *_given, **_more: fail(OSError("no space left"))())
    with pytest.warns(UserWarning, match=r"Tracker is dropped.*no space left") as caught:
        result = study(observers=[tracker], **SMALL).result

    assert len([one for one in caught if "dropped" in str(one.message)]) == 1
    assert result["trials"] == 2


def test_what_is_to_be_done_in_the_end_is_done_before_a_tracker_hears_of_it(study: Study, tmp_path: Path) -> None:
    tracker = Tracker()

    def finish(folder: Path) -> None:
        assert (folder / "result.json").is_file()
        tracker.told.append("report")

    study(observers=[tracker], finish=finish, **SMALL)

    # The tracker listens on its own thread: the last records may reach it behind the report, the end may not.
    assert tracker.told[-1] is True
    assert "report" in tracker.told
