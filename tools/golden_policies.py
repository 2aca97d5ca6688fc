"""Write tests/golden/policies.json: policies, their digests, their draws and their pixels.

Run it with the augplug whose behaviour is to be kept, and only to add policies to the file:

    PYTHONPATH=path/to/that/checkout python tools/golden_policies.py

The file in the repository was written by the commit named in it. A policy that is in the file keeps what is recorded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import augplug
from augplug import Beta, Choice, Integers, LogUniform, Normal, Sign, Uniform

sys.path.append(
    str(Path(__file__).resolve().parents[1])
)  # where `tests` is; last, so that augplug is the one asked for
from tests.golden import recording  # pylint: disable=wrong-import-position  # found by the line above

step, sequence, one_of, some_of, blend = augplug.step, augplug.sequence, augplug.one_of, augplug.some_of, augplug.blend
Made = tuple[str, Any]

NAMED = (
    *(f"autoaugment-{data}" for data in ("cifar10", "svhn", "imagenet")),
    *(f"autoaugment-{data}:interpolation=linear,fill=128" for data in ("cifar10", "svhn", "imagenet")),
    *("randaugment", "randaugment:n=1,m=0", "randaugment:n=1,m=9", "randaugment:n=2,m=5", "randaugment:n=2,m=14"),
    *("randaugment:n=3,m=11", "randaugment:n=3,m=4.5", "randaugment:n=4,m=30", "randaugment:n=0", "randaugment:n=14"),
    *("randaugment:interpolation=linear", "randaugment:interpolation=cubic,fill=128", "randaugment:fill=12.5"),
    *(f"randaugment:m=9,scale={scale}" for scale in ("autoaugment", "torchvision-31", "timm", "timm-inc0", "augmix")),
    *("randaugment:m=30,scale=trivialaugment-wide", "randaugment:m=27,scale=torchvision-31,fill=255"),
    *("trivialaugment-wide", "trivialaugment-wide:interpolation=linear", "trivialaugment-wide:fill=128"),
    *("trivialaugment-wide:interpolation=cubic,fill=1", "uniformaugment", "uniformaugment:n=1", "uniformaugment:n=5"),
    *("uniformaugment:n=3,interpolation=linear,fill=128", "augmix", "augmix:severity=1", "augmix:severity=10"),
    *("augmix:width=1,depth=1", "augmix:width=5,depth=2,alpha=0.3", "augmix:severity=7.5,alpha=2", "augmix-tones"),
    *("augmix-tones:severity=10,depth=4", "augmix-tones:width=2,alpha=5", "3-augment", "3-augment:jitter=0"),
    *("3-augment:jitter=0.8", "hand-made", "hand-made:fill=128", "hand-made:fill=7.25"),
    *("rand-m9", "rand-m9-mstd0.5", "rand-m9-mstd0.5-inc1", "rand-m9-n2-mstd0.5-inc1", "rand-m7-n4-mstd1-inc1"),
    *("rand-m15-n2-mstd0.5", "rand-m15-n2-mmax20-inc1", "rand-m5-mstd101", "rand-m10-n3-p0.8", "rand-m0-inc1"),
    *("rand-n1-p1-mstd2.5-inc1", "rand-m3-n2-p0.1-mstd1-mmax5-inc0", "rand-m9-n0", "rand-m30-mmax30-n2-inc1"),
)
FIELDS: dict[str, dict[str, Any]] = {
    "Affine": {"degrees": (-40, 40), "scale": (0.7, 1.4), "shear_x": (-15, 15), "x": (-0.2, 0.2), "y": 0.1},
    "BoxCrop": {"height": 12, "width": 14},
    "BoxSafeCrop": {"height": 15, "width": 18},
    "Brightness": {"factor": (0, 2)},
    "CenterCrop": {"height": 16, "width": 30, "fill": (1, 2, 3)},
    "Color": {"factor": (0, 2)},
    "Contrast": {"factor": (0, 2)},
    "Crop": {"left": 1, "top": 2, "right": 17, "bottom": 20},
    "Cutout": {"size": (0.1, 0.5)},
    "ElasticTransform": {"spacing": (6, 20), "amplitude": (1, 3)},
    "Gamma": {"gamma": (0.4, 2.5)},
    "GaussianBlur": {"sigma": (0.3, 2.5)},
    "GaussianNoise": {"std": (1, 30)},
    "GridDistortion": {"spacing": (6, 20), "amplitude": (1, 3)},
    "HueShift": {"degrees": (-90, 90)},
    "Letterbox": {"height": 17, "width": 33},
    "MaskCrop": {"height": 12, "width": 14},
    "MotionBlur": {"length": (1, 9)},
    "OpticalDistortion": {"k": (-0.15, 0.15)},
    "Pad": {"left": 3, "top": 2, "right": 1, "bottom": 4},
    "Posterize": {"bits": (1, 8)},
    "RandomCrop": {"height": 12, "width": 14, "padding": 4},
    "RandomResizedCrop": {"height": 15, "width": 18, "scale": (0.3, 1), "ratio": (0.75, 1.333)},
    "Resize": {"height": 17, "width": 33, "interpolation": "linear"},
    "ResizeLonger": {"side": 20},
    "ResizeShorter": {"side": 15},
    "Rotate": {"degrees": (-180, 180)},
    "SamplePairing": {"weight": (0, 0.4)},
    "Saturation": {"factor": (0, 2)},
    "Scale": {"factor": (0.7, 1.4)},
    "Sharpen": {"strength": (0, 2)},
    "Sharpness": {"factor": (0, 2)},
    "ShearX": {"factor": (-0.3, 0.3)},
    "ShearY": {"factor": (-0.3, 0.3), "mask_fill": 255},
    "Solarize": {"threshold": (0, 256)},
    "SolarizeAdd": {"add": (0, 110)},
    "TranslateX": {"fraction": (-0.3, 0.3)},
    "TranslateY": {"pixels": (-5, 5)},
}
SCALES = {"autoaugment": 9, "randaugment": 30, "torchvision-31": 30, "trivialaugment-wide": 30, "timm": 30}
SCALES |= {"timm-inc0": 30, "augmix": 10}
SHIFT = step("TranslateX", pixels=(-6, 6))
TURN = step("Rotate", p=0.7, degrees=(-30, 30))
DULL = step("Color", p=0.4, factor=(0.2, 0.9))


def operations() -> Iterator[Made]:
    """Every operation of augplug alone, its own draws left to it."""
    for name in (name for name in augplug.operations() if ":" not in name):
        yield f"operation {name}", step(name, p=0.85, **FIELDS.get(name, {}))


def scales() -> Iterator[Made]:
    """Every scale: the operations that it drives, at real and at whole levels, with and without defaults."""
    levelled = [name for name, kind in augplug.operations().items() if kind.about.level_field and ":" not in name]
    levelled.remove("SamplePairing")
    for scale, highest in SCALES.items():
        for label, level in (("real", Uniform(0, highest)), ("whole", Integers(0, highest)), ("strongest", highest)):
            node = some_of(3, *(step(name, level=level, p=0.9) for name in levelled), replacement=label != "whole")
            defaults: Any = {"whole": {"fill": (9, 8, 7)}, "strongest": {"interpolation": "cubic"}}.get(label, {})
            yield f"scale {scale}, {label} levels", augplug.Policy(node, scale=scale, defaults=defaults)


def distributions() -> Iterator[Made]:
    """Every distribution, on fields, levels and n."""
    drawn = (Uniform(-20, 20), Integers(-20, 20), Choice((-15, 0.5, 15)), Choice((-9, 9, 20), (0.2, 0.3, 0.5)))
    for value in (*drawn, Normal(0, 12, (-45, 45)), LogUniform(0.5, 90), Beta(1, 1), Beta(0.4, 2.5), Sign(17.5), -12):
        yield f"Rotate by {value}", sequence(step("Rotate", degrees=value), DULL)
    for bits in (Integers(2, 6), Choice((1, 4, 8)), Choice((2, 5), (0.9, 0.1)), 3):
        yield f"Posterize to {bits}", step("Posterize", p=0.75, bits=bits)
    for level in (Normal(5, 2, (0, 9)), Choice((1, 9)), Beta(2, 2), LogUniform(1, 9), 4.5):
        yield f"levels by {level}", sequence(step("Solarize", level=level), step("ShearX", level=level))
    yield "a hole of any size", step("Cutout", size={"log_uniform": [0.1, 0.9]}, x={"beta": [2, 2]}, y=(0.4, 0.6))
    yield "a point of a curve", step("ToneCurve", shadows=(0.1, 0.4), highlights=Normal(0.7, 0.2, (0.5, 1)))


def flags() -> Iterator[Made]:
    """What format 1 wrote for true, false and "leave masks alone": 1, 0 and any negative number."""
    erase: dict[str, Any] = {"scale": (0.1, 0.3)}
    cut: dict[str, Any] = {"size": 0.4}
    grid: dict[str, Any] = {"period": (0.4, 0.6)}
    for noise in (0, 1, 1.0, Integers(0, 1), Choice((0, 1), (0.25, 0.75)), Sign(0)):
        yield f"RandomErasing, noise {noise}", sequence(step("RandomErasing", noise=noise, **erase), TURN)
        yield f"Cutout, noise {noise}", sequence(step("Cutout", noise=noise, **cut), TURN)
    for value in (-1.0, -1, -0.25, -7, 0, -0.0, 3, 255, Uniform(-1, 4), Choice((-1, 2)), Sign(2), Integers(-2, 2)):
        for name, fields in (("RandomErasing", erase), ("Cutout", cut), ("GridMask", grid)):
            yield f"{name}, mask value {value}", sequence(step(name, mask_value=value, **fields), TURN)
    yield "holes", step("Cutout", holes=4, noise=1, value=(255, 0, 9.5), mask_value=1, **cut)
    yield "any holes", sequence(step("Cutout", p=0.9, holes=(1, 3), x=0.5, y=0.5, **cut), TURN)
    yield "a fixed key", step("RandomErasing", noise=1, key=2**53 - 1, value=128, **erase)
    yield "a drawn key", step("RandomErasing", key=(0, 5), value=(1, 2, 3), noise=0)


def shapes() -> Iterator[Made]:
    """Every word of the grammar, weights, probabilities of 0 and 1, fuse modes, defaults, addresses."""
    for fuse in ("exact", "none"):
        yield f"fuse {fuse}", augplug.Policy(sequence(SHIFT, TURN, DULL, step("Invert", p=0.5)), fuse=fuse)
    yield "nothing", sequence()
    yield "never", step("Invert", p=0)
    yield "always", step("Invert")
    yield "one of two", one_of(SHIFT, sequence(TURN, DULL), weights=[0.25, 0.75])
    yield "one that cannot be", one_of(SHIFT, TURN, DULL, weights=[0, 2, 1])
    yield "some without replacement", some_of(2, SHIFT, TURN, DULL, step("Invert"), replacement=False)
    yield "some by weight", some_of((0, 3), SHIFT, TURN, DULL, weights=[3, 2, 1])
    yield "some by weight, each once", some_of(2, SHIFT, TURN, DULL, replacement=False, weights=[3, 2, 1])
    yield "n by choice", some_of(Choice((1, 4)), SHIFT, TURN, DULL)
    yield "blend", blend(sequence(SHIFT, DULL), TURN, alpha=0.5)
    yield "blend in a blend", blend(sequence(TURN, blend(DULL, step("Invert"))), some_of(2, SHIFT, DULL), alpha=3)
    yield "blend, then a crop", sequence(blend(SHIFT, TURN), step("CenterCrop", height=10, width=10))
    yield "crop, then partners", sequence(step("RandomCrop", height=20, width=20, padding=2), step("CutMix"))
    yield "one partner or another", one_of(sequence(TURN, step("MixUp", share=(0.3, 0.7))), step("CutMix"))
    yield "pairing in the middle", sequence(step("SamplePairing", level=9), DULL)
    yield "by address", one_of(step("augplug:Rotate", degrees=5), step("augplug:Invert", p=0.5))
    yield "composed", augplug.compose(["Equalize", TURN, one_of(SHIFT, DULL)], p=0.6)
    yield "colour jitter", augplug.color_jitter(0.4, (0.5, 1.5), 0.3, 0.1, p=0.8)
    yield "nested", sequence(one_of(some_of(2, one_of(TURN, sequence(DULL, one_of(SHIFT, step("Equalize")))), SHIFT)))
    yield "too large a crop", step("Crop", p=0.5, right=21, bottom=24)
    steps = sequence(SHIFT, step("Rotate", degrees=10, fill=3, interpolation="nearest"), step("ShearX", level=5))
    several: list[Any] = [{"fill": 128}, {"fill": (1, 2.5, 255), "interpolation": "cubic"}, {"mask_fill": -1}]
    for defaults in several:
        yield f"defaults {defaults}", augplug.Policy(steps, "mine", defaults=defaults, source="by hand")


def found() -> Iterator[Made]:
    """What searches write: of grids with m above 9, of spaces by name, and of spaces on other scales."""
    for name, m in (("randaugment", (1, 9)), ("randaugment", (11,)), ("randaugment", (14,))):
        yield f"found by {name}, m in {m}", _best(name, n=(2, 3), m=m)
    for name in ("random", "random-subpolicies"):
        for space in ("autoaugment", "autoaugment-16", "geometry"):
            if (name, space) != ("random-subpolicies", "autoaugment-16"):
                yield f"found by {name} in {space}", _best(name, space=space)
    for scale in SCALES:
        own = {"augplug_space": 1, "name": "mine", "scale": scale, "levels": 7, "probabilities": 1, "length": 1}
        yield f"found in {scale}", _best("random", space={**own, "operations": ["Rotate", "Solarize", "Color"]})


def _best(search: str, **settings: Any) -> augplug.Policy:
    algorithm = augplug.searches()[search](seed=3, **settings)
    proposals = algorithm.ask(12)
    algorithm.tell([augplug.Result(proposal.number, reward=(proposal.number * 5 % 12) / 12) for proposal in proposals])
    best: augplug.Policy = algorithm.best()
    return best


def golden() -> Iterator[dict[str, Any]]:
    """Yield each policy with what is recorded of it; a few with their draws in full."""
    made: list[Made] = [(name, name) for name in NAMED]
    for others in (found, scales, operations, distributions, flags, shapes):
        made += others()
    for number, (label, given) in enumerate(made):
        policy = augplug.Augmenter(given).policy
        document = json.loads(json.dumps(policy.to_json()))
        record = recording.recorded(document)
        shown = {"steps": record["drawn"]} if number % 9 == 0 else {}
        drawn = [recording.digest_of(drawn) for drawn in record["drawn"]]
        name = {"named": given} if isinstance(given, str) else {}
        yield {"label": label, **name, "document": document, **record, "drawn": drawn, **shown}


def main() -> None:
    """Write the file."""
    home = Path(augplug.__file__).parent
    commit = subprocess.run(  # nosec B607  # the git that the developer has
        ["git", "rev-parse", "HEAD"],
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    kinds = {address: kind for address, kind in augplug.operations().items() if ":" in address}
    head = {
        "augplug_golden": 1,
        "about": "written by tools/golden_policies.py with the augplug of `commit`; never by a later one",
        "commit": commit.stdout.strip(),
        "fields": {address: list(kind.about.parameters) for address, kind in kinds.items()},
    }
    lines = [json.dumps(policy) for policy in golden()]
    text = json.dumps(head)[:-1] + ', "policies": [\n' + ",\n".join(lines) + "\n]}\n"
    recording.FILE.write_text(text, encoding="utf-8")
    print(f"{recording.FILE.name}: {len(lines)} policies, {len(text):,} bytes")


if __name__ == "__main__":
    main()
