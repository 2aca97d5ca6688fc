"""Whole batches on a device: the draws of an Augmenter, rendered by torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

import augplug
from augplug import Effect

Tensor: TypeAlias = Any
Rows: TypeAlias = npt.NDArray[np.intp]


class BatchAugmenter:
    """Augments a batch of uint8 images `(B, C, H, W)` where it lies, on a CPU or a GPU, each image by its own draw.

    The draw of an image is that of `augplug.Augmenter`: policy, seed, epoch and index decide it. The pixels are those
    of `Augmenter(..., backend="torch")`: tones are exact, linear warps within 1 of 255. With `output` the batch leaves
    normalised, as half precision or another `dtype`. What torch has no kernel for (displacement fields, blurs, noise,
    blends, operations of other libraries) is rendered by augplug on the CPU, and sent back: correct, and slow on a GPU.
    """

    def __init__(
        self,
        policy: Any,
        *,
        seed: int = 0,
        device: str = "auto",
        output: augplug.Output | None = None,
        dtype: Any = None,
        **settings: Any,
    ) -> None:
        """Take a policy, its name or file; the seed; where to render; how the batch leaves; an Augmenter's settings.

        Raises SettingsError for a policy that mixes images.
        """
        import torch

        from augplug_torch.training import device_of

        self.device = device_of(device)
        self.augment = augplug.Augmenter(policy, seed=seed, **settings)
        if self.augment.mixes or self.augment.channels is not None:
            raise augplug.SettingsError(
                "BatchAugmenter takes no policy that mixes images (augplug_torch.Collate does), and no channels="
            )
        self._normal = output
        self.dtype = torch.float16 if dtype is None else dtype

    def __call__(
        self, images: Tensor, *, indices: Sequence[SupportsIndex] | npt.NDArray[Any], epoch: SupportsIndex = 0
    ) -> Tensor:
        """Return the images augmented, `(B, C, H, W)` on the device. Raises ImageError.

        `indices` holds one index an image; epoch and index decide its draw.
        """
        import torch

        if not (isinstance(images, torch.Tensor) and images.dtype == torch.uint8 and images.ndim == 4):
            raise augplug.ImageError("BatchAugmenter takes a uint8 tensor (B, C, H, W)")
        if len(indices) != len(images):
            raise augplug.ImageError(f"{len(images)} images need as many indices, not {len(indices)}")
        from augplug_torch.rendering import chain_of

        _, channels, height, width = images.shape
        blank = np.zeros((height, width, channels), np.uint8)
        plans = [self.augment.plan(blank, index=index, epoch=epoch) for index in indices]
        chains = [chain_of(plan.effects(blank)[1]) for plan in plans]
        made = self._rendered(images.to(self.device, non_blocking=True), chains)
        return made if self._normal is None else self._normalised(made, self._normal)

    def _rendered(self, images: Tensor, chains: Sequence[Sequence[Effect]]) -> Tensor:
        """Return images after their effects: at each place of the chains those of one kind go together."""
        import torch

        # Parts of the batch, by shape: the rows that they are, and their images.
        parts: list[tuple[Rows, Tensor]] = [(np.arange(len(images)), images)]
        for place in range(max(map(len, chains), default=0)):
            made: list[tuple[Rows, Tensor]] = []
            for rows, batch in parts:
                made += self._stage(rows, batch, chains, place)
            parts = _joined(made)
        if len(parts) > 1:
            shapes = ", ".join(str(tuple(batch.shape[1:])) for _, batch in parts)
            raise augplug.ImageError(f"the images of a batch come out in unequal shapes ({shapes}); end with a crop")
        rows, batch = parts[0]
        order = torch.from_numpy(np.argsort(rows)).to(batch.device)
        return batch if (rows[:-1] < rows[1:]).all() else batch[order]

    def _stage(
        self, rows: Rows, batch: Tensor, chains: Sequence[Sequence[Effect]], place: int
    ) -> list[tuple[Rows, Tensor]]:
        """Return the parts that the effects at one place of the chains make of a part."""
        import torch

        from augplug_torch.rendering import kind_of, render

        groups: dict[Hashable, list[int]] = defaultdict(list)
        for number, row in enumerate(rows.tolist()):
            chain = chains[row]
            kind = kind_of(chain[place], batch.shape[1:]) if place < len(chain) else "ended"
            groups[("alone", number) if kind is None else kind].append(number)
        made = []
        for kind, numbers in groups.items():
            chosen = batch if len(numbers) == len(rows) else batch[torch.tensor(numbers, device=batch.device)]
            if kind != "ended":
                effects = [chains[row][place] for row in rows[numbers].tolist()]
                alone = isinstance(kind, tuple) and kind[0] == "alone"
                chosen = self._elsewhere(chosen, effects[0]) if alone else render(chosen, effects)
            made.append((rows[numbers], chosen))
        return made

    def _elsewhere(self, images: Tensor, effect: Effect) -> Tensor:
        """Return one image `(1, C, H, W)` after an effect that augplug's backend renders, on the CPU."""
        import torch

        image = np.ascontiguousarray(images[0].permute(1, 2, 0).cpu().numpy())
        made = self.augment.backend.prepare(effect, image.shape, image.dtype)(image)
        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(made, -1, 0)))[None].to(images.device)

    def _normalised(self, images: Tensor, output: augplug.Output) -> Tensor:
        """Return (v - mean) / std on the scale 0..1: in float32, then rounded to the dtype."""
        import torch

        mean, std = (
            torch.tensor(numbers, dtype=torch.float32, device=images.device).reshape(-1, 1, 1)
            for numbers in (output.mean, output.std)
        )
        made = ((images.float() / 255 - mean) / std).to(self.dtype)
        return made if output.layout == "CHW" else made.permute(0, 2, 3, 1)

    def __repr__(self) -> str:
        """The Augmenter, and the device."""
        return f"BatchAugmenter({self.augment!r}, device={str(self.device)!r})"


def _joined(parts: Sequence[tuple[Rows, Tensor]]) -> list[tuple[Rows, Tensor]]:
    """Return parts with those of one shape put together."""
    import torch

    by_shape: dict[Hashable, list[tuple[Rows, Tensor]]] = defaultdict(list)
    for rows, batch in parts:
        by_shape[tuple(batch.shape[1:])].append((rows, batch))
    return [
        same[0]
        if len(same) == 1
        else (np.concatenate([rows for rows, _ in same]), torch.cat([batch for _, batch in same]))
        for same in by_shape.values()
    ]
