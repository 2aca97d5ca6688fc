"""The checks of a controller, of ours and, to see them fail, of ours with bugs planted in it."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from augplug._search import ppo
from tests.search.controller_checks import CHECKS

PLANTED: dict[str, list[tuple[str, str]]] = {
    "the forget gate has no gradient": [("dc * step.c * f * (1 - f)", "0 * dc")],
    "the input gate's gradient is the forget gate's": [("dc * g * i * (1 - i)", "dc * step.c * i * (1 - i)")],
    "the cell's gradient ends at each step": [("dc * f\n", "0 * dc\n")],
    "the embedding of another decision is moved": [("[decisions[:, t]].T", "[(decisions[:, t] + 1) % n].T")],
    "decisions of one kind share a head": [("head.{t}", "head.{t % 3}")],
    "the input is not the decision before": [('x, h, c = p[f"embedding.{t}"][made[:, t]], h_next', "h, c = h_next")],
    "max for min in the clip": [("np.where(gains > 0", "np.where(gains < 0")],
    "no clip": [("np.where(flat, 0.0, ratios * gains)", "ratios * gains")],
    "the ratio is against the present": [("np.exp(chosen(steps, decisions) - old)", "np.exp(0 * old)")],
    "the advantage's sign is turned": [("rewards - baselines", "baselines - rewards")],
    "no baseline": [("rewards - baselines", "rewards")],
    "the average of rewards includes the reward itself": [
        ("= reward if self._mean is None else self._mean", "= reward")
    ],
    "the entropy's sign is turned": [("- settings.entropy", "+ settings.entropy")],
    "no entropy": [("- settings.entropy", "- 0")],
    "a sum for the mean": [
        ("np.where(flat, 0.0, ratios * gains) / len(decisions)", "np.where(flat, 0.0, ratios * gains)")
    ],
    "Adam's mean starts at 0": [(" / (1 - 0.9**self._count)", "")],
    "Adam's square starts at 0": [(" / (1 - 0.999**self._count)", "")],
    "failed trials are worth 0": [
        ("for proposal, reward, old in told if reward is not None", "for proposal, reward, old in told"),
        ("(proposal.decisions, reward, old)", "(proposal.decisions, reward or 0.0, old)"),
    ],
    "the likeliest choice is taken": [
        ("(cumulative < uniform[:, t, None] * cumulative[:, -1:]).sum(axis=1)", "log_p.argmax(axis=1)")
    ],
    "the choice before the one drawn is taken": [
        ("cumulative[:, -1:]).sum(axis=1))", "cumulative[:, -1:]).sum(axis=1) - 1) % log_p.shape[1]")
    ],
    "the probability of the choice before": [("s.log_p[np.arange(len(d)), d]", "s.log_p[np.arange(len(d)), d - 1]")],
    "one epoch too few": [("range(self.settings.epochs)", "range(self.settings.epochs - 1)")],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_controller_passes(check: Callable[[Any], None]) -> None:
    check(ppo)


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = with_bug(Path(ppo.__file__), PLANTED[bug], tmp_path, monkeypatch)

    assert any(fails(check, planted) for check in CHECKS)


def fails(check: Callable[[Any], None], module: Any) -> bool:
    try:
        check(module)
    except (AssertionError, KeyError):  # the slow controller looks for parameters by name
        return True
    return False


def with_bug(source: Path, changes: list[tuple[str, str]], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module like the one in `source`, with every text of the `changes` replaced."""
    text = source.read_text("utf-8")
    for right, wrong in changes:
        assert right in text, f"{source.name} no longer has {right!r}"
        text = text.replace(right, wrong)
    changed = folder / "changed.py"
    changed.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location("changed", changed)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "changed", module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
