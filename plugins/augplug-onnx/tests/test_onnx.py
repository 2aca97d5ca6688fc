"""Models that ONNX Runtime runs equal the reference; what is not exported is refused by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import augplug_onnx
import numpy as np
import onnx
import onnxruntime
import pytest
from augplug_onnx.effects import NUMBERS
from augplug_onnx.exporter import Onnx

import augplug
from augplug.testing import examine
from augplug.testing.base import Subject
from augplug.testing.exporters import plans_of
from augplug.testing.samples import photograph

test_augplug_onnx = examine(augplug_onnx)

SPEC = augplug.InputSpec(24, 31, 3)
IMAGE = np.random.default_rng(0).integers(0, 256, SPEC.shape, dtype=np.uint8)
PAGE = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
STEPS = {
    "turn": augplug.step("Rotate", degrees=(-180, 180), interpolation="linear", fill=(10, 20, 30)),
    "near": augplug.step("Rotate", degrees=(-180, 180), interpolation="nearest"),
    "cubic": augplug.step("Affine", degrees=(-90, 90), scale=(0.5, 2), interpolation="cubic", border="reflect"),
    "shear": augplug.step("ShearX", factor=(-0.5, 0.5), interpolation="nearest", border="wrap"),
    "perspective": augplug.step("Perspective", border="edge"),
    "crop": augplug.step("RandomResizedCrop", height=20, width=18, interpolation="linear"),
    "area": augplug.step("RandomResizedCrop", height=9, width=18),
    "letterbox": augplug.step("Letterbox", height=40, width=20, fill=(1, 2, 3)),
    "flip": augplug.step("HorizontalFlip"),
    "quarter": augplug.step("Rotate90"),
    "posterize": augplug.step("Posterize", bits=(1, 8)),
    "solarize": augplug.step("Solarize", threshold=(0, 255)),
    "bright": augplug.step("Brightness", factor=(0.2, 2)),
    "colour": augplug.step("Color", factor=(0, 2)),
    "hue": augplug.step("HueShift", degrees=(-180, 180)),
    "contrast": augplug.step("Contrast", factor=(0.2, 2)),
    "sharpness": augplug.step("Sharpness", factor=(0, 2)),
    "blur": augplug.step("GaussianBlur", sigma=(0.1, 6)),
    "sharpen": augplug.step("Sharpen", strength=(0, 3)),
    "autocontrast": augplug.step("AutoContrast"),
    "equalize": augplug.step("Equalize"),
    "cutout": augplug.step("Cutout", size=0.4),
}
SUMS = ("area", "letterbox", "hue", "blur", "sharpen")
"""Matrix products: ONNX Runtime may add up in another order than numpy, and then a rounding may go the other way."""


def differences(step: Any, draws: range) -> int:
    """Return the largest difference of models of single draws from the reference."""
    augment = augplug.Augmenter(step, backend="reference", seed=4)
    exporter, worst = Onnx(), 0
    for index in draws:
        plan = augment.plan(IMAGE, index=index)
        made = exporter.run(exporter.export(plan, SPEC), IMAGE, plan)
        expected = augment(IMAGE, index=index)
        assert made.shape == expected.shape
        worst = max(worst, int(np.abs(made.astype(int) - expected).max()))
    return worst


def opened(model: bytes) -> Any:
    """Return a session that runs a model."""
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def policy_differences(
    policy: Any, image: augplug.Image, draws: range, backend: str = "reference", *, share: bool = False
) -> float:
    """Return the largest difference of one model of a policy from a backend, or the share of values that differ."""
    augment = augplug.Augmenter(policy, backend=backend, seed=4)
    height, width, channels = image.shape
    exported = Onnx().export(augment.policy, augplug.InputSpec(32, 32, channels))
    session, differing = opened(exported["model.onnx"]), []
    for index in draws:
        numbers = augplug_onnx.slots(augment.plan(image, index=index), (height, width, channels))
        (made,) = session.run(None, {"image": image, **numbers})
        expected = augment(image, index=index)
        assert made.shape == expected.shape
        differing.append(np.abs(made.astype(int) - expected))
    return float(np.mean([(one > 0).mean() for one in differing]) if share else max(one.max() for one in differing))


@pytest.mark.parametrize("name", STEPS)
def test_draws_equal_the_reference(name: str) -> None:
    """22 operations, 5 draws each, a model for each: to the bit."""
    assert differences(STEPS[name], range(5)) <= (name in SUMS)


@pytest.mark.heavy
@pytest.mark.parametrize("name", STEPS)
def test_a_thousand_draws_equal_the_reference(name: str) -> None:
    """22 operations, 50 draws each, a model for each."""
    assert differences(STEPS[name], range(50)) <= (name in SUMS)


@pytest.mark.parametrize("name", STEPS)
def test_a_thousand_draws_of_policies_equal_the_reference(name: str) -> None:
    """22 operations, 50 draws each, of one model for each operation."""
    assert policy_differences(STEPS[name], IMAGE, range(50)) <= (name in SUMS)


@pytest.mark.parametrize("name", STEPS)
def test_opencv_differs_as_the_page_says(name: str) -> None:
    """By 1 of 255 in warps and sums, which sharpening multiplies; in few pixels if nearest; in tables not at all."""
    if name in ("near", "shear"):
        assert policy_differences(STEPS[name], IMAGE, range(50), "opencv", share=True) < 0.001
    else:
        bound = {"turn": 1, "cubic": 1, "perspective": 1, "crop": 1, "sharpen": 4}.get(name, int(name in SUMS))
        assert policy_differences(STEPS[name], IMAGE, range(50), "opencv") <= bound


NAMED = [name for name in augplug.policies() if name != "corruptions"]
"""augplug's own; the other is a plugin's, which may be installed beside this one."""


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("shape", [(32, 32, 3), (33, 47, 3), (20, 26, 1)])
def test_named_policies_equal_the_reference(name: str, shape: tuple[int, int, int]) -> None:
    """Each of them is one model for images of every size; 3-augment is blurred, and so is a sum."""
    assert policy_differences(name, photograph(shape[:2], shape[2]), range(30)) <= (name == "3-augment")


def test_a_chain_of_steps_is_one_model() -> None:
    """Size, tables and geometry one after the other."""
    chain = augplug.sequence(
        *(STEPS[name] for name in ("turn", "bright", "crop", "quarter", "colour", "cutout", "flip"))
    )
    assert differences(chain, range(20)) == 0
    assert policy_differences(chain, IMAGE, range(100)) == 0


def test_the_model_is_valid_small_and_the_same_every_time() -> None:
    """ONNX's own checker takes it; opset 20, IR 10; the same bytes again."""
    plan = augplug.Augmenter(STEPS["turn"], backend="reference").plan(IMAGE, index=0)
    for source in (plan, augplug.policy("randaugment"), augplug.policy("augmix")):
        first, again = Onnx().export(source, SPEC), Onnx().export(source, SPEC)
        model = onnx.load_from_string(first["model.onnx"])
        onnx.checker.check_model(model, full_check=True)

        assert (model.opset_import[0].version, model.ir_version) == (20, 10)
        assert first == again
        assert len(first["model.onnx"]) < 40_000


