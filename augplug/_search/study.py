"""The study: a search from its settings to `policy.json` and `result.json`.

    parts = Registries(algorithms, evaluators, executors, operations)
    settings = study_settings({"copies": "10"}, parts, algorithm="strengths", seed=0)
    result = run_study(settings, data, parts=parts, out="run", executor="processes", workers=2, observers=[print])
    result.policy, result.result["verdict"], result.folder

Policies are compared in cells: a training subset and an augmentation seed, shared by all that are compared. What
happens, in order, and what the journal holds of it (`evaluation` records come between; times are in those alone):

1. `configuration`: settings, digest of the data, versions, warnings; the split follows from the seed.
2. `signal`: whether the fixed policies differ by more than noise; if not, the search ends here. `baseline`, one for
   each of them, with its scores in the first cells of the race. Then `estimate`: how long the rest will take.
3. `trial`, one for each proposal: asked for and told in fixed batches, one after the other up to 8 workers, so that
   their number changes nothing; above that several at a time, as `ahead` in the configuration says.
   What an algorithm is told is the difference to the reference policy in the same cell, plus what that has in the first
   cells. With a budget of time, a `batch` before each: whether there is time for it.
4. `race`: the finalists, a policy that the algorithm joins of them, and the baselines, by successive halving in fresh
   cells.
5. `found`: the policy, which may be a baseline. `policy.json` is written.
6. `comparison`, one for the found policy and each baseline: trained on other subsets, scored on the test images, which
   nothing above saw.

A run that stopped anywhere is resumed by doing all of this again, with the journal in place of the evaluations that it
holds. Policies and rewards are functions of the settings and the data, so the end is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from augplug._executors.running import JobRunner
from augplug._policies.grammar import Policy
from augplug._search import baselines, racing
from augplug._search.base import SearchAlgorithm
from augplug._search.bench import Cell, EvaluationRunner, Scores, Task
from augplug._search.choosing import LOOKS, nothing_to_choose, signal
from augplug._search.configuration import begin, configure, make_folder, worker_files
from augplug._search.ground import Ground
from augplug._search.journal import open_journal
from augplug._search.observers import Observer
from augplug._search.pace import MOST_TRIALS, Budget
from augplug._search.racing import Entrant
from augplug._search.result import write_policy, write_result
from augplug._search.schedule import Trials, scheduled
from augplug._search.settings import Registries, StudySettings, named
from augplug.data.sets import Labelled
from augplug.data.split import split
from augplug.display import Shown
from augplug.errors import RunError
from augplug.renamed import answers_old_names


@answers_old_names
@dataclass(frozen=True, repr=False)
class StudyResult(Shown):
    """The found `policy`, the content of `result.json`, and the `folder` that holds both."""

    policy: Policy
    result: Mapping[str, Any]
    folder: Path


def run_study(  # pylint: disable=too-many-locals  # half of them are keywords, as those of api.search
    settings: StudySettings,
    data: Labelled,
    *,
    parts: Registries,
    out: str | Path,
    executor: str = "processes",
    workers: int = 2,
    resume: bool = False,
    observers: Sequence[Observer] = (),
    request: Mapping[str, Any] | None = None,
    accept_versions: bool = False,
    finish: Callable[[Path], object] | None = None,
    began: float | None = None,
) -> StudyResult:
    """Run a search, or the rest of one, and return its result.

    Each observer is called with each new journal record once it is on disk. `finish` is called with the folder once the
    result is written, before observers are told of the end; `began` is the `time.monotonic()` from which `minutes`
    counts. Raises SettingsError when the request is wrong (an unknown name, a run that exists, a resume with other
    settings, data or versions), DataError when the images cannot be split, RunError when the search fails while it
    runs. Ctrl-C leaves a run that `resume` finishes.
    """
    settings = scheduled(settings, 1 if executor == "inline" else workers, Path(out) if resume else None)
    places = split(data, seed=settings.seed, train=settings.train, others=settings.subsets)
    configuration, algorithm = configure(settings, data, places, parts)
    runner = JobRunner(parts.evaluators, parts.operations)
    made = named("executor", executor, parts.executors)(workers=workers, runner=runner)
    folder = made.folder = make_folder(Path(out), resume=resume)
    with (
        open_journal(folder) as journal,
        worker_files(folder) as files,
        made as running,
        EvaluationRunner(journal, running, settings, files, observers) as bench,
    ):
        begin(bench, configuration, folder, resume=resume, request=request, accept_versions=accept_versions)
        budget = Budget(bench, settings, 1 if executor == "inline" else workers, began)
        study = _Study(settings, Ground(settings, data, places), bench, parts, algorithm, budget)
        study.baselines()
        study.search(configuration["size"])
        found = study.choose(folder)
        study.compare(found)
        result = write_result(folder, journal.records)
        if finish is not None:
            finish(folder)
    return StudyResult(found, result, folder)


class _Study:
    """The stages, in order."""

    def __init__(
        self,
        settings: StudySettings,
        ground: Ground,
        bench: EvaluationRunner,
        parts: Registries,
        algorithm: SearchAlgorithm,
        budget: Budget,
    ) -> None:
        self._settings = settings
        self._bench = bench
        self._algorithm = algorithm
        self._operations = parts.operations
        self._published = baselines.published_ones(parts.operations) if parts.published is None else parts.published
        self._ground = ground
        self._pace = budget
        self._entrants: list[Entrant] = []
        probes = baselines.probes(parts.operations) if settings.significance < 1 else {}
        self._probes = [Entrant(name, policy, baseline=True) for name, policy in probes.items()]
        self._level = 0.0
        self._subsets = settings.subsets

    def baselines(self) -> None:
        """Score the fixed policies. RunError where nothing can be chosen by such scores."""
        published = self._published
        self._enter(baselines.simple(self._operations))
        self._pace.check()
        if more := self._pace.baselines(0, racing.FIRST * (len(published) + len(self._probes))):
            self._enter(published)
            self._check_signal()
        mean = {entrant.name: entrant.reward() for entrant in self._entrants}
        self._level = mean[baselines.REFERENCE]
        helps = more and mean.get("flip", 0) > mean["none"]
        if helps and self._pace.baselines(len(LOOKS), racing.FIRST * len(published)):
            self._enter(baselines.flipped(self._operations, published))
        for number, entrant in enumerate(self._entrants):
            self._bench.once("baseline", number=number, **racing.row(entrant), reward=entrant.reward())

    def _enter(self, policies: Mapping[str, Policy]) -> None:
        entrants = [Entrant(name, policy, baseline=True) for name, policy in policies.items()]
        self._run(entrants, racing.FIRST)
        self._entrants += [entrant for entrant in entrants if entrant.rewards]

    def _check_signal(self) -> None:
        """Compare baselines and probes in more and more cells, until they are seen to differ."""
        level = self._settings.significance
        asked = [*self._entrants, *self._probes]
        for number, cells in enumerate(LOOKS if self._probes else ()):
            if number and not self._pace.baselines(number, len(asked) * (cells - LOOKS[number - 1])):
                return
            self._run(asked, cells)
            found = signal([one.accuracies for one in asked if len(one.accuracies) == cells])
            if found is None:
                return
            self._bench.once("signal", number=number, **asdict(found))
            if found.chance <= level / len(LOOKS):
                return
            if cells == LOOKS[-1]:
                raise RunError(nothing_to_choose(found))

    def search(self, size: int | None) -> None:
        """Every trial."""
        left = min(self._settings.trials or MOST_TRIALS, size or MOST_TRIALS)
        self._pace.estimate(left, sum(len(entrant.rewards) for entrant in self._entrants), len(self._entrants))
        reference = baselines.simple(self._operations)[baselines.REFERENCE]
        trials = Trials(
            self._settings,
            self._ground,
            self._bench,
            self._pace,
            self._algorithm,
            reference=reference,
            level=self._level,
        )
        trials.run(left, len(self._entrants))

    def choose(self, folder: Path) -> Policy:
        """Race the finalists against the baselines, and write the policy that is found."""
        trials = [record for record in self._bench.journal.records if record["kind"] == "trial"]
        if not trials:
            raise RunError(
                f"no policy was tried: {self._settings.algorithm} proposed none, or the time was over before; give "
                "more --minutes, if it was that, and start again"
            )
        if all(record["reward"] is None for record in trials):
            raise RunError(
                f"every trial failed, the first with: {trials[0]['error']}; mend the evaluator or its settings and "
                "start again"
            )
        cells, self._subsets = self._pace.cut(len(self._entrants))
        entrants = [*self._entrants, *self._finalists()]
        order = racing.race(entrants, cells, self._run)
        self._bench.once("race", entrants=[racing.row(entrant) for entrant in order])
        winner = order[0]
        decisions = next((record["decisions"] for record in trials if record["number"] == winner.number), None)
        self._bench.once(
            "found",
            name=winner.name,
            baseline=winner.name if winner.baseline else None,
            policy=winner.policy.to_json(),
            number=winner.number,
            decisions=decisions,
        )
        write_policy(folder, winner.policy)
        return winner.policy

    def _finalists(self) -> list[Entrant]:
        """The algorithm's finalists, and what it makes of several of them, in the first cells of the race."""
        taken = {entrant.policy.digest for entrant in self._entrants}
        proposals = [p for p in self._algorithm.finalists(self._settings.finalists) if p.policy.digest not in taken]
        finalists = self._entered([(f"trial {p.number}", p.policy, p.number) for p in proposals])
        scores = {entrant.number: entrant.reward() for entrant in finalists if entrant.number is not None}
        joined = {"joined": self._algorithm.best(scores or None)}
        joined |= racing.mixed(finalists, [entrant for entrant in self._entrants if entrant.name != "none"])
        taken |= {entrant.policy.digest for entrant in finalists}
        new = [(name, policy, None) for name, policy in joined.items() if policy.digest not in taken]
        return finalists + self._entered(new)

    def _entered(self, policies: Sequence[tuple[str, Policy, int | None]]) -> list[Entrant]:
        entrants = [Entrant(name, policy, baseline=False, number=number) for name, policy, number in policies]
        self._run(entrants, racing.FIRST)
        return [entrant for entrant in entrants if entrant.rewards]

    def _run(self, entrants: Sequence[Entrant], end: int) -> None:
        """Fill in the scores of the race's cells up to `end`; an entrant that failed in one keeps those it had."""
        tasks = []
        for number, entrant in enumerate(entrants):
            label = f"the baseline {entrant.name}" if entrant.baseline else entrant.name
            task = self._ground.task("race", number, label, entrant.policy, self._ground.race_cells(end))
            needed = end == racing.FIRST and entrant.name in ("none", baselines.REFERENCE)
            tasks.append(replace(task, needed=needed))
        for entrant, (_task, scores) in zip(entrants, self._bench.run(tasks), strict=True):
            if not scores.error:
                entrant.rewards, entrant.accuracies = scores.rewards, scores.accuracies

    def compare(self, found: Policy) -> None:
        """Touch the test images: the found policy and every baseline, trained on other subsets."""
        if self._settings.balanced:
            self._bench.once("labels", y=self._ground.test_labels)
        policies = {"found": found, **{entrant.name: entrant.policy for entrant in self._entrants}}
        tasks = [
            Task("comparison", number, f"the comparison of {name}", policy, (), images=True)
            for number, (name, policy) in enumerate(policies.items())
        ]
        cells: list[Cell] = []
        compared: list[tuple[Task, Scores]] = []
        while len(cells) < self._subsets and self._pace.comparison(len(cells), len(tasks)):
            cells.append(self._ground.test_cell(len(cells)))
            tasks = [replace(task, cells=tuple(cells)) for task in tasks]
            compared = list(self._bench.run(tasks))
        for (task, scores), name in zip(compared, policies, strict=bool(cells)):
            self._bench.record("comparison", task, scores, policy=name)
