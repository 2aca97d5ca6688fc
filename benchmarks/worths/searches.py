"""One search of benchmarks/worth.py: run under a split seed, and what is kept of it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug import api
from augplug._search import baselines
from augplug._search.configuration import FORMAT
from augplug._search.journal import read_journal
from augplug._search.settings import study_settings
from augplug._search.study import run_study
from augplug.data.sets import Labelled
from augplug.errors import RunError

Row = dict[str, Any]
PUBLISHED = frozenset(baselines.published_ones(augplug.operations()))


def search(
    data: Labelled,
    seed: int,
    train: int,
    algorithm: str = "strengths",
    *,
    trials: int | None = None,
    settings: Mapping[str, Any] | None = None,
    algorithms: Mapping[str, Any] | None = None,
) -> Row:
    """Search once in this process, and return the figures; those of a refusal are its text."""
    parts = api.study_parts()
    parts = replace(parts, algorithms={**parts.algorithms, **(algorithms or {})})
    given = {"study.train": train, **(settings or {})}
    chosen = study_settings(given, parts, algorithm=algorithm, seed=seed, trials=trials)
    folder = Path(tempfile.mkdtemp(prefix="worth-"))
    start = time.process_time()
    try:
        done = run_study(chosen, data, parts=parts, out=folder / "run", executor="inline", workers=1)
        return {**_figures(done.result, folder / "run"), "seconds": time.process_time() - start}
    except RunError as error:
        return {"refused": str(error), "seconds": time.process_time() - start}
    finally:
        shutil.rmtree(folder)


def _figures(result: Mapping[str, Any], folder: Path) -> Row:
    compared = result["comparisons"]
    ranked = [entrant["name"] for entrant in result["race"] if entrant["baseline"] and entrant["name"] in compared]
    best_published = next(name for name in ranked if is_published(name))
    best_by_test = max(compared, key=lambda name: compared[name]["test_score"])
    scores = {name: entry["test_score"] for name, entry in compared.items()}
    evaluations = [record for record in read_journal(folder) if record["kind"] == "evaluation"]
    return {
        "format": FORMAT,
        "found": result["test_score"],
        "scores": scores,
        "kept": result["kept_baseline"],
        "best_baseline": result["best_baseline"],
        "best_published": best_published,
        "best_by_test": best_by_test,
        "policy": (folder / "policy.json").read_text(),
        "fits": sum(record["stage"] != "comparison" for record in evaluations),
        "rewards": result["rewards"],
        "cells": [[r["subset"], r["seed"], r["reward"]] for r in evaluations if r["stage"] == "trial"],
    }


def is_published(name: str) -> bool:
    """Return True if a baseline is a published policy, with or without a flip in front."""
    return name.removeprefix("flip+") in PUBLISHED


def against(row: Row, name: str) -> float:
    """Return the test score with the found policy minus that with a baseline, by its name or by its part in the row."""
    return float(row["found"] - row["scores"][row.get(name, name)])


def permuted(data: Labelled, seed: int) -> Labelled:
    """The same images with labels that say nothing."""
    return Labelled(data.x, np.random.default_rng(seed).permutation(data.y), data.classes, data.parts)