def test_the_inputs_and_the_numbers_of_operations_are_those_of_the_page() -> None:
    """They are what other languages write; an operation that was a number stays that number."""
    session = opened(Onnx().export(augplug.policy("flip"), augplug.InputSpec(8, 8, 5))["model.onnx"])
    kinds = {"tensor(double)": "float64", "tensor(int64)": "int64", "tensor(uint8)": "uint8"}
    for given in session.get_inputs():
        sides = ", ".join(
            {"slots": "N", "height": "H", "width": "W", "5": "C"}.get(str(s), str(s)) for s in given.shape
        )
        assert f"| `{given.name}` | {kinds[given.type]} `({sides})` |" in PAGE, given.name
    named = [name for name in NUMBERS if name.partition("-")[2] in ("", "constant")]
    assert all(f"| {NUMBERS[name]} | `{name}`" in PAGE for name in named)
    assert NUMBERS["cubic-wrap"] == 22


def test_a_draw_that_the_model_does_not_hold_is_an_error_of_the_runtime() -> None:
    """Not an image that is left as it was."""
    session = opened(Onnx().export(augplug.policy("flip"), SPEC)["model.onnx"])
    plan = augplug.Augmenter(STEPS["bright"], backend="reference").plan(IMAGE, index=0)
    with pytest.raises(Exception, match="an operation that is not in this model"):
        session.run(None, {"image": IMAGE, **augplug_onnx.slots(plan, SPEC.shape)})


def test_what_is_not_exported_is_refused_by_name() -> None:
    """In a policy and in a draw: every operation, the dtype, alpha, and a blend inside a blend."""
    rare = augplug.sequence(augplug.step("MotionBlur", p=0.001, length=5), augplug.step("ElasticTransform", p=0.001))
    with pytest.raises(augplug.ExportError, match="ElasticTransform, MotionBlur with the settings in rare"):
        Onnx().export(augplug.Policy(rare, name="rare"), SPEC)
    with pytest.raises(augplug.ExportError, match="takes uint8 images here, not float32"):
        Onnx().export(augplug.policy("flip"), augplug.InputSpec(24, 31, 3, "float32"))
    plan = augplug.Augmenter(STEPS["turn"], channels="RGBA").plan(np.zeros((24, 31, 4), np.uint8), index=0)
    with pytest.raises(augplug.ExportError, match="alpha"):
        Onnx().export(plan, augplug.InputSpec(24, 31, 4))
    nested = augplug.blend(augplug.sequence(augplug.blend(STEPS["flip"])))
    with pytest.raises(augplug.ExportError, match="blend inside a blend"):
        Onnx().export(augplug.Policy(nested), SPEC)


