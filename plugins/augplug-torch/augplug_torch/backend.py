"""The backend `torch`: what the kernels render of uint8 images, and everything else as the backend beneath does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import augplug
from augplug import AdaptiveTone, Backend, Effect, Image, ImageFunction, Output, Tone, Warp
from augplug_torch.rendering import chain_of, kind_of, render

_BYTE = np.dtype(np.uint8)


class Torch(Backend):
    """Tones, colours, Sharpness, warps by matrices, and paint, on uint8 images; on one image at a time.

    Whole batches, which stay on their device, are `BatchAugmenter`'s: it calls the same kernels.
    """

    name = "torch"

    def __init__(self, beneath: Backend, *, device: str = "cpu") -> None:
        """Take the backend that renders everything else, and the device that the kernels run on."""
        self.beneath = beneath
        self._device = torch.device(device)

    def version(self) -> str:
        """Return torch's version, the device, and the version of the backend beneath."""
        return f"torch {torch.__version__} on {self._device.type}, {self.beneath.version()}"

    def prepare(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
        """Return the kernel of torch on uint8 images, if there is one, else that of the backend beneath."""
        return self._kernel(effect, shape, dtype) or self.beneath.prepare(effect, shape, dtype)

    def prepare_values(
        self, warp: Warp, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Image
    ) -> ImageFunction | None:
        """Return the kernel of the backend beneath."""
        return self.beneath.prepare_values(warp, shape, dtype, fill)

    def finish(
        self, output: Output, last: Tone | AdaptiveTone | None, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Callable[..., Image]:
        """Return the last step of the backend beneath: its tables are exact, and so are those of a tone before it."""
        return self.beneath.finish(output, last, shape, dtype)

    def weighted_sum(self, image: Image, partner: Image, weight: float, out: Image | None = None) -> Image:
        """Return two images added by weight, as the backend beneath does it."""
        return self.beneath.weighted_sum(image, partner, weight, out)

    def _kernel(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction | None:
        channels = shape[2] if len(shape) == 3 else 1
        chain = chain_of([effect])
        if dtype != _BYTE or any(kind_of(one, (channels, *shape[:2])) is None for one in chain):
            return None
        after = augplug.shape_after(effect, shape)

        def run(image: Image) -> Image:
            # torch warns of memory that may not be written, which it never does here.
            own = image if image.flags.writeable else image.copy()
            batch = torch.from_numpy(own).to(self._device).reshape(1, *shape[:2], channels).permute(0, 3, 1, 2)
            for one in chain:
                batch = render(batch, [one])
            made: Image = batch[0].permute(1, 2, 0).reshape(after).contiguous().cpu().numpy()
            return made

        return run
