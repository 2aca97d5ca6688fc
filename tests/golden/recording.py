"""What the golden files hold of a policy: its digest, what twelve keys draw, and the pixels that come out.

Only public names of augplug are used: the generator runs this with an older augplug than the tests do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug

FILE = Path(__file__).with_name("policies.json")
KEYS = (
    *((7, 0, index) for index in range(6)),
    (7, 1, 0),
    (7, 1, 1),
    (0, 0, 0),
    (0, 12, 345_678),
    (2**64 - 1, 3, 2**40),
    (123_456_789, 2**32, 99),
)
"""(seed, epoch, index)"""
MIXING = ("CutMix", "MixUp", "SamplePairing")
Names = Mapping[str, Sequence[str]]
Step = Mapping[str, Any]


def picture(which: int = 0) -> npt.NDArray[np.uint8]:
    """Return an RGB image of 24 rows and 20 columns: gradients with a texture, another one for each `which`."""
    y, x = np.mgrid[0:24, 0:20].astype(np.int64)
    texture = (x * x * 7 + y * y * 13 + x * y * 31 + 97 * which) % 61
    channels = [10 * y + texture, 12 * x + texture, 4 * (x + y) + texture + 20 * which]
    return (np.stack(channels, axis=-1) % 256).astype(np.uint8)


def digest_of(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def recorded(document: Mapping[str, Any], names: Names | None = None) -> dict[str, Any]:
    """Return what the golden file says of the policy in a document.

    `names` are the fields to look at, by the operation's address (None: all). `drawn` has the draw of each key,
    `pixels` the SHA-256 of its pixels, the name of an error, or None if the pixels are not promised.
    """
    policy = augplug.load_policy(document)
    augmenters = {seed: augplug.Augmenter(policy, seed=seed, backend="reference") for seed, _, _ in KEYS}
    drawn, pixels = [], []
    for seed, epoch, index in KEYS:
        plan = augmenters[seed].plan(picture(), index=index, epoch=epoch)
        steps = json.loads(plan.to_json())["steps"]
        drawn.append([drawn_form(step, names) for step in steps])
        promised = not any(_is_random_cutout(step) for step in flat(steps))
        pixels.append(_pixels(augmenters[seed], document, index, epoch) if promised else None)
    return {"digest": policy.digest.hex(), "drawn": drawn, "pixels": pixels}


def drawn_form(step: Step, names: Names | None = None) -> dict[str, Any]:
    """Return a step of a plan in a form that does not depend on how a flag or "leave masks alone" is written."""
    if "chains" in step:
        chains = [[drawn_form(inner, names) for inner in chain] for chain in step["chains"]]
        return {"weights": step["weights"], "chains": chains}
    fields = {name: value for name, value in step["fields"].items() if names is None or name in names[step["op"]]}
    return {"op": step["op"], "fields": {name: _same(name, value) for name, value in fields.items()}}


def _same(name: str, value: Any) -> Any:
    """Return 1 for true and for 1.0; None for a negative mask value, which is how format 1 said it."""
    if isinstance(value, list):
        return [_same(name, part) for part in value]
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return None if name == "mask_value" and value is not None and value < 0 else value


def flat(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield the steps, those inside of blends too."""
    for step in steps:
        if "chains" in step:
            for chain in step["chains"]:
                yield from flat(chain)
        else:
            yield step


def _is_random_cutout(step: Step) -> bool:
    """True if Cutout draws more than its fields said in format 1: noise, and where further squares are."""
    fields = step["fields"]
    return bool(step["op"] == "augplug:Cutout" and (fields["noise"] or fields["holes"] > 1))


def _pixels(augment: Any, document: Mapping[str, Any], index: int, epoch: int) -> str:
    mixes = any(f'"{name}"' in json.dumps(document) for name in MIXING)
    partner = {"partner": picture(1)} if mixes else {}
    try:
        made = augment(picture(), index=index, epoch=epoch, **partner)
    except augplug.AugplugError as error:
        return type(error).__name__
    return hashlib.sha256(f"{made.dtype} {made.shape} ".encode() + made.tobytes()).hexdigest()
