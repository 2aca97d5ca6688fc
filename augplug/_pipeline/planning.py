"""Plans made of calls, and calls made again from plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from augplug._backends.base import Backend
from augplug._pipeline.cache import Programs
from augplug._pipeline.items import Item, mixes
from augplug._pipeline.plan import Plan
from augplug._pipeline.render import Renderer
from augplug._pipeline.samples import Samples
from augplug._pipeline.several import pictures_of
from augplug._policies.grammar import Policy
from augplug._sample.alpha import Channels, channels_of
from augplug._sample.image import check_image, digest_of
from augplug._sample.kinds import to_array
from augplug.errors import PlanError


def plan_of(
    items: tuple[Item, ...],
    policy: Policy,
    draw: bytes,
    text: str | None,
    renderer: Renderer,
    partners: Mapping[str, str],
    channels: Channels | None,
    images: tuple[str, ...],
) -> Plan:
    """Return the plan of items that a policy drew with a key of bytes, `draw`, made of a `text` or of numbers."""
    numbers = [int.from_bytes(draw[start : start + 8], "little") for start in (1, 9, 17)]
    names = ("seed", "epoch", "index") if draw[0] == 0 else ("seed", "process", "count")
    key: dict[str, Any] = dict(zip(names, numbers, strict=True))
    if text is not None:
        key = {"seed": numbers[0], "epoch": numbers[1], "key": text}
    return Plan(
        items=items,
        policy=policy.name,
        digest=policy.digest.hex(),
        key=key,
        backend=renderer.backend.name,
        fuse=renderer.fuse,
        versions={"backend": renderer.backend.version()},
        partners=partners,
        channels=channels,
        mask_interpolation=renderer.masks_by,
        images=images,
    )


def planned(
    samples: Samples, given: dict[str, Any], partner: Any, items: tuple[Item, ...]
) -> tuple[tuple[Item, ...], Channels | None]:
    """Return what was drawn, with what is decided by targets, and the channels of the images, which are checked."""
    pictures, channels = pictures_of(given), samples.channels
    for picture in pictures.images.values():
        sample = samples.read({"image": picture}, samples.channels)
        samples.programs_of(sample).check(sample.image.shape)
        channels = channels_of(picture, samples.channels)
    return samples.decided_once(given, pictures, partner, items) if pictures.images else items, channels


def digests_of(partner: Any, max_pixels: int | None = None) -> dict[str, str]:
    """Return the digests of a partner's images: an image's is named `partner`. Raises ImageError."""
    if partner is None:
        return {}
    if not isinstance(partner, dict):
        partner = {"image": partner}
    return {
        "partner" if keyword == "image" else f"{keyword}/{name}": digest_of(check_image(to_array(image)[0], max_pixels))
        for (keyword, name), image in pictures_of(partner).images.items()
    }


def replay_sample(
    plan: Plan, given: dict[str, Any], partner: Any, find_backend: Callable[[], Backend]
) -> dict[str, Any]:
    """Return what a plan's draw makes of images and targets. Raises PlanError, ImageError or TargetError."""
    names = given.get("images")
    if plan.images and isinstance(names, Mapping) and set(names) != set(plan.images):
        raise PlanError(f"the plan was made for the images {', '.join(plan.images)}, not {', '.join(map(str, names))}")
    if plan.partners and plan.partners != digests_of(partner):
        raise PlanError("the plan was made with another partner image; give that one as partner=")
    renderer = Renderer(plan.fuse, find_backend(), None, masks_by=plan.mask_interpolation)
    programs, with_alpha = Programs(renderer), Programs(renderer._replace(alpha=True))
    samples = Samples(programs, with_alpha, any(map(mixes, plan.items)), 0, None, None, plan.channels, decides=False)
    made: dict[str, Any] = samples.call(None, given, partner, plan.items)
    return made
