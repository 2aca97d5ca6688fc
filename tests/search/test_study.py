import json
import os
import platform
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from augplug import api
from augplug._search.base import Proposal
from augplug._search.grid import RandAugmentGrid
from augplug._search.intervals import interval
from augplug._search.journal import Record, encode, open_journal, read_journal
from augplug._search.random import RandomSearch
from augplug.data.sets import Labelled, digest
from augplug.data.split import split
from augplug.errors import DataError, RunError, SettingsError
from tests.executors.toys import images
from tests.search.conftest import Study, direct


def results(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("policy.json", "result.json")}


def kinds(folder: Path) -> list[str]:
    return [record["kind"] for record in read_journal(folder)]


RUN = {".lock", "journal.jsonl", "policy.json", "result.json"}


class Stop(BaseException):
    """Ends a run like Ctrl-C does."""


def done_digest(name: str) -> str:
    """What a journal calls a named policy."""
    return api.policy(name).digest.hex()[:16]


def stop_at(number: int) -> Any:
    @direct
    def stop(record: Record) -> None:
        if record["n"] == number:
            raise Stop

    return stop


def test_a_study_leaves_its_result_and_every_fact_behind(study: Study, tmp_path: Path) -> None:
    done = study()

    records = read_journal(tmp_path / "run")
    trials = [record for record in records if record["kind"] == "trial"]
    evaluations = [record for record in records if record["kind"] == "evaluation"]
    fixed = [record for record in records if record["kind"] == "baseline"]
    assert [record["kind"] for record in records if record["kind"] != "evaluation"] == [
        "configuration", *["baseline"] * len(fixed), "estimate", *["trial"] * 6, "race", "found",
        *["comparison"] * (len(fixed) + 1)
    ]  # fmt: skip
    assert len(fixed) in {5, 6}  # with a flip in front of the published ones, or not
    assert [tuple(record["decisions"]) for record in trials] == [(n, m) for n in (1, 2) for m in (1, 5, 8)]
    assert len({(e["cell"], e["policy"]) for e in evaluations}) == len(evaluations)
    ran = {(e["cell"], e["policy"]): e["reward"] for e in evaluations}
    reference = next(record for record in fixed if record["name"] == "hand-made")
    digest_of_reference = done_digest("hand-made")
    for trial in trials:
        assert trial["rewards"] == [ran[cell, trial["digest"]] for cell in trial["cells"]]
        same_cells = fmean(ran[cell, digest_of_reference] for cell in trial["cells"])
        assert trial["reward"] == pytest.approx(fmean(trial["rewards"]) - same_cells + reference["reward"])
    (race,) = (record["entrants"] for record in records if record["kind"] == "race")
    found = [entrant["proposal"] for entrant in race if not entrant["baseline"]]
    assert sorted(found, key=lambda number: (number is None, number)) == [0, 1, 2, 3, 4, 5, None, None]  # two mixtures
    assert [len(entrant["rewards"]) for entrant in race[:2]] == [12, 12]
    best = max(race[:2], key=lambda entrant: fmean(entrant["rewards"]))
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result == done.result
    assert result["best_reward"] == max(record["reward"] for record in trials)
    winner = trials[best["proposal"]]
    assert result["best_decisions"] == winner["decisions"]
    assert json.loads((tmp_path / "run" / "policy.json").read_text()) == winner["policy"] == done.policy.to_json()
    assert api.load_policy(tmp_path / "run" / "policy.json") == done.policy
    assert result["trials"] == 6
    assert not result["partial"]
    assert done.folder == tmp_path / "run"
    assert {path.name for path in done.folder.iterdir()} == RUN


def test_neither_clock_nor_path_is_in_the_result(study: Study, tmp_path: Path) -> None:
    study()

    text = (tmp_path / "run" / "result.json").read_text()
    assert "seconds" not in text
    assert str(tmp_path) not in text


def test_scores_and_gains_are_those_of_the_journal(study: Study, tmp_path: Path) -> None:
    result = study().result

    records = read_journal(tmp_path / "run")
    compared = {record["policy"]: record for record in records if record["kind"] == "comparison"}
    found, none = compared["found"]["rewards"], compared["none"]["rewards"]
    assert [result["baseline_test_score"], result["test_score"]] == [fmean(none), fmean(found)]
    low, high = result["test_score_interval"]
    assert low < result["test_score"] < high
    assert result["gains"] == [found[0] - none[0], found[1] - none[1]]
    assert {tuple(record["cells"]) for record in compared.values()} == {("test-0", "test-1")}
    seeds = {(e["cell"], e["seed"]) for e in records if e["kind"] == "evaluation"}
    assert len(seeds) == len(dict(seeds)) == len({seed for _cell, seed in seeds})  # one seed a cell, each its own


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_workers_changes_no_byte(study: Study, tmp_path: Path, workers: int) -> None:
    study("inline")
    study("processes", executor="processes", workers=workers)

    assert results(tmp_path / "processes") == results(tmp_path / "inline")


