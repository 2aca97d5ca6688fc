"""The exporter `kfp`: a pipeline that augments a folder of images by a policy."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import augplug
from augplug import Exporter, ExportError, InputSpec, Plan, Policy


class Kfp(Exporter):
    """A Kubeflow pipeline as YAML, whose parameters are data, policy, copies and seed.

    `image` is a container image that holds augplug and kfp; without it the step runs in Python's and installs them.
    """

    suffix = ".yaml"

    def __init__(self, *, image: str = "", **unknown: object) -> None:
        """Take the container image. Raises SettingsError."""
        super().__init__(**unknown)
        if not isinstance(image, str):
            raise augplug.SettingsError(f"image is the name of a container image, not {image!r}")
        self.image = image

    def export(self, source: Policy | Plan, spec: InputSpec) -> Mapping[str, bytes]:
        """Return the pipeline. It takes images of every size and kind, so that `spec` says nothing to it.

        Raises ExportError for what mixes images, and for a plan that blends or has an alpha channel.
        """
        del spec
        policy = _policy_of(source) if isinstance(source, Plan) else source
        if augplug.Augmenter(policy).mixes:
            raise ExportError("a pipeline has one image at a time, and CutMix, MixUp and SamplePairing need more")
        from kfp import compiler  # kfp takes seconds

        from augplug_kfp.pipeline import augmenting

        installed = [] if self.image else [f"augplug[opencv]=={version('augplug')}"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pipeline.yaml"
            compiler.Compiler().compile(augmenting(json.dumps(policy.to_json()), self.image, installed), str(path))
            return {path.name: path.read_bytes()}


def _policy_of(plan: Plan) -> Policy:
    """Return the policy that always draws what the plan drew: a sequence of its operations with all their numbers."""
    items: Sequence[Any] = plan.items
    refusal = "a pipeline takes plans of operations, and this blends chains of them, or has an alpha channel"
    if plan.channels:
        raise ExportError(refusal)
    try:
        operations = [item.operation for item in items]
    except AttributeError as error:  # a blend has none
        raise ExportError(refusal) from error
    return augplug.Policy(augplug.sequence(*(operations or [augplug.step("Identity")])), "plan")
