"""Plugins composed of forms of binding, of reaching and of targets: none passes the rules and acts."""

import pytest

from tests.gate.composing import acting, judge


@pytest.mark.parametrize("number", [3_000, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_none_passes_and_acts(number: int) -> None:
    passed, stopped = judge(number, seed=1)
    assert len(stopped) > number // 3
    assert passed
    assert acting(passed) == []


def test_the_refused_ones_show_that_they_act() -> None:
    _, stopped = judge(60, seed=2)
    assert len(acting(stopped)) > len(stopped) * 3 // 4
