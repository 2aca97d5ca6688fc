"""A training job: the hyper-parameters as a command line of `augplug search`, and its results as the model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence

import click

import augplug
from augplug_sagemaker.tree import Tree

OPTIONS = ("evaluator", "executor", "minutes", "resize", "seed", "seeds", "size", "trials", "workers")
FLAGS = ("accept-versions", "balanced", "skip-bad")
RESULTS = ("policy.json", "result.json", "report.html", "report.png")
SDK = "sagemaker_"
"""How the names begin that SageMaker's own SDK adds to the hyper-parameters."""


def train(tree: Tree, search: Callable[[Sequence[str]], object]) -> None:
    """Run the search that a job describes; `search` runs a command line of augplug.

    It goes on with the run among the checkpoints if there is one. What the search found lies in the model folder
    afterwards. If it fails, the file `failure` says why; not if it was stopped, since SageMaker starts an interrupted
    job again. Raises whatever `search` raises, and SettingsError if the job is described wrongly.
    """
    tree.failure.unlink(missing_ok=True)
    try:
        tree.check_one_machine()
        search(arguments(tree))
        deliver(tree)
    except augplug.StoppedError:
        raise
    except Exception as error:
        tree.fail(_reason(error))
        raise


def arguments(tree: Tree) -> list[str]:
    """Return the arguments of augplug that do what a job describes. Raises SettingsError."""
    given = {name: _plain(name, value) for name, value in tree.hyper_parameters().items() if not name.startswith(SDK)}
    made = ["search", given.pop("algorithm", "strengths"), str(tree.data()), "--out", str(tree.run)]
    for name, value in sorted(given.items()):
        option = name.replace("_", "-")
        if option in FLAGS:
            made += [f"--{option}"] if _truth(name, value) else []
        elif option in OPTIONS:
            made += [f"--{option}", value]
        else:
            made += ["--set", f"{name}={value}"]
    return [*made, "--resume"] if (tree.run / "journal.jsonl").is_file() else made


def deliver(tree: Tree) -> None:
    """Copy the results of the run into the model folder, and print its scores for SageMaker's metric definitions."""
    tree.model.mkdir(parents=True, exist_ok=True)
    for name in RESULTS:
        shutil.copyfile(tree.run / name, tree.model / name)
    result: Mapping[str, float | None] = json.loads((tree.model / "result.json").read_text("utf-8"))
    # A score is missing if nothing was compared, as with subsets=0, or if its comparison failed.
    scores = ((name, result[name]) for name in ("test_score", "baseline_test_score"))
    click.echo("; ".join(f"{name}={score:.6f}" for name, score in scores if score is not None))


def _plain(name: str, value: str) -> str:
    """Return a value as it was meant: some versions of SageMaker's SDK write texts as JSON, in quotes."""
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError as error:
        raise augplug.SettingsError(
            f"the hyper-parameter {name} begins with a quote and is not JSON: {value}"
        ) from error


def _truth(name: str, value: str) -> bool:
    known = {"true": True, "false": False}
    if value.lower() not in known:
        raise augplug.SettingsError(f"the hyper-parameter {name} is true or false, not {value!r}")
    return known[value.lower()]


def _reason(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    return str(error) if isinstance(error, augplug.AugplugError) else f"{type(error).__name__}: {error}"
