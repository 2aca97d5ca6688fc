"""The evaluator `onnx-features` for augplug: a frozen network of the user's, and a ridge on its features."""

from __future__ import annotations

from collections.abc import Mapping

import augplug


@augplug.hookimpl
def augplug_evaluators() -> Mapping[str, type[augplug.Evaluator]]:
    """The child model, under the name that `--evaluator` takes."""
    from augplug_onnx_features.child import OnnxFeatures  # whoever only augments does not need it

    return {"onnx-features": OnnxFeatures}
