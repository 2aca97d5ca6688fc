"""Observers with a bug each."""

import augplug

PLANTED = {
    "needs-a-reward": ("takes-every-record",),
    "only-trials": ("takes-every-record",),
    "pops": ("records-stay",),
    "deep": ("records-stay",),
    "from-the-start": ("starts-anywhere",),
}


def needs_a_reward():
    total = [0.0]

    def watch(record):
        if record["kind"] == "trial":
            total[0] += record["reward"]

    return watch


def only_trials():
    def watch(record):
        {"trial": 1, "evaluation": 2, "configuration": 3}[record["kind"]]

    return watch


def pops():
    def watch(record):
        record.pop("crc")

    return watch


def deep():
    def watch(record):
        record.get("rewards", []).append(1)

    return watch


class FromTheStart:
    """Knows what to do only when it saw the configuration."""

    def __call__(self, record):
        if record["kind"] == "configuration":
            self.settings = record["settings"]
        if record["kind"] == "trial":
            print(end=str(self.settings)[:0])


@augplug.hookimpl
def augplug_observers():
    return {
        "needs-a-reward": needs_a_reward,
        "only-trials": only_trials,
        "pops": pops,
        "deep": deep,
        "from-the-start": FromTheStart,
    }
