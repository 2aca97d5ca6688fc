"""Checks of an operation that render it twice: in threads, processes, files, backends and fuse modes."""

from __future__ import annotations

import itertools
import json
import pickle  # nosec B403  # round trips of what was made here; nothing else is loaded
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from augplug import naming
from augplug._backends import default_backend
from augplug._backends.reference import Reference
from augplug._pipeline.augmenter import Augmenter
from augplug._pipeline.plan import Plan
from augplug._policies.reader import read_policy
from augplug.effects import AdaptiveTone, Blend, ColorMix, Effect, Opaque, Paint, Tone
from augplug.ops import geometry, tone
from augplug.testing.base import Check, Different, Failed, Skipped, Subject, require, require_same
from augplug.testing.elsewhere import fingerprints_elsewhere, fingerprints_of
from augplug.testing.samples import augmenter, call, digest, effects_of, examples, photograph
from augplug.types import Image

_EXACT = (Tone, AdaptiveTone, Paint, ColorMix)
"""Effects that all backends render to the bit, or within rounding."""


def threads_agree(subject: Subject) -> None:
    """Do eight threads that render at once get what one thread gets?

    When it fails: write no global, no attribute and no shared array in a function of an effect.
    """
    image = photograph((64, 64))
    rows = [augmenter(subject, operation) for operation in examples(subject)[:4]]
    expected = [digest(call(augment, image)) for augment in rows]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: digest(call(rows[number % len(rows)], image)), range(8 * len(rows))))
    require(made == expected * 8, "threads that render at once get other pixels")


def processes_agree(subject: Subject) -> None:
    """Does another process, with another hash seed, describe the same effects and render the same pixels?

    When it fails: use no `hash()` of texts, no order of sets, no process number, no clock, no environment.
    """
    there, here = fingerprints_elsewhere(subject), fingerprints_of(subject)
    require(there == here, f"another process gets other effects or pixels in {_differences(here, there)}")


def _differences(here: list[str], there: list[str]) -> str:
    wrong = sum(one != other for one, other in itertools.zip_longest(here, there))
    return f"{wrong} of {len(here)} examples"


def pickles(subject: Subject) -> None:
    """Does the operation pickle, and an Augmenter with it where it is installed, to the same pixels?

    When it fails: keep operations and functions at the top of a module, under their own names.
    """
    operation, image = examples(subject)[0], photograph()
    augment = augmenter(subject, operation)
    expected = call(augment, image)
    again = pickle.loads(pickle.dumps(operation))  # nosec B301  # pickled one word before
    require_same(call(augmenter(subject, again), image), expected, "unpickled, it gives other pixels")
    if naming.operations().get(subject.address) is subject.value:
        public = pickle.loads(pickle.dumps(Augmenter(augment.policy)))  # nosec B301  # as above
        require_same(call(public, image), expected, "the unpickled Augmenter gives other pixels")


def fusing_changes_nothing(subject: Subject) -> None:
    """Is `exact` fusing bit-identical to none, alone and between neighbours?

    When it fails: let a Tone's function see each value by itself, and describe a canvas' size by a Warp only.
    """
    tones = tone.Invert(), tone.Solarize(threshold=100)
    turn = geometry.HorizontalFlip()
    for operation, dtype in itertools.product(examples(subject)[:3], ("uint8", "uint16", "float32")):
        image = photograph(dtype=dtype)
        if any(name == "partner" for name in subject.value.about.parameters):
            raise Skipped("it mixes images, and nothing may follow a mix")
        for chain in ((operation,), (tones[1], operation, tones[0]), (turn, operation, turn)):
            fused, plain = (call(augmenter(subject, *chain, fuse=level), image) for level in ("exact", "none"))
            require_same(fused, plain, f"{operation} on {dtype} depends on fusing: {_worst(fused, plain)}")


def backends_agree(subject: Subject) -> None:
    """Do the reference and the fast backend make the same image, within the stated tolerance?

    When it fails: leave pixels to the effects; a function of an effect must not depend on who calls it.
    """
    fast, slow = default_backend(), Reference()
    if fast.name == slow.name:
        raise Skipped("there is only one backend here")
    for operation in examples(subject):
        effects = effects_of(operation)
        if any(_is_opaque(effect) for effect in effects):
            raise Skipped("an Opaque is rendered by its own function on every backend")
        exact = all(isinstance(effect, _EXACT) for effect in effects)
        for dtype in ("uint8", "float32"):
            image = photograph((48, 64), dtype=dtype)
            made, expected = (call(augmenter(subject, operation, backend=one), image) for one in (fast, slow))
            apart = np.abs(made.astype(float) - expected) * (255 if dtype == "float32" else 1)
            limit = 1.0 if exact else 4.0  # nearest neighbour may fall on the other side of an edge
            if apart.mean() > limit or (exact and apart.max() > limit):
                told = f"backends differ by {apart.max():.2f}, {apart.mean():.3f} on average"
                raise Different(f"{operation} on {dtype}: {told}", made, expected)


def _is_opaque(effect: Effect) -> bool:
    inner = [one for chain in effect.chains for one in chain] if isinstance(effect, Blend) else []
    return isinstance(effect, Opaque) or any(map(_is_opaque, inner))


def policies_and_plans_keep_it(subject: Subject) -> None:
    """Does the operation survive a policy file and a saved plan, to the same draw and the same pixels?

    When it fails: let all that matters be fields; what is not a field is in no file.
    """
    image = photograph()
    for operation in examples(subject):
        augment = augmenter(subject, operation)
        document = json.loads(json.dumps(augment.policy.to_json()))
        again = read_policy(document, subject.operations)
        require(again.digest == augment.policy.digest, f"{operation} comes back as another from a policy file")
        expected = call(augment, image)
        require_same(call(Augmenter(again), image), expected, f"{operation} from a file has other pixels")
        partner = np.flip(image, axis=1).copy() if augment.mixes else None
        plan = Plan.from_json(augment.plan(image, index=0, partner=partner).to_json(), subject.operations)
        made = plan.render(image, partner, itertools.repeat(augment.backend).__next__)
        require_same(made, expected, f"{operation} replayed from a plan has other pixels")


def _worst(one: Image, other: Image) -> str:
    if one.shape != other.shape:
        raise Failed(f"one makes {one.shape}, the other {other.shape}")
    return f"{np.abs(one.astype(float) - other).max():g} at most"


CHECKS: tuple[Check, ...] = (
    threads_agree,
    processes_agree,
    pickles,
    fusing_changes_nothing,
    backends_agree,
    policies_and_plans_keep_it,
)
