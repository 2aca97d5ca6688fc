"""The child models: deterministic, resumed to the same bits, and trained as the papers say."""

import types
from pathlib import Path
from typing import Any

import augplug_torch
import numpy as np
import pytest
import torch
from augplug_torch.children import CHECKPOINTS
from augplug_torch.networks import network
from augplug_torch.recipes import Recipe, smoothed
from augplug_torch.training import Trial

import augplug
from augplug import testing
from augplug.testing.evaluators import stripes

POLICY = augplug.policy("hand-made")


class Quick(augplug_torch.TorchCNN):
    """As `torch-cnn`, with fewer steps: the examination trains it thirty times."""

    def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, **settings: Any) -> None:
        super().__init__(train, valid, **{"steps": 40, "batch_size": 16, **settings})


class Narrow(augplug_torch.WRN):
    """As `wrn`, the smallest one."""

    def __init__(self, train: augplug.Labelled, valid: augplug.Labelled, **settings: Any) -> None:
        super().__init__(
            train, valid, **{"depth": 10, "width": 1, "epochs": 10, "batch_size": 16, "rate": 0.1, **settings}
        )


def children() -> types.ModuleType:
    """A plugin of the two."""
    made = types.ModuleType("quick_children")
    made.__file__ = __file__  # waivers would stand beside it

    def augplug_evaluators() -> dict[str, type[augplug.Evaluator]]:
        return {"quick-cnn": Quick, "narrow-wrn": Narrow}

    vars(made)["augplug_evaluators"] = augplug.hookimpl(augplug_evaluators)
    return made


test_the_examination = testing.examine(children())


def test_a_reward_is_the_smoothed_accuracy_of_the_margins() -> None:
    child = Quick(stripes(1), stripes(2))

    margins = child.margins(POLICY, seed=4)

    assert margins.shape == (60,)
    assert margins.dtype == np.float64
    assert np.abs(margins).max() <= 1
    assert child.evaluate(POLICY, seed=4) == pytest.approx(np.mean(1 / (1 + np.exp(-10 * margins))), abs=1e-12)


def test_margins_are_those_of_the_trained_network() -> None:
    recipe = Recipe("cnn", steps=8, batch=16, rate=0.01, decay=0.01)
    valid = stripes(2)
    trial = Trial(recipe, stripes(1), valid, POLICY, 3, device="cpu")

    margins = trial.run()

    mean, std = stripes(1).x.mean() / 255, stripes(1).x.std() / 255 + 1e-3
    images = torch.from_numpy(((valid.x / 255 - mean) / std).astype(np.float32))[:, None]
    with torch.inference_mode():
        two = torch.softmax(trial.model.eval()(images).double(), dim=1).numpy()
    ahead = np.where(valid.y == 1, two[:, 1] - two[:, 0], two[:, 0] - two[:, 1])
    np.testing.assert_allclose(margins, ahead / np.abs(ahead).mean() / 5, atol=1e-5)


@pytest.mark.parametrize(("depth", "width", "weights"), [(40, 2, 2_243_546), (28, 10, 36_479_194)])
def test_a_wide_resnet_has_the_weights_that_are_known_of_it(depth: int, width: int, weights: int) -> None:
    """As xternalz/WideResNet-pytorch prints them for CIFAR-10."""
    with torch.device("meta"):
        made = augplug_torch.networks.WideResNet(3, 10, depth=depth, width=width)

    assert sum(value.numel() for value in made.parameters()) == weights


def test_learning_rates_are_those_of_torchs_schedules() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    adam = torch.optim.AdamW([parameter], lr=1.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=0.3, total_steps=401, final_div_factor=1e9)
    sgd = torch.optim.SGD([parameter], lr=0.1)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=400)
    one = Recipe("cnn", steps=400, batch=1, rate=0.3, decay=0)
    other = Recipe("wrn", steps=400, batch=1, rate=0.1, decay=0, optimizer="sgd")

    for step in range(400):
        assert one.rate_at(step) == pytest.approx(cycle.get_last_lr()[0], abs=0.003)  # its peak lies at a whole step
        assert other.rate_at(step) == pytest.approx(cosine.get_last_lr()[0], abs=1e-9)
        for each in (adam, sgd, cycle, cosine):
            each.step()


def test_everybodys_generator_threads_and_algorithms_stay() -> None:
    before = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()

    Quick(stripes(1), stripes(2), steps=3).evaluate(POLICY, seed=1)

    after = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


class StopError(BaseException):
    """As a study ends a trial."""


def reports(child: Any, stop_at: int | None = None, policy: Any = POLICY) -> tuple[list[float], Any]:
    """The reports of an evaluation, then its margins; it is ended at a report."""
    found: list[float] = []

    def progress(reward: float) -> None:
        found.append(reward)
        if len(found) == stop_at:
            raise StopError

    try:
        margins = child.margins(policy, seed=6, progress=progress)
    except StopError:
        return found, None
    return found, margins


