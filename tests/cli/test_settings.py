"""`augplug settings`: what `--set` takes, listed from the classes that check it."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augplug import api, builtin
from augplug._search.settings import OF_STUDY, class_of, declared
from augplug.errors import SettingsError
from tests.cli.conftest import Run

OWNERS = {**api.searches(), **api.evaluators()}
BUILTIN: dict[str, Any] = {**builtin.augplug_searches(), **builtin.augplug_evaluators()}


def listed(run: Run, *names: str) -> dict[str, Any]:
    outcome = run("settings", *names, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    return {owner["name"]: owner["settings"] for owner in json.loads(outcome.out)}


def test_every_key_of_everything_registered_is_listed_with_its_meaning(run: Run) -> None:
    """A plugin's too: whatever is registered where the test runs."""
    every = listed(run)

    assert set(every) == {"search", *OWNERS}
    assert list(every["search"]) == list(OF_STUDY)
    for name, maker in OWNERS.items():
        assert list(every[name]) == list(declared(maker))
    for settings in every.values():
        for key, one in settings.items():
            assert one["meaning"].endswith("."), key
            assert one["takes"], key


@pytest.mark.parametrize("name", BUILTIN)
def test_the_ranges_listed_are_those_that_are_checked(run: Run, name: str) -> None:
    """A value just outside is refused, with the words of the list; the ends are taken."""
    kind: Any = class_of(BUILTIN[name]).Settings
    for key, one in listed(run, name)[name].items():
        if one["range"] is None:
            continue
        low, high = one["range"]
        many = isinstance(one["default"], list)
        for value in (low, high):
            kind(**{key: (value,) if many else value})
        for value in (low - 1e-9 if isinstance(low, float) else low - 1, high + 1):
            with pytest.raises(SettingsError, match=rf"{key} (is|are) {one['takes']}, not"):
                kind(**{key: (value,) if many else value})


def test_as_text_it_is_a_table(run: Run) -> None:
    outcome = run("settings", "randaugment", "magnitude")

    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == (
        "randaugment: search algorithm\n"
        "  KEY  TAKES                   DEFAULT          MEANING\n"
        "  n    whole numbers in 1..14  1,2,3            How many operations, one row of the grid each.\n"
        "  m    whole numbers in 0..30  1,3,5,7,9,11,14  How strong, one column each.\n"
        "\n"
        "magnitude: search algorithm\n"
        "  no settings\n"
    )


def test_without_a_name_it_says_what_there_is(run: Run) -> None:
    lines = run("settings").out.splitlines()

    assert [line.split()[0] for line in lines] == ["NAME", "search", *OWNERS]
    assert next(line for line in lines if line.startswith("kernel-ridge")).split(None, 2)[2] == (
        ", ".join(field.name for field in fields(class_of(OWNERS["kernel-ridge"]).Settings))
    )


def test_an_unknown_name_is_answered_with_the_closest(run: Run) -> None:
    outcome = run("settings", "strength")

    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (
        "augplug: there is no search algorithm or evaluator 'strength' (did you mean 'strengths'?)\n"
    )


def test_a_wrong_key_points_at_the_list(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((40, 8, 8), np.uint8), y=np.arange(40) % 2)

    outcome = run("search", "random", "x.npz", "--set", "copys=3")

    assert outcome.status == 2
    assert outcome.err.endswith(
        "no setting 'copys' (did you mean 'copies'?); all of them: augplug settings search random kernel-ridge\n"
    )