def test_steps_behind_others_and_policies_in_policies_are_looked_at() -> None:
    """A crop of an image that was resized before, and a rare step of a nested policy."""
    inner = augplug.Policy(augplug.sequence(augplug.step("Equalize", p=0.0001)), name="inner")
    policy = augplug.sequence(
        augplug.step("Resize", height=90, width=80), augplug.step("Crop", left=50, right=70, top=60, bottom=80), inner
    )
    names = onnx.load_from_string(Onnx().export(augplug.Policy(policy), SPEC)["model.onnx"])
    assert policy_differences(policy, IMAGE, range(3)) <= 1
    assert "CumSum" in str(names)


def test_images_without_contrast_and_small_ones_are_as_the_reference_has_them() -> None:
    """One grey value, one channel, and images below 3 pixels, which are not smoothed."""
    for name, shape in (
        ("autocontrast", (5, 6, 1)),
        ("equalize", (5, 6, 2)),
        ("sharpness", (2, 9, 3)),
        ("sharpness", (1, 1, 3)),
        ("contrast", (5, 6, 1)),
        ("blur", (1, 2, 4)),
        ("cubic", (1, 3, 1)),
    ):
        image = np.full(shape, 77, dtype=np.uint8)
        augment = augplug.Augmenter(STEPS[name], backend="reference")
        plan = augment.plan(image, index=0)
        made = Onnx().run(Onnx().export(plan, augplug.InputSpec(*shape)), image, plan)
        assert np.array_equal(made, augment(image, index=0)), name


ALONE = """
import sys
import numpy as np
import onnxruntime
given = np.load(sys.argv[2])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
for index in range(100):
    numbers = {name[4:]: given[name] for name in given if name.startswith(f"{index:03} ")}
    made, = session.run(None, {"image": given["image"], **numbers})
    assert np.array_equal(made, given[f"made {index:03}"]), index
assert not {"augplug", "augplug_onnx", "onnx"} & set(sys.modules), "it runs with onnxruntime and numpy alone"
print("100 draws are equal")
"""


def test_onnxruntime_and_numpy_alone_run_the_file(tmp_path: Path) -> None:
    """A process that has neither augplug nor onnx renders 100 draws as the reference does."""
    augment = augplug.Augmenter("trivialaugment-wide", backend="reference")
    (tmp_path / "policy.onnx").write_bytes(Onnx().export(augment.policy, SPEC)["model.onnx"])
    arrays: dict[str, Any] = {"image": IMAGE}
    for index in range(100):
        numbers = augplug_onnx.slots(augment.plan(IMAGE, index=index), SPEC.shape)
        arrays |= {f"{index:03} {name}": value for name, value in numbers.items()}
        arrays[f"made {index:03}"] = augment(IMAGE, index=index)
    np.savez(tmp_path / "draws.npz", **arrays)
    command = [sys.executable, "-I", "-c", ALONE, str(tmp_path / "policy.onnx"), str(tmp_path / "draws.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "100 draws are equal\n", done.stderr


def test_the_share_of_published_policies_is_that_of_the_page() -> None:
    """Each is exported whole, and so is every draw of it."""
    taken = [name for name in NAMED if Onnx().export(augplug.policy(name), augplug.InputSpec(32, 32, 3))]
    print(f"policies that are exported: {len(taken)} of {len(NAMED)}")  # noqa: T201  # pytest -rP shows it

    assert f"all {len(taken)} named policies" in PAGE
    assert len(taken) == len(NAMED)


def test_the_operations_that_export_are_those_of_the_page() -> None:
    """The README lists what is refused; all else is exported in every example, as a draw and as a policy."""
    subject = Subject("exporters", "onnx", Onnx, augplug_onnx, augplug.operations())
    taken: dict[str, bool] = {}
    for name, policy, plan in plans_of(subject):
        for source in (plan, policy):
            try:
                Onnx().export(source, augplug.InputSpec(33, 47, 3))
            except augplug.ExportError:
                taken[name] = False
            taken.setdefault(name, True)
    refused = sorted(name for name, whole in taken.items() if not whole)
    told = f"{len(taken) - len(refused)} of {len(taken)}"
    print(f"operations that are exported: {told}; not {', '.join(refused)}")  # noqa: T201  # pytest -rP shows it

    assert told in PAGE
    assert ", ".join(f"`{name}`" for name in refused) in " ".join(PAGE.split())
