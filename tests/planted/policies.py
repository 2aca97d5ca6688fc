"""Policies with a bug each."""

import itertools
import random

import augplug
from augplug import Policy
from augplug._policies.grammar import OneOf, Step

COUNTER = itertools.count()


def step(operations, op, **fields):
    from augplug._policies.building import step as make

    return make(operations, f"augplug:{op}", **fields)


def rotate(operations, degrees=30.0):
    return augplug.sequence(step(operations, "Rotate", degrees=(-degrees, degrees)))


def no_policy(operations):
    return {"one_of": []}


def no_source(operations):
    return Policy(rotate(operations), "no-source")


def no_default(operations, degrees):
    return Policy(rotate(operations, degrees), "no-default", source="planted")


def anything(operations, **more):
    return Policy(rotate(operations), "anything", source="planted")


def key_error(operations, number=1):
    return Policy(rotate(operations, {1: 10.0, 2: 20.0}[number]), "key-error", source="planted")


def no_chance(operations):
    return Policy(augplug.sequence(step(operations, "Invert")), "no-chance", source="planted")


def impossible(operations):
    whole = step(operations, "Crop", left=0, top=0, right=500, bottom=500, p=0.1)
    return Policy(augplug.sequence(rotate(operations), whole), "impossible", source="planted")


def colour_only(operations):
    return Policy(augplug.one_of(rotate(operations), step(operations, "Crop", left=0, top=0, right=30, bottom=30)), "colour-only", source="planted")


class Odd(OneOf):
    """A node whose file says something else."""

    def to_json(self):
        return {"one_of": [{"op": "Invert", "p": 1.0}]}


def lost(operations):
    return Policy(Odd((rotate(operations),)), "lost", source="planted")


def another_each_time(operations):
    return Policy(rotate(operations, 1.0 + next(COUNTER) % 90), "another", source="planted")


def by_hash(operations):
    return Policy(rotate(operations, 1.0 + hash("augplug") % 89), "by-hash", source="planted")


PLANTED = {
    "no-policy": ("is-a-policy",),
    "no-source": ("is-a-policy",),
    "no-default": ("arguments-have-defaults",),
    "anything": ("arguments-have-defaults",),
    "key-error": ("bad-arguments-are-refused",),
    "no-chance": ("draws-succeed",),
    "impossible": ("draws-succeed",),
    "colour-only": ("fits-images-of-every-size",),
    "lost": ("survives-its-file",),
    "another": ("processes-build-it-alike",),
    "by-hash": ("processes-build-it-alike",),
}


@augplug.hookimpl
def augplug_policies():
    return {
        "no-policy": no_policy,
        "no-source": no_source,
        "no-default": no_default,
        "anything": anything,
        "key-error": key_error,
        "no-chance": no_chance,
        "impossible": impossible,
        "colour-only": colour_only,
        "lost": lost,
        "another": another_each_time,
        "by-hash": by_hash,
    }
