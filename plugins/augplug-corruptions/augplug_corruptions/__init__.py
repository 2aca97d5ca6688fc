"""The common corruptions of ImageNet-C as operations of augplug, and the policy `corruptions`, which is one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import augplug
from augplug_corruptions import blur, digital, noise, weather
from augplug_corruptions.pixels import PAPER


@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    """The 14 corruptions, in the paper's order."""
    return [
        noise.CorruptionGaussianNoise,
        noise.CorruptionShotNoise,
        noise.CorruptionImpulseNoise,
        blur.CorruptionDefocusBlur,
        blur.CorruptionGlassBlur,
        blur.CorruptionMotionBlur,
        blur.CorruptionZoomBlur,
        weather.CorruptionSnow,
        weather.CorruptionFog,
        weather.CorruptionBrightness,
        digital.CorruptionContrast,
        digital.CorruptionElasticTransform,
        digital.CorruptionPixelate,
        digital.CorruptionJpegCompression,
    ]


@augplug.hookimpl
def augplug_policies() -> Mapping[str, Callable[..., augplug.Policy]]:
    """One policy: one of the corruptions."""
    return {"corruptions": corruptions}


def corruptions(operations: Mapping[str, type[augplug.Operation]], *, severity: int = 0) -> augplug.Policy:
    """Return the policy that applies one of the 14 corruptions, each as likely.

    `severity` is 1 to 5, or 0 for any of them, each as likely. Raises OperationError.
    """
    drawn = severity or augplug.Integers(1, 5)
    names = [operation.about.name for operation in augplug_operations()]
    steps = [augplug.step(name, operations=operations, severity=drawn) for name in names]
    return augplug.Policy(augplug.one_of(*steps), "corruptions", source=PAPER)
