"""timm's policies, on Pillow's images; its single operations are Pillow's."""

from __future__ import annotations

from typing import Any

from PIL import Image

from benchmarks.libraries import torchvision
from benchmarks.peers.common import RAND, Peer


def policies(interpolation: str) -> Peer:
    """Return what timm has: the policy for ImageNet, RandAugment with every step certain, AugMix.

    Its pixel budget of a translation is given as that of 224 pixels; the work does not depend on it.
    """
    torchvision()  # timm imports it
    from timm.data import auto_augment as timm  # pylint: disable=import-error  # it is in the group bench alone

    way = {"nearest": Image.Resampling.NEAREST, "linear": Image.Resampling.BILINEAR}[interpolation]
    settings: dict[str, Any] = {"translate_const": 100, "img_mean": (0, 0, 0), "interpolation": way}
    number, magnitude = RAND
    return Peer(
        Image.fromarray,
        {
            "autoaugment-imagenet": timm.auto_augment_transform("original", dict(settings)),
            "randaugment": timm.rand_augment_transform(f"rand-m{magnitude}-n{number}-p1.0", dict(settings)),
            "augmix": timm.augment_and_mix_transform("augmix-m3-w3", dict(settings)),
        },
    )
