"""The networks that judge policies, and their first weights, which come from a key alone."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import nn

import augplug


class SmallCNN(nn.Module):
    """Three convolutions of 16, 32 and 64 channels, each with a batch norm and half the size; 25,000 weights."""

    def __init__(self, channels: int, classes: int) -> None:
        """Take the number of channels of the images, and that of classes."""
        super().__init__()
        widths = (channels, 16, 32, 64)
        self.blocks = nn.Sequential(*(_block(into, out) for into, out in pairwise(widths)))
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, images: Any) -> Any:
        """Return the scores `(B, K)` of images `(B, C, H, W)` of any size."""
        return self.head(self.blocks(images).mean(dim=(2, 3)))


def _block(into: int, out: int) -> Any:
    # Rounding up, so that no side of a small image becomes 0.
    pool = nn.MaxPool2d(2, ceil_mode=True)
    return nn.Sequential(nn.Conv2d(into, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(), pool)


class WideResNet(nn.Module):
    """WRN-`depth`-`width`: Zagoruyko and Komodakis, arXiv 1605.07146, without dropout, as AutoAugment trains it."""

    def __init__(self, channels: int, classes: int, *, depth: int, width: int) -> None:
        """Take the channels of the images, the classes, `depth` (6 n + 4) and `width`."""
        super().__init__()
        widths, many = (16, 16 * width, 32 * width, 64 * width), (depth - 4) // 6
        self.first = nn.Conv2d(channels, widths[0], 3, padding=1, bias=False)
        units = []
        for group in range(3):
            for place in range(many):
                into = widths[group] if place == 0 else widths[group + 1]
                units.append(_Unit(into, widths[group + 1], stride=2 if group > 0 and place == 0 else 1))
        self.units = nn.Sequential(*units)
        self.norm = nn.BatchNorm2d(widths[-1])
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, images: Any) -> Any:
        """Return the scores `(B, K)` of images `(B, C, H, W)`."""
        return self.head(torch.relu(self.norm(self.units(self.first(images)))).mean(dim=(2, 3)))


class _Unit(nn.Module):
    """Two convolutions behind batch norms, added to the input: a pre-activation residual unit."""

    def __init__(self, into: int, out: int, *, stride: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(into), nn.BatchNorm2d(out)])
        self.first = nn.Conv2d(into, out, 3, stride=stride, padding=1, bias=False)
        self.second = nn.Conv2d(out, out, 3, padding=1, bias=False)
        # Where the shape changes, the sum's other side is a convolution of the activated input.
        self.side = nn.Conv2d(into, out, 1, stride=stride, bias=False) if stride > 1 or into != out else None

    def forward(self, given: Any) -> Any:
        active = torch.relu(self.norms[0](given))
        side = given if self.side is None else self.side(active)
        return side + self.second(torch.relu(self.norms[1](self.first(active))))


def network(kind: str, channels: int, classes: int, seed: int, depth: int = 0, width: int = 0) -> Any:
    """Return a network `cnn` or `wrn` whose weights come from the seed alone.

    torch's own initialisation would draw from the generator that everybody shares.
    """
    with torch.device("meta"):
        if kind == "cnn":
            made: Any = SmallCNN(channels, classes)
        else:
            made = WideResNet(channels, classes, depth=depth, width=width)
    made = made.to_empty(device="cpu")
    numbers = augplug.generator(seed)
    with torch.no_grad():
        made.apply(lambda module: _initialise(module, numbers))
    return made


def _initialise(module: Any, numbers: Any) -> None:
    if isinstance(module, nn.BatchNorm2d):
        module.reset_parameters()
    elif isinstance(module, nn.Conv2d):
        # He et al., arXiv 1502.01852, by the outputs.
        std = math.sqrt(2 / (module.out_channels * math.prod(module.kernel_size)))
        module.weight.copy_(_normal(numbers, module.weight.shape, std))
    elif isinstance(module, nn.Linear):
        module.weight.copy_(_normal(numbers, module.weight.shape, 1 / math.sqrt(module.in_features)))
        module.bias.zero_()


def _normal(numbers: Any, shape: Any, std: float) -> Any:
    return torch.from_numpy((numbers.standard_normal(tuple(shape)) * std).astype("float32"))
