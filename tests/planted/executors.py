"""Executors with a bug each."""

import os
import sys
from dataclasses import replace

import augplug

PLANTED = {}
EXECUTORS = {}


class Here(augplug.Executor):
    """Jobs in this process."""

    def __init__(self, *, workers=1, runner):
        self.runner = runner

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        pass

    def run(self, jobs):
        for job in jobs:
            yield self.runner(job)


def planted(*checks):
    def make(cls):
        PLANTED[cls.__name__] = checks
        EXECUTORS[cls.__name__] = cls
        return cls

    return make


@planted("runs-every-job-once")
class LosesTheLast(Here):
    def run(self, jobs):
        for job in list(jobs)[:-1]:
            yield self.runner(job)


@planted("runs-every-job-once")
class Renumbers(Here):
    def run(self, jobs):
        for number, job in enumerate(jobs):
            yield replace(self.runner(job), id=number)


@planted("runs-every-job-once")
class OneSeed(Here):
    """Every job under the seed of the first."""

    def run(self, jobs):
        for job in jobs:
            yield self.runner(replace(job, seed=0))


@planted("nothing-to-do-is-fine")
class NeedsOne(Here):
    def run(self, jobs):
        jobs = list(jobs)
        yield self.runner(jobs[0])
        for job in jobs[1:]:
            yield self.runner(job)


@planted("nothing-to-do-is-fine")
class OnlyOnce(Here):
    done = False

    def run(self, jobs):
        if not self.done:
            for job in jobs:
                self.done = True
                yield self.runner(job)


@planted("failures-are-outcomes")
class Raises(Here):
    def run(self, jobs):
        for job in jobs:
            outcome = self.runner(job)
            if outcome.error:
                raise RuntimeError(outcome.error)
            yield outcome


@planted("failures-are-outcomes")
class Hides(Here):
    def run(self, jobs):
        for job in jobs:
            yield replace(self.runner(job), reward=0.0, error="")


@planted("leaving-stops-it")
class LeavesWorkers(Here):
    def __enter__(self):
        os.posix_spawn(sys.executable, [sys.executable, "-c", "import time; time.sleep(3)"], os.environ)
        return self


@planted("leaving-stops-it")
class SwallowsErrors(Here):
    def __exit__(self, kind, error, trace):
        return True


@augplug.hookimpl
def augplug_executors():
    return EXECUTORS