def test_killed_workers_change_no_byte_but_the_settings(study: Study, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    quiet = study("quiet").result
    killed = study(
        "killed",
        executor="processes",
        given={"mode": "die sometimes", "folder": str(notes), "times": 2},
    ).result

    assert len(list(notes.iterdir())) > 3
    assert {**quiet, "settings": {}} == {**killed, "settings": {}}


def test_a_run_stopped_after_any_record_resumes_to_the_same_bytes(study: Study, tmp_path: Path) -> None:
    small: dict[str, Any] = {"given": {"m": "1,8", "n": "1", "subsets": 1}}
    study("whole", **small)
    expected, records = results(tmp_path / "whole"), len(kinds(tmp_path / "whole"))

    for number in range(records):
        out = f"stopped-{number}"
        with pytest.raises(Stop):
            study(out, observers=[stop_at(number)], **small)
        assert not (tmp_path / out / "result.json").exists()
        study(out, resume=True, **small)

        assert results(tmp_path / out) == expected
        assert [kind for kind in kinds(tmp_path / out) if kind != "estimate"] == [
            kind for kind in kinds(tmp_path / "whole") if kind != "estimate"
        ]


def test_a_run_stopped_many_times_resumes_to_the_same_bytes(study: Study, tmp_path: Path) -> None:
    study("whole")
    stops = 0
    while True:
        have = len(kinds(tmp_path / "often")) if stops else 0
        try:
            study("often", resume=True, observers=[stop_at(have + 3)])
        except Stop:
            stops += 1
        else:
            break

    assert stops > 5
    assert results(tmp_path / "often") == results(tmp_path / "whole")


SCRIPT = """
import os, signal, sys
from pathlib import Path
from tests.search.conftest import direct, make_study
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
@direct
def end(record):
    if record["n"] == int(sys.argv[2]):
        os.kill(os.getpid(), int(sys.argv[3]))
make_study(Path(sys.argv[1]))("ended", executor="processes", resume=True, observers=[end])
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_a_signal_ended_resumes_to_the_same_bytes(study: Study, tmp_path: Path, number: int) -> None:
    study("whole")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for place in (4, 21):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(place), str(number)]
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        assert done.returncode == -number, done.stderr
        assert place + 1 <= len(kinds(tmp_path / "ended")) <= place + 2
    study("ended", resume=True)

    assert {path.name for path in (tmp_path / "ended").iterdir()} == RUN
    assert results(tmp_path / "ended") == results(tmp_path / "whole")


def test_results_that_were_lost_are_written_again(study: Study, tmp_path: Path) -> None:
    study()
    expected = results(tmp_path / "run")
    (tmp_path / "run" / "result.json").unlink()
    before = kinds(tmp_path / "run")

    study(resume=True)

    assert results(tmp_path / "run") == expected
    assert kinds(tmp_path / "run") == before


def test_an_existing_run_needs_resume(study: Study, tmp_path: Path) -> None:
    study()
    expected = results(tmp_path / "run")

    with pytest.raises(SettingsError, match=r"run holds a run already; go on with --resume, or give another --out"):
        study()
    assert results(tmp_path / "run") == expected
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    with pytest.raises(SettingsError, match="holds other files and no run"):
        study("mine", resume=True)
    with pytest.raises(SettingsError, match="is a file"):
        study("mine/notes.txt")
    with pytest.raises(SettingsError, match="cannot be made"):
        study("mine/notes.txt/run")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"options": {"seed": 1}}, "was started with settings.seed = 0, not 1"),
        ({"options": {"trials": 3}}, "goes to its end, not to 3; resume without --trials"),
        ({"given": {"gift": 0.1}}, "was started with settings.evaluator_settings.gift = 0.2, not 0.1"),
        ({"given": {"m": "1,5,7"}}, r"was .*with settings.algorithm_settings.m = \[1, 5, 8\], not \[1, 5, 7\]"),
        ({"data": images(90, seed=1)}, r"^the images differ from those of this run \(.*run\); resume with the same"),
        ({"data": images(93)}, "^the images differ from those of this run"),
    ],
)
def test_resuming_something_else_is_refused_by_name(study: Study, changed: dict[str, Any], name: str) -> None:
    with pytest.raises(Stop):
        study(observers=[stop_at(5)])

    with pytest.raises(SettingsError, match=name):
        study(resume=True, **changed)


def test_resuming_with_other_versions_is_refused(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stop):
        study(observers=[stop_at(5)])
    before = re.escape(platform.python_version())
    monkeypatch.setattr("platform.python_version", lambda: "3.99")

    with pytest.raises(SettingsError, match=rf"here is python 3\.99 instead of {before}.*--accept-versions"):
        study(resume=True)


def test_an_algorithm_that_proposes_something_else_on_resuming_is_found(study: Study) -> None:
    def how(algorithm: type[RandAugmentGrid]) -> dict[str, Any]:
        return {"options": {"algorithm": "mine"}, "algorithms": {"mine": partial(algorithm, api.operations())}}

    with pytest.raises(Stop):
        study(observers=[stop_at(30)], **how(RandAugmentGrid))

    with pytest.raises(RunError, match=r"another trial than record \d+ .*\(decisions\)"):
        study(resume=True, **how(Fickle))


@pytest.mark.parametrize(("number", "says"), [(2, "no format 2"), (4, "made by a newer augplug"), (None, "whole")])
def test_a_journal_of_another_format_is_refused(study: Study, tmp_path: Path, number: object, says: str) -> None:
    with pytest.raises(Stop):
        study(observers=[stop_at(0)])
    first = {**read_journal(tmp_path / "run")[0], "format": number}
    (tmp_path / "run" / "journal.jsonl").write_bytes(encode(first))

    with pytest.raises(SettingsError, match=f"cannot be resumed: .*{says}"):
        study(resume=True)


def test_a_part_of_the_grid_is_said_to_be_one(study: Study) -> None:
    result = study(options={"trials": 5}).result

    assert result["trials"] == 5
    assert result["partial"]
    assert "Only a part of the grid was searched" in result["verdict"]


class Fickle(RandAugmentGrid):
    """Says of its proposals what RandAugmentGrid does not."""

    def ask(self, count: int) -> list[Proposal]:
        return [Proposal(p.number, p.policy, (9, 9)) for p in super().ask(count)]


class Endless(RandAugmentGrid):
    """Proposes for ever."""

    def ask(self, count: int) -> list[Proposal]:
        asked = self._ranking.proposals
        for number in range(len(asked), len(asked) + count):
            asked.append(Proposal(number, self._cells[number % len(self._cells)].policy))
        return asked[-count:]


class Satisfied(RandAugmentGrid):
    """Ends once it was told anything."""

    def ask(self, count: int) -> list[Proposal]:
        return [] if self._ranking.proposals else super().ask(count)


class Mute(RandAugmentGrid):
    """Proposes nothing."""

    def ask(self, count: int) -> list[Proposal]:
        return []


def test_an_algorithm_that_proposes_nothing_is_an_error_that_says_so(study: Study) -> None:
    how: dict[str, Any] = {"algorithms": {"mute": partial(Mute, api.operations())}}

    with pytest.raises(RunError, match="no policy was tried: mute proposed none, or the time was over before"):
        study(options={"algorithm": "mute"}, **how)


def test_an_algorithm_may_end_when_it_likes(study: Study) -> None:
    how: dict[str, Any] = {"algorithms": {"satisfied": partial(Satisfied, api.operations())}}

    assert study(options={"algorithm": "satisfied"}, **how).result["trials"] == 4


def test_an_endless_algorithm_needs_a_number_of_trials(study: Study) -> None:
    how: dict[str, Any] = {"algorithms": {"endless": partial(Endless, api.operations())}}

    with pytest.raises(SettingsError, match="endless does not end by itself; say how long with --trials N"):
        study(options={"algorithm": "endless"}, **how)
    result = study(options={"algorithm": "endless", "trials": 7}, **how).result
    assert result["trials"] == 7
    assert not result["partial"]


def test_failed_trials_are_told_and_cannot_win(study: Study, tmp_path: Path) -> None:
    result = study(given={"mode": "fail sometimes", "m": "1,3,5,7,9,11"}).result

    trials = [record for record in read_journal(tmp_path / "run") if record["kind"] == "trial"]
    failed = [record["number"] for record in trials if record["error"]]
    assert 0 < len(failed) < len(trials)
    assert result["failed"] == len(failed)
    assert [number for number, reward in enumerate(result["rewards"]) if reward is None] == failed
    assert trials[failed[0]]["error"] == "ValueError: no luck"
    assert result["best_number"] not in failed


def test_a_search_without_any_reward_is_an_error(study: Study) -> None:
    with pytest.raises(RunError, match=r"every trial failed, the first with: ValueError: never"):
        study(given={"mode": "fail on policies"})


def test_a_baseline_that_fails_is_an_error_that_resume_tries_again(study: Study, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the baseline none failed: ValueError: not even that"):
        study(given={"mode": "fail always"})
    assert kinds(tmp_path / "run") == ["configuration"]


def test_settings_that_the_evaluator_refuses_are_found_before_anything_is_written(study: Study, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="toy: gift is a number"):
        study(given={"gift": "0.9"})
    assert not (tmp_path / "run").exists()


def test_settings_that_only_the_evaluation_refuses_are_the_users_too(study: Study) -> None:
    with pytest.raises(SettingsError, match="kernel-ridge trains on 20,000 images at most"):
        study(options={"evaluator": "kernel-ridge"}, given={"copies": 1000, "train": 60}, data=images(600))


def test_observers_are_told_what_is_on_disk_already(study: Study, tmp_path: Path) -> None:
    seen: list[Record] = []

    def observer(record: Record) -> None:
        assert read_journal(tmp_path / "run")[record["n"]] == record
        seen.append(record)

    study(observers=[observer])

    assert seen == read_journal(tmp_path / "run")
    (estimate,) = (record for record in seen if record["kind"] == "estimate")
    assert estimate["n"] < next(record["n"] for record in seen if record["kind"] == "trial")
    assert estimate["evaluations"] == sum(record["kind"] == "evaluation" for record in seen)
    before = sum(record["kind"] == "evaluation" for record in seen[: estimate["n"]])
    assert estimate["left"] == estimate["evaluations"] - before
    assert estimate["seconds"] >= 0


def test_no_search_evaluation_sees_a_test_image(study: Study, tmp_path: Path) -> None:
    data = images(90)
    places = split(data, seed=0, train=6, others=2)

    def name(train: Any, valid: Any) -> str:
        return digest(data.take(train)) + digest(data.take(valid))

    study(data=data, given={"mode": "spy", "folder": str(tmp_path)})

    seen = {path.name.rpartition("-")[2] for path in tmp_path.iterdir() if "-" in path.name}
    other = {name(train, places.test) for train in places.others}
    searched = {name(train, valid) for train, valid in zip(places.subsets, places.valid, strict=True)}
    assert seen == searched | other
    assert not set(places.development) & set(places.test)


def test_a_small_validation_part_is_warned_of(study: Study) -> None:
    (warning,) = study().result["warnings"]

    assert warning.startswith("only 54 validation images: below 1,000")


def test_an_interval_is_students() -> None:
    low, high = interval([1.0, 2.0, 3.0, 4.0, 5.0])

    # The figures of t.interval in scipy.stats, at 0.95 with 4 degrees of freedom.
    assert low == pytest.approx(1.036756838522439)
    assert high == pytest.approx(4.963243161477561)
    assert interval([0.5]) == [0.5, 0.5]


def test_two_that_begin_one_run_at_once_do_not_share_it(study: Study, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    refused = pytest.raises(SettingsError, match="is being written by another process")
    with open_journal(tmp_path / "run"), refused:
        study(resume=True)


def test_the_real_evaluator_gives_the_same_bytes_in_every_executor(study: Study, tmp_path: Path) -> None:
    data = Labelled(images(200).x, images(200).y, images(200).classes)
    how: dict[str, Any] = {"data": data, "given": {"copies": 3, "m": "9"}, "options": {"evaluator": "kernel-ridge"}}
    study("inline", **how)
    study("processes", executor="processes", workers=2, **how)

    assert results(tmp_path / "processes") == results(tmp_path / "inline")


def test_images_that_cannot_be_split_are_refused_before_anything_is_written(study: Study, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="class 'a' has 4 images"):
        study(data=images(12))
    assert not (tmp_path / "run").exists()


def test_algorithms_compute_on_one_thread_on_any_machine(study: Study) -> None:
    """Of NumPy's BLAS, as threadpoolctl sees it from inside: what two threads add differs from what one does."""
    seen: dict[str, set[int]] = {}

    class Watched(RandomSearch):
        """Notes how many threads there are in each call."""

        def __getattribute__(self, name: str) -> Any:
            if name in ("ask", "tell", "finalists", "best"):
                counts = {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}
                seen.setdefault(name, set()).update(counts)
            return super().__getattribute__(name)

    with threadpool_limits(2, user_api="blas"):
        study(
            options={"algorithm": "watched", "trials": 6},
            given={"space": "geometry", "finalists": 2},
            algorithms={"watched": partial(Watched, api.operations())},
        )
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {2}

    assert seen == {name: {1} for name in ("ask", "tell", "finalists", "best")}
