"""The public class: what is done to an image to make views, and the views themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, SupportsIndex, final

import numpy.typing as npt

from augplug._backends.base import Backend
from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.lookup import policy_of
from augplug._pipeline.plan import Plan
from augplug._policies.grammar import Node, Policy
from augplug._sample.alpha import Channels
from augplug._sample.kinds import to_array
from augplug._sample.output import Output
from augplug._test_time.geometry import Geometry, geometry_of
from augplug._test_time.merging import merge
from augplug.errors import PolicyError, SettingsError
from augplug.ranges import natural
from augplug.types import Matrix

GROUPS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "flip": ((), ("HorizontalFlip",)),
    "d4": (
        *((), ("HorizontalFlip",), ("VerticalFlip",), ("HorizontalFlip", "VerticalFlip")),
        *(("Transpose",), ("Transpose", "HorizontalFlip"), ("Transpose", "VerticalFlip")),
        ("Transpose", "HorizontalFlip", "VerticalFlip"),
    ),
}
"""The operations of each view: `flip` is the image and its mirror image, `d4` all flips and quarter turns."""
_DRAWN = 8


@final
class TestTime:
    """Makes views of an image, and brings predictions on them back to the image.

    The first view is the image itself. The same arguments make the same views of every image, in any process.

    >>> import augplug, numpy
    >>> views = augplug.TestTime("d4").views(numpy.zeros((32, 48, 3), numpy.uint8))
    >>> len(views), views[4].shape
    (8, (48, 32, 3))
    """

    __test__ = False  # pytest takes classes with such a name for tests

    def __init__(
        self,
        policy: Policy | Node | str | Path = "d4",
        *,
        count: SupportsIndex | None = None,
        seed: SupportsIndex = 0,
        backend: Backend | str | None = None,
        output: Output | None = None,
        channels: Channels | None = None,
    ) -> None:
        """Take `"d4"` (8 views), `"flip"` (2), or a policy (a node, a name, the path of a file) of invertible geometry.

        Of a policy there are `count` views, 8 unless given: the image, and what the policy draws for the indices 0, 1,
        2, ... The other arguments are those of an Augmenter. Raises SettingsError or PolicyError.
        """
        settings: dict[str, Any] = {"backend": backend, "output": output, "channels": channels}
        group = GROUPS.get(policy) if isinstance(policy, str) else None
        nothing = Augmenter(_in_order(()), **settings)
        if group is not None:
            if count is not None:
                raise SettingsError(f"{policy!r} has {len(group)} views; count= is for policies, whose views are drawn")
            self._draws = [(Augmenter(_in_order(names), **settings), 0) for names in group]
        else:
            number = _DRAWN if count is None else natural("count", count, lowest=1)
            drawn = Augmenter(policy, seed=seed, **settings)
            if drawn.mixes:
                raise PolicyError(f"the policy {drawn.policy.name} mixes images, and a view shows one image alone")
            self._draws = [(nothing, 0), *((drawn, index) for index in range(number - 1))]
        self._backend = nothing.backend

    def __len__(self) -> int:
        """The number of views."""
        return len(self._draws)

    def views(self, image: Any) -> Views:
        """Return the views of an image: an array, a PIL image or a torch tensor, each view of the same kind.

        Raises PolicyError for a view whose geometry has no inverse, ImageError for an image that is not taken.
        """
        array = to_array(image)[0]
        images, plans, geometries = [], [], []
        for place, (augmenter, index) in enumerate(self._draws):
            images.append(augmenter(image, index=index))
            plan = augmenter.plan(image, index=index)
            owner = f"view {place} of the policy {plan.policy}"
            geometries.append(geometry_of(plan.effects(array)[0], array.shape, owner))
            plans.append(plan)
        return Views(images, tuple(plans), tuple(geometries), self._backend)


def _in_order(names: Sequence[str]) -> Policy:
    from augplug import naming  # the registry stands above

    return policy_of(naming.sequence(*(naming.step(name, p=1.0) for name in names)))


@final
class Views(Sequence[Any]):
    """The views of one image, in order; the first is the image itself."""

    def __init__(
        self, images: list[Any], plans: tuple[Plan, ...], geometries: tuple[Geometry, ...], backend: Backend
    ) -> None:
        """Take what `TestTime.views` made."""
        self.images = images
        self.plans = plans
        self._geometries = geometries
        self._backend = backend

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """The matrix of each view, which maps points of the image to points of the view (pixel centres are whole)."""
        return tuple(geometry.matrix for geometry in self._geometries)

    def __len__(self) -> int:
        """The number of views."""
        return len(self.images)

    def __getitem__(self, place: Any) -> Any:
        """One view, or several of them in a list."""
        return self.images[place]

    def __iter__(self) -> Iterator[Any]:
        """The views in order."""
        return iter(self.images)

    def merge(self, predictions: Sequence[Any] | npt.NDArray[Any], *, iou: float = 0.55) -> Any:
        """Return the prediction for the image, from one prediction a view, in the views' order.

        A prediction is the scores of the classes, and so is the result; or it is a dict, and so is the result, with

        - `label`: scores of the classes `(L,)`, which are averaged, or the number of a class: the one with most votes;
        - `mask`: `(H, W)` or `(H, W, C)` of the view's size: of integers and booleans the value with most votes is
          taken at every pixel, floats (scores) are averaged;
        - `boxes`: `Boxes`, or rows `xyxy`, with one of `scores` in 0..1 for each (1 unless given): weighted boxes
          fusion of boxes with one label that overlap by more than `iou`;
        - `keypoints`: `Keypoints`, or rows, as many in every view and in one order: the mean of those that are visible.

        Raises TargetError for predictions that do not belong to these views.
        """
        return merge(predictions, self._geometries, self._backend, iou)