@pytest.mark.parametrize("kind", [Quick, Narrow])
def test_a_trial_that_was_cut_off_goes_on_to_the_same_bits(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, valid = stripes(1), stripes(2)
    whole, expected = reports(kind(train, valid))
    monkeypatch.setenv(CHECKPOINTS, str(tmp_path / "kept"))

    reports(kind(train, valid), stop_at=4)
    (kept,) = (tmp_path / "kept").iterdir()
    rest, margins = reports(kind(train, valid))

    assert kept.name.startswith(("torch-cnn-", "wrn-"))
    assert rest == whole[4:]
    assert margins.tobytes() == expected.tobytes()
    assert not list((tmp_path / "kept").iterdir())


def test_a_network_gains_nothing_by_being_unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its probabilities are nearly equal, and it errs where it erred: the reward is nearly what it was."""
    made = network

    def unsure(*arguments: Any) -> Any:
        model = made(*arguments)
        model.register_forward_hook(lambda module, _given, out: out if module.training else out / 100)
        return model

    valid = stripes(2, 400)
    wrong = augplug.generator(1).permutation(400)[:150]
    valid.y[wrong] = 1 - valid.y[wrong]  # so that much is not learnt
    child = Quick(stripes(1), valid)
    usual, accuracy = child.evaluate(POLICY, seed=3), (child.margins(POLICY, seed=3) > 0).mean()
    monkeypatch.setattr("augplug_torch.training.network", unsure)

    assert 0.55 < accuracy < 0.7
    assert (child.margins(POLICY, seed=3) > 0).mean() == accuracy
    assert child.evaluate(POLICY, seed=3) == pytest.approx(usual, abs=0.02)


def test_progress_looks_at_few_of_many_validation_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of 10,000 images nine times would cost several times what the training does."""
    seen: list[int] = []
    made = network

    def counted(*arguments: Any) -> Any:
        model = made(*arguments)
        model.register_forward_hook(lambda module, given, _out: None if module.training else seen.append(len(given[0])))
        return model

    monkeypatch.setattr("augplug_torch.training.network", counted)
    few, margins = reports(Quick(stripes(1), stripes(2, 1700)))

    assert (len(few), len(margins)) == (9, 1700)
    assert seen == [500] * 9 + [500, 500, 500, 200]
    assert abs(few[-1] - smoothed(margins)) < 0.1


def test_another_trial_takes_no_checkpoint_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECKPOINTS, str(tmp_path))
    reports(Quick(stripes(1), stripes(2)), stop_at=4)

    assert len(reports(Quick(stripes(1), stripes(2), rate=0.02))[0]) == 9
    assert len(reports(Quick(stripes(3), stripes(2)))[0]) == 9
    other = augplug.Policy(augplug.step("Invert", p=0.5), "other")
    assert len(reports(Quick(stripes(1), stripes(2)), policy=other)[0]) == 9


def test_a_checkpoint_that_is_none_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECKPOINTS, str(tmp_path))
    reports(Quick(stripes(1), stripes(2)), stop_at=4)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:200])

    with pytest.raises(augplug.DataError, match="holds no arrays of augplug-torch"):
        reports(Quick(stripes(1), stripes(2)))


def test_a_policy_that_mixes_trains() -> None:
    reward = Quick(stripes(1), stripes(2)).evaluate(augplug.Policy(augplug.step("MixUp"), "mixed"), seed=2)

    assert 0.6 < reward <= 1


def test_a_budget_takes_its_part_of_the_steps() -> None:
    assert Quick(stripes(1), stripes(2)).recipe(0.5).steps == 20
    with pytest.raises(augplug.SettingsError, match=r"in \(0, 1\], not 2"):
        Quick(stripes(1), stripes(2)).evaluate(POLICY, seed=1, budget=2)


def test_the_schedules_are_the_papers() -> None:
    reduced, full = (
        augplug_torch.WRN(stripes(1), stripes(2), schedule=schedule).recipe(1.0) for schedule in ("reduced", "full")
    )

    assert (reduced.steps, reduced.rate, reduced.decay) == (120, 0.01, 1e-4)
    assert (full.steps, full.rate, full.decay, full.clip) == (200, 0.1, 5e-4, 5.0)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (augplug_torch.TorchCNN, {"step": 3}, "torch-cnn has no setting 'step' .did you mean 'steps'"),
        (augplug_torch.TorchCNN, {"device": "tpu"}, "torch-cnn has no device 'tpu'"),
        (augplug_torch.WRN, {"depth": 12}, r"wrn: depth is 6 n \+ 4, such as 10, 16, 28 or 40, not 12"),
        (augplug_torch.WRN, {"epochs": 0}, "wrn: epochs is a whole number in 1"),
    ],
)
def test_wrong_settings_are_told_so(kind: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(augplug.SettingsError, match=message):
        kind(stripes(1), stripes(2), **given)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_here_is_told_so() -> None:
    with pytest.raises(augplug.SettingsError, match="no GPU that torch can use"):
        Quick(stripes(1), stripes(2), device="cuda").evaluate(POLICY, seed=1)


def test_first_weights_come_from_the_seed_and_have_he_s_deviation() -> None:
    one, again, other = (network("wrn", 3, 10, seed, 16, 4).state_dict() for seed in (1, 1, 2))

    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["first.weight"], other["first.weight"])
    weights = one["units.1.second.weight"]
    assert float(weights.std()) == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)


def test_smoothed_accuracy_of_known_margins() -> None:
    assert smoothed(np.array([0.0, 1.0, -1.0])) == pytest.approx(0.5)
