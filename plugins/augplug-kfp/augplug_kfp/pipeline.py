"""The pipelines: compiled for a cluster, or run on this machine.

kfp reads the pipeline's annotations, which are therefore objects: no `from __future__ import annotations` here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import augplug

PYTHON = "python:3.11-slim"
"""The container image of a step that installs what it needs."""
HERE = "python"
"""The image of a pipeline that runs on this machine, without any."""


def pipeline_of(image: str) -> Any:
    """Return the pipeline, whose steps run in a container image that holds augplug and kfp."""
    from kfp import dsl

    from augplug_kfp import steps

    made = {
        function.__name__: dsl.component(function, base_image=image, install_kfp_package=False)
        for function in (steps.search, steps.report, steps.approve)
    }

    def pipeline(data: str, algorithm: str = "strengths", options: str = "", at_least: float = 0.0) -> dsl.Artifact:
        images = dsl.importer(artifact_uri=data, artifact_class=dsl.Dataset, reimport=False)
        found = made["search"](data=images.output, algorithm=algorithm, options=options)
        made["report"](data=images.output, run=found.outputs["run"])
        return made["approve"](run=found.outputs["run"], at_least=at_least).outputs["policy"]

    text = "Search an augmentation policy with augplug, report on it, and approve it by its gain on the test images."
    return dsl.pipeline(pipeline, name="augplug-search", description=text)


def augmenting(policy: str, image: str, installed: Sequence[str]) -> Any:
    """Return the pipeline that augments a folder by a policy, a JSON text.

    Its step runs in a container image that holds augplug and kfp; in Python's own, without one, it installs first.
    """
    from kfp import dsl

    from augplug_kfp import steps

    step = dsl.component(
        steps.augment,
        base_image=image or PYTHON,
        packages_to_install=list(installed),
        install_kfp_package=not image,
    )

    def pipeline(data: str, policy: str = policy, copies: int = 1, seed: int = 0) -> dsl.Dataset:
        images = dsl.importer(artifact_uri=data, artifact_class=dsl.Dataset, reimport=False)
        return step(data=images.output, policy=policy, copies=copies, seed=seed).outputs["augmented"]

    text = "Augment a folder of images by a policy with augplug."
    return dsl.pipeline(pipeline, name="augplug-apply", description=text)


def compile_pipeline(image: str, path: Path) -> None:
    """Write the pipeline as YAML, the same bytes for the same versions. Raises SettingsError."""
    from kfp import compiler

    if path.suffix not in {".yaml", ".yml"}:
        raise augplug.SettingsError(f"{path} holds a pipeline as YAML; end its name in .yaml")
    try:
        compiler.Compiler().compile(pipeline_of(image), str(path))
    except OSError as error:
        raise augplug.SettingsError(f"{path} cannot be written ({error.strerror}); give another path") from error


def run_here(data: Path, algorithm: str, options: Sequence[str], at_least: float, root: Path) -> Path:
    """Run the pipeline on this machine, each step as a process; return the path of the approved policy.

    Raises SettingsError for an option with a blank in it, RunError if a step fails or the policy is not approved.
    """
    from kfp import local

    for option in options:
        if len(option.split()) != 1:
            raise augplug.SettingsError(
                f"options of a pipeline are written in one line, and {option!r} has a blank in it"
            )
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(root), raise_on_error=True)
    arguments = {
        "data": str(data.absolute()),
        "algorithm": algorithm,
        "options": " ".join(options),
        "at_least": at_least,
    }
    try:
        task = pipeline_of(HERE)(**arguments)
    except RuntimeError as error:
        raise augplug.RunError(f"the pipeline ended: {error}; what its steps said stands above") from error
    return Path(task.output.path)
