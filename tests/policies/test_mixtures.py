"""UniformAugment, AugMix, 3-Augment, timm's strings, jitters and composed pipelines: what they draw, and from what."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augplug
from augplug import project
from augplug._pipeline.items import Drawn, DrawnBlend
from augplug._policies.reader import loads_json
from augplug.errors import AugplugError, SettingsError, TargetError
from augplug.ops.levels import SCALES
from augplug.ops.tone import Invert

IMAGE = np.random.default_rng(0).integers(0, 256, (24, 28, 3), dtype=np.uint8)
TIMM = "rand-m9-n2-mstd0.5-inc1"
NAMES = ["uniformaugment", "augmix", "augmix-tones", "3-augment", TIMM, "rand-m9-mstd0.5", "rand-m15-mmax20-n2-p0.7"]


def items(policy: Any, count: int = 400) -> list[Any]:
    """Return what so many draws hold, each as a tuple of drawn operations."""
    augment = augplug.Augmenter(policy, seed=3)
    return [augment.plan(IMAGE, index=index).items for index in range(count)]


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("name", NAMES)
def test_they_run_and_travel_as_json(name: str, backend: str) -> None:
    """On images from 1x1, without errors; JSON gives the same policy back."""
    augment = augplug.Augmenter(name, backend=backend)
    for index in range(60):
        for image in (IMAGE, IMAGE[:1, :1], IMAGE[..., :1].astype(np.float32) / 255):
            assert augment(image, index=index).shape == image.shape

    assert loads_json(json.dumps(augment.policy.to_json()), augplug.operations()) == augment.policy
    assert augment.policy.source


def test_uniformaugment_draws_two_at_half_probability() -> None:
    """0, 1 or 2 of 15 operations, a quarter, a half and a quarter of the time, at any level."""
    drawn = items("uniformaugment", 2000)
    counts = Counter(len(draw) for draw in drawn)
    rotations = [i.operation.degrees for draw in drawn for i in draw if i.operation.about.name == "Rotate"]

    assert 0.2 < counts[0] / 2000 < 0.3
    assert 0.45 < counts[1] / 2000 < 0.55
    assert len({i.operation.about.name for draw in drawn for i in draw}) == 15
    assert max(np.abs(rotations)) <= 30
    assert len({abs(degrees) for degrees in rotations}) > len(rotations) // 2


def test_augmix_blends_three_chains_of_one_to_three() -> None:
    """The first chain is the image; levels stay at severity 3 of 10."""
    lengths: Counter[int] = Counter()
    for (blend,) in items("augmix"):
        assert isinstance(blend, DrawnBlend)
        assert len(blend.chains) == 4
        assert blend.chains[0] == ()
        assert sum(blend.weights) == pytest.approx(1, abs=1e-6)
        lengths.update(len(chain) for chain in blend.chains[1:])
        for item in (item for chain in blend.chains for item in chain):
            assert isinstance(item, Drawn)
            fields = vars(item.operation)
            assert abs(fields.get("degrees", 0)) <= 9
            assert fields.get("bits", 4) in {3, 4}
            assert abs(fields.get("fraction", 0)) <= 0.1
    assert set(lengths) == {1, 2, 3}
    assert min(lengths.values()) > 250


def test_augmix_takes_no_masks_and_its_tones_take_all_targets() -> None:
    """By name."""
    targets: dict[str, Any] = {"mask": IMAGE[..., 0], "bboxes": [[1, 2, 9, 9]], "keypoints": [[1, 1]]}
    moved = augplug.Augmenter(augplug.policy("augmix", severity=10, width=4))
    moving = next(i for i in range(50) if "Shear" in str(moved.plan(IMAGE, index=i)))
    with pytest.raises(TargetError, match=r"masks and no boxes and no keypoints.*augmix-tones"):
        moved(image=IMAGE, index=moving, **targets)
    made = augplug.Augmenter("augmix-tones")(image=IMAGE, index=0, **targets)

    assert np.array_equal(made["mask"], IMAGE[..., 0])
    assert made["bboxes"] == [(1, 2, 9, 9)]


def test_3_augment_is_one_of_three_then_a_jitter() -> None:
    """A flip half of the time, one of grey, solarize and blur, then three factors in any order."""
    first: Counter[str] = Counter()
    orders = set()
    for draw in items("3-augment"):
        names = [item.operation.about.name for item in draw]
        flipped = names[0] == "HorizontalFlip"
        first[names[flipped]] += 1
        orders.add(tuple(names[flipped + 1 :]))
    assert set(first) == {"Grayscale", "Solarize", "GaussianBlur"}
    assert min(first.values()) > 90
    assert len(orders) == 6
    assert all(sorted(order) == ["Brightness", "Contrast", "Saturation"] for order in orders)


@pytest.mark.parametrize(
    ("scale", "operation", "level", "value"),
    [
        ("timm", "Rotate", 9, 27),
        ("timm", "ShearX", 9, 0.27),
        ("timm", "TranslateX", 9, 0.405),
        ("timm", "Color", 9, 1.81),
        ("timm", "Posterize", 9, 1),
        ("timm", "Posterize", 10, 1),
        ("timm", "Posterize", 5, 2),
        ("timm", "Solarize", 9, 26),
        ("timm", "SolarizeAdd", 9, 99),
        ("timm", "SolarizeAdd", 15, 128),
        ("timm-inc0", "Color", 9, 1.72),
        ("timm-inc0", "Posterize", 9, 3),
        ("timm-inc0", "Posterize", 2, 1),
        ("timm-inc0", "Solarize", 9, 230),
        ("augmix", "Rotate", 3, 9),
        ("augmix", "Posterize", 3, 3),
        ("augmix", "Solarize", 3, 180),
        ("augmix", "TranslateY", 3, 0.1),
    ],
)
def test_levels_mean_what_their_sources_say(scale: str, operation: str, level: float, value: float) -> None:
    """Worked out by hand from timm's and AugMix' formulas."""
    assert SCALES[scale].rows[operation].value(level / 10, 1) == pytest.approx(value, abs=1e-12)


def test_timm_strings_draw_what_they_say() -> None:
    """n operations at probability p, the level normal around m; uniform to m when mstd is over 100."""
    drawn = items(TIMM, 2000)
    rotations = np.abs([i.operation.degrees for draw in drawn for i in draw if i.operation.about.name == "Rotate"])
    wide = items("rand-m8-mstd101-inc1-p1", 1000)
    shears = np.abs([i.operation.factor for draw in wide for i in draw if i.operation.about.name == "ShearX"])

    assert sum(map(len, drawn)) / 2000 == pytest.approx(1, abs=0.06)
    assert all(len(draw) == 2 for draw in wide)
    assert rotations.mean() == pytest.approx(27, abs=0.5)
    assert rotations.std() == pytest.approx(1.5, abs=0.4)
    assert rotations.max() <= 30
    assert shears.max() <= 0.24
    assert shears.mean() == pytest.approx(0.12, abs=0.02)


@pytest.mark.parametrize(
    ("text", "level"), [("m9", 9), ("m15", 10), ("m15-mmax20", 15), ("m15-mmax10", 10), ("m4-mmax0", 4)]
)
def test_timm_levels_end_at_mmax(text: str, level: float) -> None:
    """10 unless given, and 0 means 10, with a deviation or without."""
    for ending in ("", "-mstd0.000001"):
        draws = items(f"rand-{text}{ending}-n10-inc1-p1", 30)
        shears = [abs(i.operation.factor) for draw in draws for i in draw if i.operation.about.name == "ShearX"]
        assert shears == pytest.approx([0.03 * level] * len(shears), abs=1e-5)
        assert shears


def test_a_jitter_is_four_factors_in_any_order() -> None:
    """Numbers widen from the identity, pairs are ranges, nothing asked is nothing done."""
    node = augplug.color_jitter(brightness=0.2, contrast=(0.5, 0.6), saturation=1.5, hue=0.1)
    orders = set()
    for draw in items(node):
        held = {item.operation.about.name: item.operation for item in draw}
        orders.add(tuple(held))
        assert 0.8 <= held["Brightness"].factor <= 1.2
        assert 0.5 <= held["Contrast"].factor <= 0.6
        assert 0 <= held["Saturation"].factor <= 2.5
        assert -36 <= held["HueShift"].degrees <= 36
    assert len(orders) == 24
    assert set(items(augplug.color_jitter())) == {()}
    assert sum(map(bool, items(augplug.color_jitter(0.2, p=0.5)))) / 400 == pytest.approx(0.5, abs=0.08)


def test_composed_pipelines_run_in_order_with_their_probability() -> None:
    """Nodes, operations and names."""
    node = augplug.compose(["HorizontalFlip", Invert(), augplug.step("Rotate", degrees=(-5, 5))], p=0.3)
    drawn = items(node, 1000)
    names = {tuple(item.operation.about.name for item in draw) for draw in drawn}

    assert names == {(), ("HorizontalFlip", "Invert", "Rotate")}
    assert sum(map(bool, drawn)) / 1000 == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: augplug.policy("rand-m9-w0"), "'w0' of 'rand-m9-w0' is not taken"),
        (lambda: augplug.policy("rand-m9-m8"), "'m8'.*each once"),
        (lambda: augplug.policy("rand-"), "'' of 'rand-'"),
        (lambda: augplug.policy("rand-m99-mmax99"), r"0\.\.30"),
        (lambda: augplug.policy("rand-m9", n=3), "takes none"),
        (lambda: augplug.policy("augmix", width=0), r"width in 1\.\.64.*not 0"),
        (lambda: augplug.policy("augmix", width=10**9), "not 1000000000"),
        (lambda: augplug.policy("augmix", depth=2.5), "depth in .*whole number, not 2.5"),
        (lambda: augplug.policy("rand-m15-mstd101"), "above mmax, 10"),
        (lambda: augplug.policy(3), "not 3"),  # type: ignore[arg-type]  # given on purpose
        (lambda: augplug.compose([], prob=0.5), "no argument 'prob'"),  # type: ignore[arg-type]  # given on purpose
        (lambda: augplug.color_jitter(brightnes=0.5), "did you mean 'brightness'"),  # type: ignore[arg-type]  # given on purpose
        (lambda: augplug.policy("augmix", severity=11), r"0\.\.10, not 11"),
        (lambda: augplug.policy("augmix", serverity=1), "did you mean 'severity'"),
        (lambda: augplug.color_jitter(hue=0.6), "at most 0.5"),
        (lambda: augplug.color_jitter(brightness=(1.2, 0.8)), "low to high"),
        (lambda: augplug.color_jitter(brightness=-0.1), "0 or more"),
        (lambda: augplug.compose("Invert"), "takes a list"),  # type: ignore[arg-type]  # given on purpose
        (lambda: augplug.compose([3]), "steps, other nodes, policies"),
        (lambda: augplug.compose(["Invrt"]), "did you mean 'Invert'"),
        (lambda: augplug.compose([], p=2), "0..1, not 2"),
    ],
)
def test_wrong_arguments_are_told_so(call: Any, says: str) -> None:
    """One typed error that says what to do."""
    with pytest.raises(AugplugError, match=says):
        call()


def write(folder: Path, table: str) -> None:
    """Make a project with a policy folder."""
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(table, encoding="utf-8")
    document = augplug.policy("randaugment", n=1, m=3).to_json()
    (folder / "policies" / "ours.json").write_text(json.dumps({**document, "name": "ours"}), encoding="utf-8")


def test_a_projects_policies_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder inside the project; the list says which file each comes from."""
    write(tmp_path, '[tool.augplug]\npolicies = "policies"\n')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")

    assert augplug.policies()["ours"].provider == str(tmp_path / "policies" / "ours.json")
    assert augplug.policy("ours").node == augplug.policy("randaugment", n=1, m=3).node
    monkeypatch.chdir(tmp_path.parent)
    assert "ours" not in augplug.policies()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[tool.augplug]\npolices = "policies"\n', "no key 'polices'.*did you mean 'policies'"),
        ('[tool.augplug]\npolicies = "nowhere"\n', "names a folder beside it, not 'nowhere'"),
        ("[tool.augplug]\npolicies = 3\n", "not 3"),
        ("[tool]\naugplug = 3\n", "is a table"),
        ("tool = 3\n", "cannot be read"),
        ("[tool.augplug\n", "cannot be read"),
    ],
)
def test_a_wrong_project_file_is_told_so(
    table: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One typed error with the file's path."""
    write(tmp_path, table)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError, match=f"pyproject.toml.*{says}"):
        project.policy_files()
