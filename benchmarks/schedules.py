"""Schedules of a search by many workers, simulated event by event: who waits for whom, and how old results are.

Times are in units of a trial's mean time, and log-normal. Learning is left out: a schedule decides when proposals
are asked for and results told, whatever they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeAlias

import numpy as np

UPDATE = 20
"""Results of an update of the controller, as NASNet's."""
DEATHS = 0.01
"""The part of attempts in which the worker dies, at a uniform moment."""
RESTART = 0.1
"""Until a death is noticed and the worker replaced."""
Attempts: TypeAlias = list[tuple[float, bool]]
"""Of one trial: how long each attempt takes, and whether the worker dies in it."""


@dataclass(frozen=True)
class Schedule:
    """When proposals are asked for and results told.

    At most `ahead` proposals have no told result; they are asked for `chunk` at a time. Results are told in the order
    of their proposals (`ordered`), or as they arrive.
    """

    name: str
    ahead: int
    chunk: int
    ordered: bool = True


@dataclass(frozen=True)
class Event:
    """At `time`, `number` proposals were asked for, or the result of proposal `number` was told."""

    time: float
    told: bool
    number: int


def barrier(batch: int) -> Schedule:
    """What augplug does for up to 8 workers: the next batch is asked for when all of this one is told."""
    return Schedule(f"batches of {batch:,}", batch, batch)


def in_order(ahead: int, chunk: int = UPDATE) -> Schedule:
    """What augplug does for more than 8 workers: no barrier, and yet the order of results does not matter."""
    return Schedule(f"in order, {ahead:,} ahead", ahead, chunk)


def as_they_come(workers: int) -> Schedule:
    """Fully asynchronous: whoever is idle gets a new proposal."""
    return Schedule("as they come", workers, 1, ordered=False)


def attempts(trials: int, spread: float, seed: int) -> list[Attempts]:
    """Draw the attempts of every trial; `spread` is the standard deviation of the logarithm of a trial's time."""
    rng = np.random.default_rng(seed)
    times = rng.lognormal(-(spread**2) / 2, spread, trials).tolist()
    deaths = (rng.geometric(1 - DEATHS, trials) - 1).tolist()
    return [
        [(part * whole + RESTART, True) for part in rng.random(count)] + [(whole, False)]
        for whole, count in zip(times, deaths, strict=True)
    ]


def simulate(schedule: Schedule, load: Sequence[Attempts], workers: int) -> list[Event]:
    """Run the trials, and return what was asked and told when. Decisions and rewards play no part in it."""
    left = [iter(trial) for trial in load]
    waiting: deque[int] = deque()
    running: list[tuple[float, int, bool]] = []
    arrived: list[int] = []  # a heap when results are told in order, a queue when not
    events: list[Event] = []
    now, asked, told = 0.0, 0, 0
    while True:
        # Asking goes before telling: so an ordered schedule comes to the same events whoever is fast.
        if asked < len(load) and asked - told + schedule.chunk <= schedule.ahead:
            count = min(schedule.chunk, len(load) - asked)
            events.append(Event(now, told=False, number=count))
            waiting.extend(range(asked, asked + count))
            asked += count
        elif arrived and (not schedule.ordered or arrived[0] == told):
            events.append(Event(now, told=True, number=heappop(arrived)))
            told += 1
        elif told < len(load):
            while waiting and len(running) < workers:
                number = waiting.popleft()
                taken, dies = next(left[number])
                heappush(running, (now + taken, number, dies))
            now, number, died = heappop(running)
            if died:
                waiting.appendleft(number)
            else:
                heappush(arrived, number)
        else:
            return events


def ages(events: Sequence[Event]) -> list[int]:
    """Return, of each told result, how many updates were made between its sampling and the one that takes it."""
    sampled: list[int] = []
    made: list[int] = []
    for event in events:
        if event.told:
            made.append(len(made) // UPDATE - sampled[event.number])
        else:
            sampled += [len(made) // UPDATE] * event.number
    return made


def usage(load: Sequence[Attempts], events: Sequence[Event], workers: int) -> float:
    """Return the part of the workers' time that went into attempts that gave a result."""
    return sum(trial[-1][0] for trial in load) / (workers * events[-1].time)
