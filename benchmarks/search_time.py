"""What a search by `strengths` takes: wall time of the command, what computes it, and a batch beside its kernels.

    python benchmarks/search_time.py [--seed 0] [--rounds 9] [--parts wall,shares,batch,observer,resume]

The command runs at its default, on the demo's digits and on a folder of 1,400 JPEG photographs of 256 x 256 pixels
(enlarged from ../shared/data/cifar10-reduced.npz; without it they are left out). Shares are CPU time of one process:
rendering, features and fit are what `FeatureRidge` does; the scores of all images that it was not trained on are
another share. A batch of 100 images is compared with its own kernels: the same program, already prepared, rendered
again. A search of 60 trials with an observer that hangs at the first record is compared with one without, in turns: CPU
time until the results are on the disk. A search that was interrupted in the middle is resumed: wall time from the start
of the command until there is a new record in its journal, of which `augplug --version` takes a part by itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, TypeAlias
from unittest.mock import patch

import cv2
import numpy as np

import augplug
from augplug import api
from augplug._evaluators.ridge import FeatureRidge, FittedRidge
from augplug._pipeline.batch import keys_of
from augplug._pipeline.batch_program import BatchProgram
from augplug._search.journal import Record
from augplug._search.settings import study_settings
from augplug._search.study import run_study
from augplug.data.digits import load_digits
from augplug.data.sets import Labelled
from augplug.types import Image
from benchmarks.timing import Spread, race, spread
from benchmarks.worths.searches import search
from benchmarks.worths.sets import SETS, photographs

SIDE, BATCH = 256, 100
WALL = {"digits": 90, "photographs": 300}
"""Seconds at most, on two idle cores."""
SHARE, KERNELS, HANGING, RESUME = 0.85, 1.5, 1.02, 1.0
AUGPLUG = (sys.executable, "-c", "import sys; from augplug.cli import main; sys.exit(main())")
Found: TypeAlias = tuple[str, str, Image]
"""The name of a data set, the policy found there as JSON, images to render with it."""


def command(seed: int) -> None:
    """Run `augplug demo`, and `augplug search strengths` on the photographs, and print their wall seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = {"digits": [*AUGPLUG, "demo", "--seed", str(seed), "--out", str(folder / "demo")]}
        found = photographs()
        if found is not None:
            _write(found, folder / "photographs")
            of_folder = ["search", "strengths", str(folder / "photographs"), "--seed", str(seed)]
            commands["photographs"] = [*AUGPLUG, *of_folder, "--out", str(folder / "run")]
        for what, arguments in commands.items():
            start = time.perf_counter()
            done = subprocess.run(arguments, capture_output=True, text=True, check=True)
            taken = time.perf_counter() - start
            print(f"{what}: {taken:.0f} s of wall time (bar {WALL[what]}); {done.stdout.splitlines()[0][:90]}")


def _write(images: Labelled, folder: Path) -> None:
    for number, (image, label) in enumerate(zip(images.x, images.y, strict=True)):
        place = folder / images.classes[int(label)]
        place.mkdir(parents=True, exist_ok=True)
        large = cv2.resize(image[:, :, ::-1], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(place / f"{number}.jpg"), large)


def shares(seed: int) -> list[Found]:
    """Print the part of the CPU time that is rendering, features and fit; return the policies that were found."""
    policies: list[Found] = []
    for what in ("digits", "fashion", "cifar"):
        load, train = SETS[what]
        data = load()
        if data is None:
            print(f"{what}: not on this machine")
            continue
        fitting: list[float] = []
        scoring: list[float] = []
        fitted = FeatureRidge._fitted  # pylint: disable=protected-access  # what is measured
        with (
            patch.object(FeatureRidge, "__init__", _timed(FeatureRidge.__init__, fitting)),
            patch.object(FeatureRidge, "_fitted", _timed(fitted, fitting)),
            patch.object(FittedRidge, "scores", _timed(FittedRidge.scores, scoring)),
        ):
            row = search(data, seed, train)
        fit, score = sum(fitting) / row["seconds"], sum(scoring) / row["seconds"]
        print(
            f"{what}: {row['seconds']:.1f} s of CPU; rendering, features and fit {fit:.1%}, scores of the other "
            f"{len(data) - train:,} images {score:.1%}, together {fit + score:.1%} (bar {SHARE:.0%})"
        )
        policies.append((what, row["policy"], data.x[:BATCH]))
    return policies


def _timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        start = time.process_time()
        try:
            return function(*args, **named)
        finally:
            spent.append(time.process_time() - start)

    return call


