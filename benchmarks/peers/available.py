"""Which peers there are, and which of them are installed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.peers import albumentations, kornia, pillow, timm, torchvision
from benchmarks.peers.common import Peer

OPERATIONS: dict[str, Callable[[int], Peer]] = {
    "Albumentations": albumentations.operations,
    "torchvision": torchvision.operations,
    "Pillow": pillow.operations,
}
POLICIES: dict[str, Callable[[str], Peer]] = {
    "torchvision-PIL": partial(torchvision.policies, tensors=False),
    "torchvision-tensor": partial(torchvision.policies, tensors=True),
    "timm": timm.policies,
    "Kornia": kornia.policies,
    "Albumentations": albumentations.policies,
}
OURS = ("numpy", "opencv-python-headless", "stringzilla", "numba")
PACKAGES = (*OURS, "pillow", "albumentations", "albumentationsx", "torch", "torchvision")
PACKAGES_OF_KINDS = (*PACKAGES, "kornia", "monai")
PACKAGES_OF_POLICIES = (*PACKAGES, "timm", "kornia")


def single_threaded() -> None:
    """Keep the libraries' own threads from starting."""
    import cv2

    cv2.setNumThreads(1)
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


def available(makers: Mapping[str, Callable[[Any], Peer]], setting: object) -> tuple[dict[str, Peer], list[str]]:
    """Return the peers that are here, and for each of the others why it is not."""
    found, missing = {}, []
    for name, make in makers.items():
        try:
            peer = make(setting)
        except ImportError as error:
            missing.append(f"{name}: {error}")
        else:
            found[_known(name)] = peer
    if any(name.startswith("torchvision") for name in found):
        missing += _unfit()
    return found, missing


def _unfit() -> list[str]:
    """Say so where torchvision's compiled operators are not those of this torch; no transform calls one."""
    from torchvision import extension

    if extension._has_ops():  # pylint: disable=protected-access  # it has no public name
        return []
    return [
        "torchvision's compiled operators, built for another torch: its Python part is raced, all that transforms need"
    ]


def _known(name: str) -> str:
    if name == "Albumentations" and albumentations.distribution() == "albumentationsx":
        return "AlbumentationsX"
    return name
