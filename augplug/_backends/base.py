"""The contract of a backend: an effect, prepared for images of one shape and dtype, becomes a kernel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from augplug._sample.output import Output
from augplug.effect_batch import EffectBatch
from augplug.effects import AdaptiveTone, Effect, Tone, Warp
from augplug.renamed import answers_old_names
from augplug.types import Image

ImageFunction: TypeAlias = Callable[[Image], Image]
"""Takes a C-contiguous image, leaves it as it is, and returns a new one of the same dtype."""


BatchFunction: TypeAlias = Callable[[list[Image], npt.NDArray[np.intp], Sequence[Image | None]], list[Image]]
"""Takes images, integers that say which rows of the batch they are, and for each an array `out`, or None, where its
result may be written if it fits. Returns the results: their `out`, or new arrays. An `out` may be the image itself;
otherwise the image is left as it is."""


class PreparedRows(NamedTuple):
    """The kernel of a batch, and the rows `(N,)` that it does not render: they are prepared one by one."""

    kernel: BatchFunction
    single: npt.NDArray[np.bool_]


Finish: TypeAlias = Callable[..., Image]
"""The kernel that ends a program: `(image, out=None)`. It returns the result, which is written into the array `out`
where that has its shape, so that a batch is not held twice."""


@answers_old_names
class Backend(ABC):
    """Renders effects: the only place where pixels are touched."""

    name: str

    @abstractmethod
    def version(self) -> str:
        """Return what the pixels depend on: the library underneath and its version."""

    @abstractmethod
    def prepare(self, effect: Effect, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ImageFunction:
        """Return the kernel of an effect on images `(H, W)` or `(H, W, C)` of that dtype.

        What can be computed ahead (a table, an inverse matrix) is; a kernel may be used by several threads at once.
        """

    # pylint: disable-next=no-self-use  # a backend overrides it
    def prepare_batch(self, _batch: EffectBatch, _shape: tuple[int, ...], _dtype: np.dtype[Any]) -> PreparedRows | None:
        """Return one kernel for a batch of effects, or None: then every row is prepared by itself.

        Optional: it is quicker where effects are not drawn again. The pixels are those of `prepare`, to the bit. What
        the kernel makes of `ordinary` rows does not matter; they must not be an error.
        """
        return None

    # pylint: disable-next=no-self-use  # a backend overrides it
    def prepare_values(
        self, _warp: Warp, _shape: tuple[int, ...], _dtype: np.dtype[Any], _fill: Image
    ) -> ImageFunction | None:
        """Return the kernel of a warp on masks of floats, or None: then numpy resamples them.

        Optional. A mask is an array of any values, not only of 0..1, and none is clipped. `fill` `(C,)`, in the mask's
        dtype, stands outside; that of the warp does not count. The interpolation is not `nearest`.
        """
        return None

    @abstractmethod
    def finish(
        self, output: Output, last: Tone | AdaptiveTone | None, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Finish:
        """Return the kernel that ends a program: the tone `last`, if there is one, then what `output` says.

        It takes images of `shape` and `dtype` and returns float32, in the layout of `output`. On integers a Tone and
        the normalisation are one table. Raises ImageError where `output` has another number of channels.
        """

    @abstractmethod
    def weighted_sum(self, image: Image, partner: Image, weight: float, out: Image | None = None) -> Image:
        """Return (1 - weight) image + weight partner, of one shape and dtype, for an effect Mix; weight is in 0..1.

        uint8 is rounded to nearest. The array `out`, if it is given, has the shape and dtype of the result, is
        C-contiguous, and may hold it. The bits are those of `augplug.weighted_sum`: a backend that has nothing faster
        returns its result.
        """