def batches(policies: list[Found], rounds: int) -> None:
    """Print what a batch takes beside its kernels alone. Raises ValueError if they differ in a bit."""
    for what, text, images in policies:
        augmenter = augplug.Augmenter(augplug.load_policy(json.loads(text)), seed=1)
        print(f"policy of {what}: a batch takes {_ratio(augmenter, images, rounds)} times its kernels (bar {KERNELS})")


def _ratio(augmenter: augplug.Augmenter, images: Image, rounds: int) -> Spread:
    programs = [_prepared(augmenter, images, number) for number in range(rounds + 1)]

    def whole(number: int) -> Image:
        return augmenter.batch(images, indices=range(BATCH), epoch=number)

    def kernels(number: int) -> Image:
        return programs[number].render(images, 1)

    if not all(np.array_equal(kernels(number), whole(number)) for number in range(rounds + 1)):
        raise ValueError(f"a batch under {augmenter.policy} differs from its program")
    times = race({"batch": whole, "kernels": kernels}, rounds=rounds)
    return spread([batch / alone for batch, alone in zip(times["batch"], times["kernels"], strict=True)])


def _prepared(augmenter: augplug.Augmenter, images: Image, epoch: int) -> BatchProgram:
    # pylint: disable=protected-access  # what a batch does within is what is measured
    keys = keys_of(augmenter._keys, BATCH, range(BATCH), epoch, None)
    program = augmenter._batches.of(keys, images.shape[1:], images.dtype)
    if program is None:
        raise ValueError(f"under {augmenter.policy} images are prepared one by one")
    return program


def hanging(rounds: int) -> None:
    """Print what an observer that hangs costs a search."""
    data, parts = load_digits(), api.study_parts()
    settings = study_settings({"study.train": 100}, parts, algorithm="strengths", seed=0, trials=60)

    def cost(*, watched: bool) -> float:
        free, ends = Event(), list[float]()

        def hang(_record: Record) -> None:
            free.wait()

        def finish(_folder: Path) -> None:
            ends.append(time.process_time())
            free.set()

        with tempfile.TemporaryDirectory() as name:
            start = time.process_time()
            out = Path(name) / "run"
            observers = [hang] if watched else []
            run_study(
                settings, data, parts=parts, out=out, executor="inline", workers=1, observers=observers, finish=finish
            )
        return ends[0] - start

    ratios = []
    for _ in range(rounds):
        alone = cost(watched=False)
        ratios.append(cost(watched=True) / alone)
    print(f"a search with an observer that hangs takes {spread(ratios)} times one without (bar {HANGING})")


def resuming(seed: int, rounds: int) -> None:
    """Print the seconds until an interrupted search is at work again, and those of `augplug --version`."""
    data = load_digits()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "digits.npz", x=data.x, y=data.y)
        run = ["search", "strengths", str(folder / "digits.npz"), "--seed", str(seed), "--out", str(folder / "run")]
        subprocess.run([*AUGPLUG, *run], capture_output=True, check=True)
        records = (folder / "run" / "journal.jsonl").read_bytes().splitlines(keepends=True)
        half = b"".join(records[: len(records) // 2])
        seconds, starts = [], []
        for number in range(rounds):
            again = shutil.copytree(folder / "run", folder / f"run-{number}")
            (again / "journal.jsonl").write_bytes(half)
            for result in ("policy.json", "result.json"):
                (again / result).unlink()
            start = time.perf_counter()
            subprocess.run([*AUGPLUG, "--version"], capture_output=True, check=True)
            starts.append(time.perf_counter() - start)
            seconds.append(_until_record([*AUGPLUG, *run[:-1], str(again), "--resume"], again / "journal.jsonl"))
    print(
        f"a resume after {len(records) // 2} records: the next one after {spread(seconds)} s of wall time (bar "
        f"{RESUME:g}); augplug --version takes {spread(starts)} s"
    )


def _until_record(line: list[str], journal: Path) -> float:
    size, start = journal.stat().st_size, time.perf_counter()
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while journal.stat().st_size == size:
            if process.poll() is not None:
                raise RuntimeError(f"{line} ended with {process.returncode} and no record")
            time.sleep(0.001)
        taken = time.perf_counter() - start
        process.terminate()
    return taken


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parts", default="wall,shares,batch,observer,resume")
    options = parser.parse_args()
    parts = options.parts.split(",")
    if "wall" in parts:
        command(options.seed)
    if "shares" in parts or "batch" in parts:
        policies = shares(options.seed)
        if "batch" in parts:
            batches(policies, options.rounds)
    if "observer" in parts:
        hanging(options.rounds)
    if "resume" in parts:
        resuming(options.seed, options.rounds)


if __name__ == "__main__":
    main()
