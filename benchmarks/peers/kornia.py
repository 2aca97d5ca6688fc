"""Kornia's policies, on float32 tensors in batches: one draw holds for a whole batch, which is the best case for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.common import RAND, Peer

BATCH = 8


def policies(interpolation: str) -> Peer:
    """Return what Kornia has; its geometry is linear alone."""
    # pylint: disable=import-error  # they are in the group bench alone
    import torch
    from kornia.augmentation import auto

    if interpolation != "linear":
        return Peer(np.copy, {})
    number, magnitude = RAND
    made: dict[str, Any] = {
        **{f"autoaugment-{name}": auto.AutoAugment(name) for name in ("cifar10", "svhn", "imagenet")},
        "randaugment": auto.RandAugment(n=number, m=3 * magnitude),  # it counts to 30
        "trivialaugment-wide": auto.TrivialAugment(),
    }
    return Peer(lambda images: torch.from_numpy(images).permute(0, 3, 1, 2).contiguous() / 255, made, BATCH)
