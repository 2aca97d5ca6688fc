"""The simulated schedules of benchmarks/scale.py, where they can be worked out by hand."""

import runpy
from pathlib import Path

import pytest

SCHEDULES = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "schedules.py"))
attempts, simulate, barrier, in_order, as_they_come, ages, usage = (
    SCHEDULES[name] for name in ("attempts", "simulate", "barrier", "in_order", "as_they_come", "ages", "usage")
)
QUICK, SLOW = [(1.0, False)], [(3.0, False)]
DYING = [(0.5, True), (1.0, False)]


def test_a_batch_waits_for_its_slowest_trial() -> None:
    events = simulate(barrier(2), [QUICK, SLOW, QUICK, QUICK], workers=2)

    assert [(event.time, event.told, event.number) for event in events] == [
        (0, False, 2),
        (1, True, 0),
        (3, True, 1),
        (3, False, 2),
        (4, True, 2),
        (4, True, 3),
    ]
    assert usage([QUICK, SLOW, QUICK, QUICK], events, 2) == 6 / (2 * 4)


def test_who_tells_results_as_they_come_waits_for_nobody() -> None:
    events = simulate(as_they_come(2), [SLOW, QUICK, QUICK, QUICK], workers=2)

    assert [event.number for event in events if event.told] == [1, 2, 0, 3]
    assert events[-1].time == 3


def test_a_dead_workers_trial_is_run_again_before_others() -> None:
    events = simulate(barrier(2), [DYING, QUICK], workers=1)

    assert [(event.time, event.number) for event in events if event.told] == [(1.5, 0), (2.5, 1)]


@pytest.mark.parametrize(("schedule", "alike"), [(barrier(40), True), (in_order(40), True), (as_they_come(10), False)])
def test_whether_the_order_depends_on_who_is_fast(schedule: object, alike: bool) -> None:
    orders = [
        [(event.told, event.number) for event in simulate(schedule, attempts(200, 1.0, seed), workers=10)]
        for seed in (0, 1)
    ]

    assert alike == (orders[0] == orders[1])


def test_results_age_by_the_updates_made_while_they_were_awaited() -> None:
    load = [QUICK] * 60

    assert ages(simulate(barrier(20), load, workers=60)) == [0] * 60
    assert ages(simulate(barrier(60), load, workers=60)) == [0] * 20 + [1] * 20 + [2] * 20
    assert ages(simulate(in_order(40), load, workers=60)) == [0] * 20 + [1] * 40
