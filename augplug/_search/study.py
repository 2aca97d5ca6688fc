"""The study: a search from its settings to `policy.json` and `result.json`.

    parts = Registries(algorithms, evaluators, executors, operations)
    settings = study_settings({"copies": "10"}, parts, algorithm="randaugment", seed=0)
    result = run_study(settings, data, parts=parts, out="run", executor="processes", workers=2, observers=[print])
    result.policy, result.result["verdict"], result.folder

What happens, in order, and what the journal holds of it (`evaluation` records come between; times are in those alone):

1. `configuration`: settings, digest of the data, versions, warnings; the split follows from the seed.
2. `baseline`, twice: no augmentation and a hand-made policy, with the same seeds and budget as every trial. Then
   `estimate`: how long the rest will take.
3. `trial`, one for each proposal: asked for and told in fixed batches, so that the number of workers changes nothing.
   With a budget of time, a `batch` before each: whether there is time for it.
4. `finalist`, where the settings ask for it: the best trials scored again with fresh seeds. One that fails now has no
   score, and stands behind those that have one.
5. `found`: the policy.
6. `test`, three times: baselines and found policy, retrained with fresh seeds, scored on the test images, which nothing
   above saw.
7. `gain`, one for each other training set: no augmentation and found policy with the same seeds, scored on the test
   images.

A run that stopped anywhere is resumed by doing all of this again, with the journal in place of the evaluations that it
holds. Policies and rewards are functions of the settings and the data, so the end is the same, byte for byte.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augplug._executors.running import JobRunner
from augplug._policies import grammar
from augplug._policies.grammar import Policy
from augplug._policies.mixtures import hand_made
from augplug._search.base import Proposal, Result, SearchAlgorithm
from augplug._search.bench import EvaluationRunner, Observer, StageData, Task
from augplug._search.configuration import begin, configure, make_folder, worker_files
from augplug._search.journal import open_journal
from augplug._search.pace import MOST_TRIALS, Budget
from augplug._search.result import write_result
from augplug._search.settings import Registries, StudySettings, named
from augplug.data.sets import Labelled
from augplug.data.split import Split, split
from augplug.display import Shown
from augplug.errors import RunError
from augplug.renamed import answers_old_names

NONE = Policy(grammar.Sequence(()), name="none", source="no augmentation")
BASELINES = {"none": "the baseline without augmentation", "hand-made": "the hand-made baseline"}
"""What the baselines are called in messages, by the names of their policies."""


@answers_old_names
@dataclass(frozen=True, repr=False)
class StudyResult(Shown):
    """The found `policy`, the content of `result.json`, and the `folder` that holds both."""

    policy: Policy
    result: Mapping[str, Any]
    folder: Path


def run_study(
    settings: StudySettings,
    data: Labelled,
    *,
    parts: Registries,
    out: str | Path,
    executor: str = "processes",
    workers: int = 2,
    resume: bool = False,
    observers: Sequence[Observer] = (),
) -> StudyResult:
    """Run a search, or the rest of one, and return its result.

    Each observer is called with each new journal record once it is on disk. Raises SettingsError when the request is
    wrong (an unknown name, a run that exists, a resume with other settings, data or versions), DataError when the
    images cannot be split, RunError when the search fails while it runs. Ctrl-C leaves a run that `resume` finishes.
    """
    places = split(data, seed=settings.seed, train=settings.train, others=settings.subsets)
    configuration, algorithm = configure(settings, data, places, parts)
    runner = JobRunner(parts.evaluators, parts.operations)
    made = named("executor", executor, parts.executors)(workers=workers, runner=runner)
    folder = made.folder = make_folder(Path(out), resume=resume)
    with (
        open_journal(folder) as journal,
        worker_files(folder) as files,
        made as running,
    ):
        bench = EvaluationRunner(journal, running, settings, files, observers)
        begin(bench, configuration, folder, resume=resume)
        study = _Study(settings, data, places, bench, parts, algorithm)
        study.search(configuration["size"], 1 if executor == "inline" else workers)
        study.finish()
        result = write_result(folder, journal.records)
    return StudyResult(study.found, result, folder)


class _Study:
    """The stages, in order."""

    def __init__(
        self,
        settings: StudySettings,
        data: Labelled,
        places: Split,
        bench: EvaluationRunner,
        parts: Registries,
        algorithm: SearchAlgorithm,
    ) -> None:
        self._settings = settings
        self._data = data
        self._places = places
        self._bench = bench
        self._algorithm = algorithm
        self.found = NONE
        self._part = StageData("search", data.take(places.train), data.take(places.valid))
        self._baselines = (NONE, hand_made(parts.operations))
        self._pace = Budget(bench, settings)

    def search(self, size: int | None, workers: int) -> None:
        """The baselines, then every trial."""
        tasks = [
            self._task("baseline", number, BASELINES[policy.name], policy, seed_group=0)
            for number, policy in enumerate(self._baselines)
        ]
        for task, scores in self._bench.run(tasks):
            reward = statistics.fmean(scores.rewards)
            self._bench.once(
                "baseline", number=task.number, policy=task.policy.name, rewards=scores.rewards, reward=reward
            )
        left = min(self._settings.trials or MOST_TRIALS, size or MOST_TRIALS)
        self._estimate(left, workers)
        while left and self._pace.may_go_on():
            proposals = self._algorithm.ask(min(self._settings.batch, left))
            if not proposals:
                return
            self._algorithm.tell(self._trials(proposals))
            left -= len(proposals)

    def _trials(self, proposals: Sequence[Proposal]) -> list[Result]:
        stop_below = self._pace.stop_below(proposals[0].number)
        tasks = [
            self._task("trial", p.number, f"trial {p.number} ({p.policy.name})", p.policy, stop_below=stop_below)
            for p in proposals
        ]
        results = []
        for (task, scores), proposal in zip(self._bench.run(tasks), proposals, strict=True):
            reward = statistics.fmean(scores.rewards) if scores.rewards else None
            self._bench.once(
                "trial",
                number=task.number,
                decisions=proposal.decisions,
                policy=task.policy.to_json(),
                rewards=scores.rewards,
                reward=reward,
                error=scores.error,
                stopped=scores.stopped,
            )
            results.append(Result(task.number, reward, scores.error, scores.stopped))
        return results

    def _estimate(self, trials: int, workers: int) -> None:
        """How long the evaluations that the journal does not hold will take: told before the first trial."""
        mine = self._settings
        records = [record for record in self._bench.journal.records if record["kind"] == "evaluation"]
        each = statistics.median(record["seconds"] for record in records) / workers
        fixed = mine.finalists * mine.finalist_seeds + (len(self._baselines) + 1 + 2 * mine.subsets) * mine.test_seeds
        if mine.minutes is not None:
            self._bench.append("estimate", left=None, seconds=round(60 * mine.minutes + each * fixed, 1))
            return
        total = mine.seeds * (len(self._baselines) + trials) + fixed
        left = max(0, total - len(records))
        self._bench.append("estimate", evaluations=total, left=left, seconds=round(each * left, 1))

    def finish(self) -> None:
        """Choose the policy, then touch the test images."""
        scores = self._rescored()
        trials = [record for record in self._bench.journal.records if record["kind"] == "trial"]
        if all(record["reward"] is None for record in trials):
            first = trials[0]["error"] if trials else "there was no trial"
            raise RunError(
                f"every trial failed, the first with: {first}; mend the evaluator or its settings and start again"
            )
        found = self._algorithm.best(scores)
        made = next((record for record in trials if record["policy"] == json.loads(json.dumps(found.to_json()))), None)
        self._bench.once(
            "found",
            policy=found.to_json(),
            number=made["number"] if made else None,
            decisions=made["decisions"] if made else None,
        )
        self.found = found
        self._test(found)
        self._gains(found)

    def _rescored(self) -> dict[int, float] | None:
        if not self._settings.finalists:
            return None
        proposals = self._algorithm.finalists(self._settings.finalists)
        tasks = [
            self._task(
                "finalist",
                p.number,
                f"trial {p.number}, scored again",
                p.policy,
                seeds=self._settings.finalist_seeds,
            )
            for p in proposals
        ]
        scores = {}
        for task, given in self._bench.run(tasks):
            reward = statistics.fmean(given.rewards) if given.rewards else None
            self._bench.once("finalist", number=task.number, rewards=given.rewards, reward=reward, error=given.error)
            if reward is not None:
                scores[task.number] = reward
        return scores

    def _test(self, found: Policy) -> None:
        part = StageData("test", self._part.train, self._data.take(self._places.test))
        policies = {"baseline": self._baselines[0], "found": found, "hand-made": self._baselines[1]}
        tasks = [
            Task("test", number, f"the test of {name}", policy, part, self._settings.test_seeds, seed_group=0)
            for number, (name, policy) in enumerate(policies.items())
        ]
        for (task, scores), name in zip(self._bench.run(tasks), policies, strict=True):
            self._bench.once("test", number=task.number, policy=name, rewards=scores.rewards)

    def _gains(self, found: Policy) -> None:
        test = self._data.take(self._places.test)
        parts = [StageData(f"other-{i}", self._data.take(other), test) for i, other in enumerate(self._places.others)]
        seeds = self._settings.test_seeds
        tasks = [
            Task("gain", 2 * i + which, f"the comparison on training set {i}", policy, part, seeds, seed_group=i)
            for i, part in enumerate(parts)
            for which, policy in enumerate((NONE, found))
        ]
        baseline = 0.0
        for task, scores in self._bench.run(tasks):
            mean = statistics.fmean(scores.rewards)
            if task.number % 2 == 0:
                baseline = mean
            else:
                self._bench.once("gain", number=task.number // 2, baseline=baseline, found=mean)

    def _task(
        self,
        stage: str,
        number: int,
        label: str,
        policy: Policy,
        *,
        seeds: int | None = None,
        seed_group: int | None = None,
        stop_below: tuple[float, ...] = (),
    ) -> Task:
        drawn = number if seed_group is None else seed_group
        return Task(stage, number, label, policy, self._part, seeds or self._settings.seeds, drawn, stop_below)
