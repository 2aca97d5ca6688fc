"""The code on the page: a policy as Python is the same policy, and the training code runs as it stands."""

from pathlib import Path

import pytest

import augplug
from augplug import Policy, Uniform, step
from augplug._search.strengths_space import StrengthSpace
from augplug.distributions import Beta, Choice, Integers, LogUniform, Normal, Sign
from augplug.report.code import MOST, WIDTH, policy_code, training_code

EVERY = Policy(
    augplug.sequence(
        step("Affine", degrees=(-10, 10), scale=Normal(1, 0.1, (0.5, 1.5)), fill=(1, 2, 3)),
        augplug.one_of(step("Invert", p=0.25), step("Rotate", level=Uniform(0, 7)), weights=(1, 2.5)),
        augplug.some_of(Integers(1, 2), step("ShearX", level=4), step("Posterize", bits=Integers(2, 7))),
        augplug.some_of(1, step("Gamma", gamma=LogUniform(0.5, 2)), step("Rotate", degrees=Sign(9)), replacement=False),
        augplug.blend(step("Solarize", threshold=Choice((0, 128), (1, 3))), step("Rotate", degrees=4), alpha=0.3),
        step("Rotate", degrees=4, interpolation="linear", expand=False),
        step("Cutout", size=0.5, x=Beta(1, 2), noise=True, mask_value=None),
        Policy(step("ShearY", level=12), scale="randaugment", defaults={"fill": 7}),
    ),
    "every-word",
    scale="timm",
    fuse="none",
    defaults={"interpolation": "nearest", "fill": 0.5},
)


def made(code: str) -> Policy:
    policy = eval(code, {"augplug": augplug})  # pylint: disable=eval-used  # it was made here
    assert isinstance(policy, Policy)
    return policy


@pytest.mark.parametrize("name", [name for name in augplug.policies() if ":" not in name])
def test_the_code_of_a_policy_makes_it(name: str) -> None:
    policy = augplug.policy(name)

    assert made(policy_code(policy)).to_json() == {**policy.to_json(), "source": ""}


def test_every_word_and_distribution_is_written() -> None:
    again = made(policy_code(EVERY))

    assert again == EVERY
    assert again.digest == EVERY.digest


def test_a_found_policy_is_short_and_readable() -> None:
    space = StrengthSpace.default()
    policy = space.decode(augplug.operations(), space.row({"rotation": 10, "blur": 0.5, "flip-x": 0.5}), "found")

    code = policy_code(policy)

    assert code.splitlines() == [
        "augplug.Policy(",
        "    augplug.sequence(",
        '        augplug.step("HorizontalFlip", p=0.5),',
        '        augplug.step("Affine", degrees=(-10, 10)),',
        '        augplug.step("GaussianBlur", sigma=(0, 0.5)),',
        "    ),",
        '    name="found",',
        '    defaults={"fill": 0},',
        ")",
    ]
    assert max(map(len, code.splitlines())) <= WIDTH + 8


def written_to(folder: Path, policy: Policy, shape: tuple[int, ...] = (28, 20), *, mixes: bool = False) -> Path:
    code = training_code(policy, shape, mixes=mixes, classes=10, path="policy.json")
    (folder / "train.py").write_text(code, "utf-8")
    return folder / "train.py"


@pytest.mark.parametrize("shape", [(28, 20), (16, 16, 3)])
def test_the_training_code_runs_as_it_stands(tmp_path: Path, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    code = written_to(tmp_path, augplug.policy("hand-made"), shape)
    found: dict[str, object] = {"__name__": "__main__"}

    exec(compile(code.read_text("utf-8"), str(code), "exec"), found)  # pylint: disable=exec-used  # what a reader does with it

    batch = found["batch"]
    assert isinstance(batch, torch.Tensor)
    assert batch.dtype == torch.float32
    assert batch.shape[1:] == (shape[2] if len(shape) == 3 else 1, *shape[:2])
    data = found["data"]
    first, again, later = (data[key][0] for key in ((0, 3), (0, 3), (1, 3)))  # type: ignore[index]  # the page's class
    assert torch.equal(first, again)
    assert not torch.equal(first, later)


def test_the_code_without_torch_is_code(tmp_path: Path) -> None:
    compile(written_to(tmp_path, augplug.policy("hand-made")).read_text("utf-8"), "train.py", "exec")


def test_a_policy_that_mixes_is_applied_to_batches(tmp_path: Path) -> None:
    code = written_to(tmp_path, Policy(augplug.sequence(step("CutMix"))), mixes=True)
    found: dict[str, object] = {}

    exec(compile(code.read_text("utf-8"), str(code), "exec"), found)  # pylint: disable=exec-used  # what a reader does with it

    assert "torch" not in found
    assert found["batch"] is not None


def test_a_long_policy_is_read_from_its_file(tmp_path: Path) -> None:
    policy = Policy(augplug.sequence(*[step("Invert")] * (MOST + 1)))
    code = written_to(tmp_path, policy).read_text("utf-8")

    assert 'policy = augplug.load_policy("policy.json")' in code
    assert "augplug.step(" not in code
    compile(code, "train.py", "exec")
