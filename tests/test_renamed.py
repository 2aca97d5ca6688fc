"""Names that were renamed to the field's words: the old ones answer with the new, which exist."""

import importlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import augplug
from augplug._executors.base import Job
from augplug._search.study import StudyResult
from augplug.gate.findings import Finding
from augplug.testing.base import Case, Outcome

REPOSITORY = Path(__file__).parents[1]
TABLE = tomllib.loads((REPOSITORY / "augplug/renames.toml").read_text("utf-8"))
RENAMED: dict[str, str] = TABLE["renamed"]
ANY: Any = augplug
"""augplug, of which no type checker knows what it has."""
STILL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
MADE: dict[str, Any] = {
    "Warp": augplug.Warp(transform=STILL, size=(2, 2)),
    "Noise": augplug.Noise(key=1, std=2.0),
    "Normal": augplug.Normal(0, 1, (-1, 1)),
    "Mix": augplug.Mix((augplug.MixPart(0, weight=0.5),)),
    "ColorMix": augplug.ColorMix(gray_blend=0.5),
    "Backend": augplug.backends()["reference"](),
    "Boxes": augplug.Boxes([[1, 2, 3, 4]]),
    "Keypoints": augplug.Keypoints([[1, 2]]),
}
"""Objects of the classes with renamed members; of the others the class alone is asked, without its `__init__`."""
CLASSES: dict[str, type] = {
    **{name: type(made) for name, made in MADE.items()},
    **{kind.__name__: kind for kind in (Job, Outcome, Case, Finding, StudyResult)},
    **{kind.__name__: kind for kind in (augplug.Ranking, augplug.SearchSpace, augplug.AdaptiveTone)},
}


def owner_and_member(name: str) -> tuple[str, str]:
    owner, _, member = name.rpartition(".")
    return owner.removeprefix("augplug."), member


def is_member(name: str) -> bool:
    return name.count(".") == 2 and owner_and_member(name)[0] in CLASSES


@pytest.mark.parametrize("old", [name for name in RENAMED if "(" not in name and not is_member(name)])
def test_an_old_name_of_a_module_says_the_new_one(old: str) -> None:
    """As an attribute and in `from module import name`; `hasattr` answers no; the new name is there."""
    place, _, name = old.rpartition(".")
    module = importlib.import_module(place)

    with pytest.raises(augplug.RenamedError, match=f"{old} is renamed to {RENAMED[old]}$"):
        getattr(module, name)
    assert not hasattr(module, name)
    if place == "augplug":
        with pytest.raises(ImportError, match=f"{old} is renamed to {RENAMED[old]}$"):
            __import__(place, fromlist=[name])
    assert hasattr(module, RENAMED[old].rpartition(".")[2])


@pytest.mark.parametrize("old", [name for name in RENAMED if is_member(name)])
def test_an_old_member_says_the_new_one(old: str) -> None:
    """Of an object of the class; the new member is there."""
    owner, member = owner_and_member(old)
    kind = CLASSES[owner]
    made: Any = MADE.get(owner, object.__new__(kind))

    with pytest.raises(augplug.RenamedError, match=f"{old} is renamed to {RENAMED[old]}$"):
        getattr(made, member)
    new = RENAMED[old].rpartition(".")[2]
    assert hasattr(made, new) or new in kind.__dict__.get("__dataclass_fields__", {})
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        made.nonsense()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ANY.Warp(motion=STILL, size=(2, 2)), "Warp.motion is renamed to augplug.Warp.transform"),
        (lambda: ANY.Noise(key=1, deviation=2), "Noise.deviation is renamed to augplug.Noise.std"),
        (lambda: ANY.Normal(mean=0, deviation=1, clip=(0, 1)), "is renamed to augplug.Normal.std"),
        (lambda: ANY.Mix(shares=()), "is renamed to augplug.Mix.parts"),
        (lambda: ANY.ColorMix(grey_blend=0.5), "is renamed to augplug.ColorMix.gray_blend"),
        (lambda: ANY.Keypoints([[1, 2]], swap=()), "is renamed to augplug.Keypoints.flip_pairs"),
        (
            lambda: ANY.AdaptiveTone("grey_mean", abs),
            r"is renamed to augplug.AdaptiveTone\(gray_mean\)",
        ),
        (lambda: ANY.weighted_sum(None, None, 0.5, into=None), r"is renamed to augplug.weighted_sum\(out\)"),
        (lambda: ANY.load_policy(given="a.json"), r"is renamed to augplug.load_policy\(file\)"),
        (lambda: ANY.register_policy("a", made=None), r"is renamed to augplug.register_policy\(policy\)"),
        (lambda: ANY.check_known("a", given={}, settings=None), r"is renamed to augplug.check_known\(values\)"),
        (lambda: ANY.parameter(many=True), r"parameter\(many\) is gone: write the annotation: `float \| tuple"),
    ],
)
def test_an_old_argument_says_the_new_one(call: Any, words: str) -> None:
    with pytest.raises(augplug.RenamedError, match=words):
        call()


def test_a_backend_that_has_an_old_method_is_told_when_its_class_is_made() -> None:
    """It would never be called."""
    with pytest.raises(augplug.RenamedError, match=r"Backend\.weighed is renamed to augplug\.Backend\.weighted_sum"):
        type("Old", (augplug.Backend,), {"weighed": lambda *given: None})


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(augplug.OperationError, match="unknown statistic 'mean'"):
        ANY.AdaptiveTone("mean", abs)


def test_the_changelog_shows_the_table() -> None:
    rows = [f"| `{old}` | `{new}` |" for old, new in RENAMED.items()]

    shown = (REPOSITORY / "CHANGELOG.md").read_text("utf-8")

    assert [row for row in rows if row not in shown] == []
    assert sum(line.startswith("| `augplug") for line in shown.splitlines()) == len(rows) + len(TABLE["replaced"])


def test_noise_that_was_saved_with_its_old_field_is_read(tmp_path: Path) -> None:
    """A file keeps the old key, so that its digest stays; Python takes the new name alone."""
    written = {"augplug_policy": 1, "policy": {"op": "GaussianNoise", "deviation": {"uniform": [1, 30]}}}
    (tmp_path / "old.json").write_text(json.dumps(written))
    old, new = augplug.load_policy(tmp_path / "old.json"), augplug.step("GaussianNoise", std=(1, 30))

    assert old.node == new
    assert old.to_json()["policy"]["deviation"] == {"uniform": [1, 30]}
    with pytest.raises(augplug.OperationError, match="the field 'deviation' of GaussianNoise is renamed to 'std'"):
        augplug.step("GaussianNoise", deviation=3)
    written["policy"] = {"op": "GaussianNoise", "deviation": 3, "std": 3}
    with pytest.raises(augplug.PolicyError, match="'deviation' and 'std' are one field of GaussianNoise"):
        augplug.load_policy(written)
