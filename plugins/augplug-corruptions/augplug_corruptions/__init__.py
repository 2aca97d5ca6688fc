"""The common corruptions of ImageNet-C as operations of augplug, and the policy `corruptions`, which is one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import augplug
from augplug_corruptions import blur, digital, noise, weather


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


def corruptions(operations: Mapping[str, type[augplug.Operation]], *, severity: int | None = None) -> augplug.Policy:
    """Return the policy that applies one of the 14 corruptions, each as likely.

    `severity` is 1 to 5; without it each is as likely. Raises OperationError.
    """
    drawn = augplug.Integers(1, 5) if severity is None else severity
    names = sorted(name for name in operations if name.startswith("augplug-corruptions:"))
    steps = [augplug.step(name, severity=drawn) for name in names]
    return augplug.Policy(augplug.one_of(*steps), "corruptions", source="arXiv 1903.12261")
